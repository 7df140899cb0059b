//! The layers of a text: as it came, and what is left when each level of escaping is taken off.
//!
//! A violation reaches people as a message, as JSON, as JSON in a string in JSON, as the dump of an
//! object, as a line of a log. Whatever wrapped it put backslashes before the same few characters,
//! so there is no need to know who did.

/// More wrappings than this nobody has.
const DEEPEST: usize = 5;

const ENTITIES: [(&str, &str); 8] = [
    ("&quot;", "\""),
    ("&#34;", "\""),
    ("&#39;", "'"),
    ("&#x27;", "'"),
    ("&#039;", "'"),
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("&amp;", "&"),
];

/// The text with line breaks made blanks, and the same with one, two and more levels of escaping
/// taken off.
pub(super) fn layers(text: &str) -> Vec<String> {
    let mut layers = vec![text.to_owned()];
    for _ in 0..DEEPEST {
        let next = layers.last().map(|last| unescaped(last));
        match next {
            Some(next) if layers.last() != Some(&next) => layers.push(next),
            _ => break,
        }
    }
    layers.iter().map(|layer| in_one_line(layer)).collect()
}

/// The text with one level of backslashes taken off.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        plain.push_str(before);
        let mut chars = after.chars();
        let (one, length) = match chars.next() {
            Some('n' | 'r') => ('\n', 1),
            Some('t') => ('\t', 1),
            Some('u') => after
                .get(1..5)
                .and_then(|digits| u32::from_str_radix(digits, 16).ok())
                .and_then(char::from_u32)
                .map_or(('u', 1), |one| (one, 5)),
            Some(other) => (other, other.len_utf8()),
            None => ('\\', 0),
        };
        plain.push(one);
        rest = &after[length..];
    }
    plain.push_str(rest);
    // What a page made of quotes; the ampersand last, or two levels would go at once.
    for (entity, plainly) in ENTITIES {
        if plain.contains(entity) {
            plain = plain.replace(entity, plainly);
        }
    }
    plain
}

/// A line break, and what indents the next line, as a blank: messages are wrapped anywhere.
fn in_one_line(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_level_of_escaping_is_a_layer() {
        assert_eq!(layers("plain"), ["plain"]);
        assert_eq!(layers(r#"\"one\""#), [r#"\"one\""#, r#""one""#]);
        let twice = layers(r#"\\\"two\\\" \\n"#);
        assert_eq!(twice[1], r#"\"two\" \n"#);
        assert_eq!(twice[2], r#""two""#);
        assert_eq!(layers(r"\u0022x\u0022")[1], r#""x""#);
        let page = layers("&amp;quot;x&amp;quot; &#39;y&#39;");
        assert_eq!(page[1], "&quot;x&quot; 'y'");
        assert_eq!(page[2], "\"x\" 'y'");
    }

    #[test]
    fn what_only_looks_escaped_ends_all_the_same() {
        for text in [
            "\\",
            "\\u",
            "\\u12",
            "\\ud800",
            "a\\",
            "\\é",
            "\\uéé",
            &"\\".repeat(99),
        ] {
            assert!(!layers(text).is_empty());
        }
    }

    #[test]
    fn a_wrapped_message_is_one_line() {
        assert_eq!(
            layers("on table \"a\"\r\n   violates")[0],
            "on table \"a\" violates"
        );
    }
}
