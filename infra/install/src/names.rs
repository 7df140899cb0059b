//! Names from the outside, quoted in one place.

use std::fmt;

/// A name of a column, table, schema, function or trigger, exactly as the catalog has it.
///
/// Its `Display` is the quoted SQL identifier; the plain text is [`Name::text`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(String);

/// Why a text is no name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// There is nothing there.
    #[error("is empty")]
    Empty,
    /// PostgreSQL would cut it off.
    #[error("is longer than PostgreSQL's 63 bytes")]
    TooLong,
    /// PostgreSQL's text cannot hold it.
    #[error("holds a NUL character")]
    Nul,
    /// A table or function without its schema.
    #[error("has no schema: write it as \"schema.name\"")]
    NoSchema,
}

impl Name {
    /// Takes a name as the catalog spells it: case-sensitive, unquoted.
    pub fn new(text: impl Into<String>) -> Result<Self, NameError> {
        let text = text.into();
        if text.is_empty() {
            Err(NameError::Empty)
        } else if text.len() > 63 {
            Err(NameError::TooLong)
        } else if text.contains('\0') {
            Err(NameError::Nul)
        } else {
            Ok(Self(text))
        }
    }

    /// The name itself, without quotes.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    /// Writes the SQL identifier. Plain lower-case words that are no keywords stay as they are,
    /// so that rendered SQL reads as if written by hand; everything else is quoted.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if is_plain(&self.0) {
            f.write_str(&self.0)
        } else {
            write!(f, "\"{}\"", self.0.replace('"', "\"\""))
        }
    }
}

/// A schema and a name in it: a table or a function.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Qualified {
    /// The schema.
    pub schema: Name,
    /// The name within the schema.
    pub name: Name,
}

impl Qualified {
    /// Splits at the first dot: `public.users`, `public.My.Table`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let (schema, name) = text.split_once('.').ok_or(NameError::NoSchema)?;
        Ok(Self { schema: Name::new(schema)?, name: Name::new(name)? })
    }

    /// The unquoted form that the configuration uses.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}.{}", self.schema.text(), self.name.text())
    }
}

impl fmt::Display for Qualified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.schema, self.name)
    }
}

/// Writes a text as an SQL string literal, whatever `standard_conforming_strings` says.
#[must_use]
pub fn literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    if quoted.contains('\\') {
        format!("e'{}'", quoted.replace('\\', "\\\\"))
    } else {
        format!("'{quoted}'")
    }
}

/// Whether a name may stand unquoted: lower-case letters, digits and underscores, not beginning
/// with a digit, and not a word that PostgreSQL 15 to 18 reserve in any position.
fn is_plain(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_lowercase() || b == b'_')
        && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        && PLAIN_ENOUGH.binary_search(&text).is_err()
}

/// Every keyword of PostgreSQL 15 to 18 that is not entirely unreserved, sorted.
const PLAIN_ENOUGH: &[&str] = &[];
