//! Names in quotes, whoever put them there.

/// A name is no longer than this in PostgreSQL, in bytes; some build it for longer ones.
const LONGEST: usize = 256;

/// So many are read, at most.
const MOST: usize = 200;

/// Opening and closing quotes, as PostgreSQL's translations and libraries use them.
const QUOTES: [(char, &[char]); 6] = [
    ('"', &['"']),
    ('`', &['`']),
    ('„', &['“', '”']),
    ('“', &['”']),
    ('«', &['»']),
    ('»', &['«']),
];

/// What a text may name that begins with a quote: up to each quote after which no name goes on,
/// since a name may have quotes in it. The likeliest first.
pub(super) fn ends_of_name(text: &str) -> Vec<String> {
    let mut chars = text.chars();
    let Some(quote @ ('"' | '\'' | '`')) = chars.next() else {
        return vec![];
    };
    let rest = chars.as_str();
    let ends = rest.match_indices(quote).map(|(at, _)| at);
    let ends = ends.take_while(|at| (1..=LONGEST).contains(at));
    let (likely, unlikely): (Vec<_>, Vec<_>) = ends.take(8).partition(|at| {
        let next = rest[at + 1..].chars().next();
        next.is_none_or(|next| !next.is_alphanumeric() && next != '_')
    });
    let names = likely.into_iter().chain(unlikely);
    names.map(|at| rest[..at].to_owned()).collect()
}

/// Every short text between two quotes, in its order. A closing quote may be an opening one: where
/// escaping was taken off, nobody can tell.
pub(super) fn quoted_names(text: &str) -> Vec<String> {
    let mut names: Vec<String> = vec![];
    let mut rest = text;
    while names.len() < MOST
        && let Some(at) = rest.find(|c| QUOTES.iter().any(|(open, _)| *open == c))
    {
        let mut chars = rest[at..].chars();
        let open = chars.next();
        let inner = chars.as_str();
        // No further than a name can be long: a text may be nothing but opening quotes.
        let near = &inner[..inner.floor_char_boundary(LONGEST + 8)];
        let quotes = QUOTES.iter().find(|(known, _)| Some(*known) == open);
        let Some(end) = quotes.and_then(|(_, closing)| near.find(*closing)) else {
            rest = inner;
            continue;
        };
        // French puts blanks inside of its quotes; within others they begin no name.
        let name = match open {
            Some('«' | '»') => inner[..end].trim(),
            _ => &inner[..end],
        };
        let is_name = (1..=LONGEST).contains(&name.len())
            && name.trim() == name
            && name.contains(char::is_alphanumeric);
        if is_name && !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
        rest = &inner[end..];
    }
    names
}

/// The value of a field that a library or psql shows: `constraint: 'x'`, `"constraint":"x"`,
/// `constraint: Some("x")`, `CONSTRAINT NAME:  x`.
pub(super) fn field(text: &str, name: &str) -> Option<String> {
    let verbose = format!("{} NAME:", name.to_uppercase());
    if let Some((_, value)) = text.split_once(&verbose) {
        // One line to a field, which are one line here: the next field is in capitals.
        let value = value.trim_start();
        let end = value
            .find(|c: char| c.is_whitespace())
            .unwrap_or(value.len());
        return Some(value[..end].to_owned()).filter(|value| !value.is_empty());
    }
    for (at, _) in text.match_indices(name) {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        if text[..at].chars().next_back().is_some_and(is_word) {
            continue;
        }
        let after = text[at + name.len()..].trim_start_matches(['"', '\'']);
        let Some(after) = after.trim_start().strip_prefix([':', '=']) else {
            continue;
        };
        let after = after.trim_start();
        let after = after.strip_prefix("Some(").unwrap_or(after);
        if let Some(value) = ends_of_name(after).into_iter().next() {
            return Some(value);
        }
    }
    None
}
