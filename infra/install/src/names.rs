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
        Ok(Self {
            schema: Name::new(schema)?,
            name: Name::new(name)?,
        })
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
/// with a digit, and not a word that means something of its own in SQL or PL/pgSQL.
fn is_plain(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes
        .next()
        .is_some_and(|b| b.is_ascii_lowercase() || b == b'_')
        && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        && NEEDS_QUOTES.binary_search(&text).is_err()
}

/// Every keyword of PostgreSQL 15 to 18 that is not entirely unreserved, and the words that
/// PL/pgSQL takes for itself where SQL does not; sorted.
#[rustfmt::skip]
const NEEDS_QUOTES: &[&str] = &[
    "all", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric", "authorization",
    "begin", "between", "bigint", "binary", "bit", "boolean", "both", "by", "case", "cast", "char",
    "character", "check", "coalesce", "collate", "collation", "column", "concurrently",
    "constraint", "create", "cross", "current_catalog", "current_date", "current_role",
    "current_schema", "current_time", "current_timestamp", "current_user", "dec", "decimal",
    "declare", "default", "deferrable", "desc", "distinct", "do", "else", "end", "except",
    "execute", "exists", "extract", "false", "fetch", "float", "for", "foreach", "foreign",
    "freeze", "from", "full", "grant", "greatest", "group", "grouping", "having", "if", "ilike",
    "in", "initially", "inner", "inout", "int", "integer", "intersect", "interval", "into", "is",
    "isnull", "join", "json", "json_array", "json_arrayagg", "json_exists", "json_object",
    "json_objectagg", "json_query", "json_scalar", "json_serialize", "json_table", "json_value",
    "lateral", "leading", "least", "left", "like", "limit", "localtime", "localtimestamp", "loop",
    "merge_action", "national", "natural", "nchar", "none", "normalize", "not", "notnull", "null",
    "nullif", "numeric", "offset", "on", "only", "or", "order", "out", "outer", "overlaps",
    "overlay", "placing", "position", "precision", "primary", "real", "references", "returning",
    "right", "row", "select", "session_user", "setof", "similar", "smallint", "some", "strict",
    "substring", "symmetric", "system_user", "table", "tablesample", "then", "time", "timestamp",
    "to", "trailing", "treat", "trim", "true", "union", "unique", "user", "using", "values",
    "varchar", "variadic", "verbose", "when", "where", "while", "window", "with", "xmlattributes",
    "xmlconcat", "xmlelement", "xmlexists", "xmlforest", "xmlnamespaces", "xmlparse", "xmlpi",
    "xmlroot", "xmlserialize", "xmltable",
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads an identifier as PostgreSQL's scanner does; `None` unless it is all of the text.
    fn scan(sql: &str) -> Option<String> {
        let Some(quoted) = sql.strip_prefix('"') else {
            let plain = sql
                .bytes()
                .all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_'));
            return (plain && !sql.starts_with(|c: char| c.is_ascii_digit())).then(|| sql.into());
        };
        let mut name = String::new();
        let mut rest = quoted.chars();
        while let Some(c) = rest.next() {
            match c {
                '"' => match rest.next() {
                    Some('"') => name.push('"'),
                    Some(_) => return None,
                    None => return Some(name),
                },
                c => name.push(c),
            }
        }
        None
    }

    #[test]
    fn words_that_mean_something_are_sorted_and_quoted() {
        assert!(NEEDS_QUOTES.is_sorted());
        for word in [
            "user",
            "order",
            "json_table",
            "system_user",
            "loop",
            "position",
        ] {
            assert_eq!(Name::new(word).unwrap().to_string(), format!("\"{word}\""));
        }
    }

    #[test]
    fn plain_names_stay_as_they_are() {
        for plain in ["users", "full_name", "_x9", "name", "key"] {
            assert_eq!(Name::new(plain).unwrap().to_string(), plain);
        }
    }

    #[test]
    fn everything_else_is_quoted() {
        let cases = [
            ("Profile", "\"Profile\""),
            ("my table", "\"my table\""),
            ("9lives", "\"9lives\""),
        ];
        for (name, sql) in cases {
            assert_eq!(Name::new(name).unwrap().to_string(), sql);
        }
        assert_eq!(
            Name::new("a\"; drop table x; --").unwrap().to_string(),
            "\"a\"\"; drop table x; --\""
        );
        assert_eq!(Name::new("größe").unwrap().to_string(), "\"größe\"");
    }

    #[test]
    fn a_table_splits_at_its_first_dot() {
        let table = Qualified::parse("public.My.Table").unwrap();
        assert_eq!(table.to_string(), "public.\"My.Table\"");
        assert_eq!(Qualified::parse("users"), Err(NameError::NoSchema));
        assert_eq!(Qualified::parse(".users"), Err(NameError::Empty));
    }

    #[test]
    fn what_no_catalog_can_hold_is_no_name() {
        assert_eq!(Name::new(""), Err(NameError::Empty));
        assert_eq!(Name::new("a\0b"), Err(NameError::Nul));
        assert_eq!(Name::new("ü".repeat(32)), Err(NameError::TooLong));
        assert!(Name::new("ü".repeat(31)).is_ok());
    }

    #[test]
    fn literals_are_closed_by_nothing_but_their_end() {
        assert_eq!(literal("it's"), "'it''s'");
        assert_eq!(literal("a\\'b"), "e'a\\\\''b'");
    }

    proptest::proptest! {
        #[test]
        fn no_name_escapes_its_quotes(text in "[\"';\\\\/*$a-cA-C0 .\n\\-]{1,20}|\\PC{1,15}") {
            let Ok(name) = Name::new(text.as_str()) else { return Ok(()) };
            proptest::prop_assert_eq!(scan(&name.to_string()), Some(text));
        }

        #[test]
        fn no_text_escapes_its_literal(text in "[\"';\\\\/*$a-c \n]{0,20}|\\PC{0,15}") {
            let sql = literal(&text);
            let inner = sql.strip_prefix('e').unwrap_or(&sql);
            let inner = inner.strip_prefix('\'').and_then(|s| s.strip_suffix('\''));
            let inner = inner.unwrap_or_default().replace("''", "\u{1}");
            proptest::prop_assert!(!inner.contains('\''));
            let back = inner.replace('\u{1}', "'");
            let back = if sql.starts_with('e') { back.replace("\\\\", "\\") } else { back };
            proptest::prop_assert_eq!(back, text);
        }
    }
}
