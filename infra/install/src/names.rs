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

    /// The name in quotes if it needs them, without escapes, which `to_regclass` and its like do
    /// not read.
    #[must_use]
    pub fn looked_up(&self) -> String {
        if is_plain(&self.0) {
            self.0.clone()
        } else {
            format!("\"{}\"", self.0.replace('"', "\"\""))
        }
    }
}

impl fmt::Display for Name {
    /// Writes the SQL identifier. Plain lower-case words that are no keywords stay as they are,
    /// so that rendered SQL reads as if written by hand; everything else is quoted. What nobody
    /// would see is escaped, so that a name neither breaks a line nor looks like another.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.0.contains(is_invisible) {
            return f.write_str(&self.looked_up());
        }
        f.write_str("U&\"")?;
        for c in self.0.chars() {
            match c {
                '"' => f.write_str("\"\"")?,
                '\\' => f.write_str("\\\\")?,
                c if is_invisible(c) => write!(f, "\\+{:06X}", u32::from(c))?,
                c => write!(f, "{c}")?,
            }
        }
        f.write_str("\"")
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

    /// The form that `to_regclass` and its like read.
    #[must_use]
    pub fn looked_up(&self) -> String {
        format!("{}.{}", self.schema.looked_up(), self.name.looked_up())
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

/// Writes a text as an SQL string literal on one line, whatever `standard_conforming_strings`
/// says. What nobody would see is escaped.
#[must_use]
pub fn literal(text: &str) -> String {
    if !text.contains(|c| c == '\\' || is_invisible(c)) {
        return format!("'{}'", text.replace('\'', "''"));
    }
    let escaped = text.chars().map(|c| match c {
        '\'' => "''".to_owned(),
        '\\' => "\\\\".to_owned(),
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '\t' => "\\t".to_owned(),
        c if is_invisible(c) => format!("\\U{:08X}", u32::from(c)),
        c => c.to_string(),
    });
    format!("e'{}'", escaped.collect::<String>())
}

/// Whether a character shows as something else than itself: it breaks the line, moves the cursor,
/// turns the direction of writing, or has no width.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{feff}')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
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
mod tests;
