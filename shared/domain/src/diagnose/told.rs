//! What a text tells of a violated foreign key.
//!
//! PostgreSQL words it in two ways, from the child's side and from the parent's; whoever passes it
//! on adds fields of their own. A message in another language has the same names in other quotes,
//! and its DETAIL the same `(columns)=(values)`: which of the names is a constraint, the catalog knows.

mod quoted;

use super::layers::layers;
use quoted::{ends_of_name, field, quoted_names};

/// Which side was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// A child row came, or changed, and its parent is not there.
    Child,
    /// A parent row was to go, or change, and a child row refers to it.
    Parent,
}

/// The values that a DETAIL tells, and of which columns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) columns: Vec<String>,
    pub(super) values: Vec<String>,
}

/// What a text tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// What the constraint may be called: a name with quotes in it can be read in several ways.
    pub(super) constraints: Vec<String>,
    pub(super) schema: Option<String>,
    pub(super) child: Option<String>,
    pub(super) parent: Option<String>,
    pub(super) side: Option<Side>,
    pub(super) key: Option<Key>,
    /// Every name in quotes.
    pub(super) names: Vec<String>,
    /// Whether it says by itself that a foreign key was violated.
    pub(super) is_violation: bool,
    /// Whether it tells of several violations; the first one is read.
    pub(super) has_more: bool,
    /// Whether it was too long to be read whole.
    pub(super) is_cut: bool,
}

const VIOLATES: [&str; 2] = [
    " violates foreign key constraint ",
    " violates RESTRICT setting of foreign key constraint ",
];
/// How a message begins, and which side that is.
const BEGINNINGS: [(&str, Side); 5] = [
    ("insert or update on table ", Side::Child),
    ("insert on table ", Side::Child),
    ("update or delete on table ", Side::Parent),
    ("delete on table ", Side::Parent),
    ("removing partition ", Side::Parent),
];
const DETAILS: [(&str, Side); 3] = [
    (" is not present in table ", Side::Child),
    (" is still referenced from table ", Side::Parent),
    (" is referenced from table ", Side::Parent),
];
/// What nothing but a violated foreign key is called, in small letters.
const SIGNS: [&str; 8] = [
    "23503",
    "23001",
    "p2003",
    "foreign key constraint",
    "foreign key violation",
    "foreign_key_violation",
    "foreignkeyviolation",
    "foreignkeyconstraintviolation",
];

/// No message is longer than this.
const LONGEST: usize = 256 * 1024;
/// What may stand before the words that are looked for, and belong to them.
const BEFORE: usize = 16 * 1024;
/// What a whole log is searched for, the surest first.
const LANDMARKS: [&str; 3] = ["violates foreign key constraint", "oreign key", "23503"];

/// The part of a text that is read: all of it, or of a whole log what is around its first violation,
/// or else its end, where what has just happened stands.
fn part(text: &str) -> &str {
    around(text, BEFORE, LONGEST)
}

/// As much of a text as tells what the whole of it tells, for whoever cannot send all of a log.
#[must_use]
pub fn enough(text: &str) -> &str {
    around(text, LONGEST, 2 * LONGEST)
}

fn around(text: &str, before: usize, longest: usize) -> &str {
    if text.len() <= longest {
        return text;
    }
    let found = LANDMARKS.iter().find_map(|words| text.find(words));
    let from = match found {
        Some(at) => at.saturating_sub(before),
        None => text.len() - longest,
    };
    let rest = &text[text.ceil_char_boundary(from)..];
    &rest[..rest.floor_char_boundary(longest)]
}

impl Told {
    /// Reads a text, at whatever level of escaping it tells something.
    pub(super) fn read(text: &str) -> Self {
        let part = part(text);
        let mut told = Self {
            is_cut: part.len() < text.len(),
            ..Self::default()
        };
        for layer in layers(part) {
            told.fill(Self::of(&layer));
        }
        told
    }

    /// Takes over what is not known yet.
    fn fill(&mut self, other: Self) {
        if self.constraints.is_empty() {
            self.constraints = other.constraints;
        }
        self.schema = self.schema.take().or(other.schema);
        self.child = self.child.take().or(other.child);
        self.parent = self.parent.take().or(other.parent);
        self.side = self.side.or(other.side);
        self.key = self.key.take().or(other.key);
        for name in other.names {
            if !self.names.contains(&name) {
                self.names.push(name);
            }
        }
        self.is_violation |= other.is_violation;
        self.has_more |= other.has_more;
    }

    fn of(text: &str) -> Self {
        let small = text.to_lowercase();
        let mut told = Self {
            names: quoted_names(text),
            is_violation: SIGNS.iter().any(|sign| small.contains(sign)),
            ..Self::default()
        };
        told.read_message(text);
        told.read_detail(text);
        told.read_fields(text);
        if told.side.is_none() {
            told.key = bare_key(text);
        }
        told
    }

