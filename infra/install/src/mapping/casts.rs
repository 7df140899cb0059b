//! Which sources fit which types, as far as that can be known without a user.

use super::{Kind, Source, table};
use crate::{catalog::CatalogColumn, toml_text};

/// A source that never fits its column.
pub(super) struct Misfit {
    pub(super) what: String,
    pub(super) mend: String,
}

/// Says why a source can never be cast to a column's type; nothing if it can, or if only a
/// user's data will tell.
pub(super) fn misfit(source: &Source, column: &CatalogColumn) -> Option<Misfit> {
    let kind = column.sql_type.kind;
    let is_number = column.category == 'N';
    let (fits, what) = match source {
        // What metadata holds, only the user's data will tell.
        Source::Meta(_) | Source::AppMeta(_) => return None,
        Source::Text(text) => return text_misfit(text, column),
        Source::Number(_) => (is_number || kind == Kind::Text, "a number"),
        Source::Json(_) => (matches!(kind, Kind::Json | Kind::Text), "a JSON value"),
        Source::Id => (fits_id(column), "a uuid"),
        Source::EmailConfirmed
        | Source::PhoneConfirmed
        | Source::IsAnonymous
        | Source::IsSsoUser
        | Source::Bool(_) => (fits_boolean(column), "a truth value"),
        Source::CreatedAt | Source::UpdatedAt | Source::Now => (
            matches!(
                kind,
                Kind::TimestampTz | Kind::Timestamp | Kind::Date | Kind::Text | Kind::Json
            ),
            "a time",
        ),
        Source::Phone => (is_number || is_textual(column), "a text"),
        // An enum may have a label for each provider.
        Source::Provider => (column.category == 'E' || is_textual(column), "a text"),
        Source::Email | Source::EmailLocalPart => (is_textual(column), "a text"),
    };
    (!fits).then(|| refuse(source, what, column))
}

fn fits_id(column: &CatalogColumn) -> bool {
    let is_long_enough = column
        .length
        .is_none_or(|length| length >= table::UUID_LENGTH);
    matches!(column.sql_type.kind, Kind::Uuid | Kind::Text | Kind::Json) && is_long_enough
}

fn fits_boolean(column: &CatalogColumn) -> bool {
    matches!(
        column.sql_type.kind,
        Kind::Boolean | Kind::Text | Kind::Json
    ) || column.type_name == "int4"
}

/// Whether any text fits, as far as the type is concerned.
fn is_textual(column: &CatalogColumn) -> bool {
    matches!(column.sql_type.kind, Kind::Text | Kind::Json) || column.category == 'S'
}

fn text_misfit(text: &str, column: &CatalogColumn) -> Option<Misfit> {
    if !column.labels.is_empty() && !column.labels.iter().any(|label| label == text) {
        return Some(Misfit {
            what: format!(
                "{} is no value of {}",
                toml_text::string(text),
                column.sql_type.name
            ),
            mend: format!("write one of {}", column.labels.join(", ")),
        });
    }
    if let Some(length) = column.length
        && text.chars().count() > usize::try_from(length).unwrap_or(usize::MAX)
    {
        return Some(Misfit {
            what: format!(
                "the text is longer than the {length} characters of {}",
                column.name
            ),
            mend: "shorten it".to_owned(),
        });
    }
    let fits = match column.sql_type.kind {
        Kind::Uuid => is_uuid(text),
        Kind::Boolean => is_boolean(text),
        _ => column.category != 'N' || column.type_name == "money" || is_number(text),
    };
    (!fits).then(|| refuse(&Source::Text(text.to_owned()), "this text", column))
}

fn is_uuid(text: &str) -> bool {
    let digits: Vec<char> = text
        .trim_matches(['{', '}'])
        .chars()
        .filter(|c| *c != '-')
        .collect();
    digits.len() == 32 && digits.iter().all(char::is_ascii_hexdigit)
}

fn is_boolean(text: &str) -> bool {
    let text = text.trim().to_ascii_lowercase();
    [
        "t", "true", "y", "yes", "on", "1", "f", "false", "n", "no", "off", "0",
    ]
    .contains(&text.as_str())
}

fn is_number(text: &str) -> bool {
    text.trim().parse::<f64>().is_ok()
}

fn refuse(source: &Source, what: &str, column: &CatalogColumn) -> Misfit {
    let (name, sql_type) = (&column.name, &column.sql_type.name);
    let what = match source {
        Source::Text(_) | Source::Number(_) | Source::Bool(_) | Source::Json(_) => {
            format!("{what} never fits {name}, which is {sql_type}")
        }
        word => {
            let word = crate::config::spell(word);
            format!("{word} is {what} and never fits {name}, which is {sql_type}")
        }
    };
    Misfit {
        what,
        mend: format!("write {}, or leave the column out", example(column)),
    }
}

/// A source that would fit a column, as the file spells it.
#[must_use]
pub(crate) fn example(column: &CatalogColumn) -> &'static str {
    match column.sql_type.kind {
        Kind::Uuid => "\"id\"",
        Kind::Boolean => "{ bool = false }",
        Kind::Json => "{ json = {} }",
        Kind::TimestampTz | Kind::Timestamp | Kind::Date => "\"now\"",
        Kind::Other if column.category == 'N' => "{ number = 0 }",
        Kind::Other if column.category == 'A' => "{ text = \"{}\" }",
        Kind::Text | Kind::Other => "{ text = \"…\" }",
    }
}