    /// `insert or update on table "…" violates foreign key constraint "…"`, or the other side.
    fn read_message(&mut self, text: &str) {
        let found = VIOLATES
            .iter()
            .filter_map(|words| text.find(words).map(|at| (at, words.len())))
            .min();
        let Some((at, length)) = found else { return };
        let (before, after) = (&text[..at], &text[at + length..]);
        let beginning = BEGINNINGS
            .iter()
            .filter_map(|(words, side)| before.rfind(words).map(|at| (at + words.len(), *side)))
            .max_by_key(|(at, _)| *at);
        if let Some((at, side)) = beginning {
            self.side = Some(side);
            let table = unquoted(&before[at..]);
            match side {
                Side::Child => self.child = table,
                Side::Parent => self.parent = table,
            }
        }
        // From the parent's side it goes on with the child.
        let named = match self.side {
            Some(Side::Parent) => after
                .find("\" on table \"")
                .map_or(after, |end| &after[..=end]),
            _ => after,
        };
        self.constraints = ends_of_name(named);
        if self.side == Some(Side::Parent)
            && let Some((_, child)) = after.split_once("\" on table ")
        {
            self.child = ends_of_name(child).into_iter().next();
        }
        let rest = after.get(1..).unwrap_or_default();
        let others = VIOLATES.iter().filter_map(|words| rest.find(words));
        self.has_more = others
            .map(|at| ends_of_name(&rest[at..][rest[at..].find('"').unwrap_or(0)..]))
            .any(|name| name.first() != self.constraints.first());
    }

    /// `Key (…)=(…) is not present in table "…"`, the other side, and both with the key hidden.
    fn read_detail(&mut self, text: &str) {
        let found = DETAILS
            .iter()
            .filter_map(|(words, side)| text.find(words).map(|at| (at, words.len(), *side)))
            .min_by_key(|(at, ..)| *at);
        let Some((at, length, side)) = found else {
            return;
        };
        let (before, after) = (&text[..at], &text[at + length..]);
        self.is_violation = true;
        self.side = self.side.or(Some(side));
        let table = ends_of_name(after).into_iter().next();
        match side {
            Side::Child => self.parent = self.parent.take().or(table),
            Side::Parent => self.child = self.child.take().or(table),
        }
        self.key = before.rfind("Key (").and_then(|at| {
            let (columns, values) = before[at + "Key (".len()..].split_once(")=(")?;
            Some(Key::of(columns, values.strip_suffix(')')?))
        });
    }

    /// What libraries and psql tell apart from the message.
    fn read_fields(&mut self, text: &str) {
        let or = |known: &mut Option<String>, name: &str| {
            *known = known.take().or_else(|| field(text, name));
        };
        or(&mut self.schema, "schema");
        if self.side != Some(Side::Parent) || self.child.is_none() {
            or(&mut self.child, "table");
        }
        if self.constraints.is_empty() {
            let named = ["constraint", "field", "field_name", "violated"];
            let named = named.iter().find_map(|name| field(text, name));
            // Prisma says what kind of thing it is.
            let named = named.map(|name| name.trim_end_matches(" (index)").to_owned());
            self.constraints.extend(named);
        }
    }
}

impl Key {
    fn of(columns: &str, values: &str) -> Self {
        let columns: Vec<String> = columns.split(", ").map(str::to_owned).collect();
        let split: Vec<String> = values.split(", ").map(str::to_owned).collect();
        // A value with a comma in it, of one column.
        let values = if columns.len() == 1 {
            vec![values.to_owned()]
        } else {
            split
        };
        Self { columns, values }
    }

    /// The value of a column; nothing where they cannot be told apart.
    pub(super) fn value(&self, column: &str) -> Option<&str> {
        let at = self.columns.iter().position(|known| known == column)?;
        (self.columns.len() == self.values.len()).then(|| self.values[at].as_str())
    }
}

/// `(columns)=(values)`, in whatever language stands around it.
fn bare_key(text: &str) -> Option<Key> {
    let at = text.find(")=(")?;
    let columns = &text[text[..at].rfind('(')? + 1..at];
    let values = &text[at + ")=(".len()..];
    Some(Key::of(columns, &values[..values.find(')')?]))
}

/// A name that stands in quotes from the first character to the last.
fn unquoted(text: &str) -> Option<String> {
    let mut chars = text.trim().chars();
    let (first, last) = (chars.next()?, chars.next_back()?);
    (matches!(first, '"' | '\'') && first == last).then(|| chars.as_str().to_owned())
}

#[cfg(test)]
mod tests;
