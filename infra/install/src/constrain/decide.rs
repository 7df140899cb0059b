//! What comes next, from what the catalog says.

use super::{OnDelete, Order, look::Seen};
use crate::names::Name;

/// The next step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Next {
    Add,
    CountOrphans { key: String },
    DropLeftover { index: String },
    BuildIndex,
    Validate { key: String },
    Done { key: String },
}

/// Decides the next step; `is_clean` says that no orphans were there once the key was.
pub(super) fn next(seen: &Seen, is_clean: bool) -> Next {
    let Some(key) = seen.key() else {
        return Next::Add;
    };
    let name = key.name.clone();
    if seen.is_whole() {
        return Next::Done { key: name };
    }
    if !key.is_valid && !is_clean {
        return Next::CountOrphans { key: name };
    }
    if seen.serving_index().is_none() {
        let leftover = seen
            .indexes
            .iter()
            .find(|index| index.has_our_name && index.is_leftover);
        return match leftover {
            Some(index) => Next::DropLeftover {
                index: index.name.clone(),
            },
            None => Next::BuildIndex,
        };
    }
    if key.is_valid {
        Next::Done { key: name }
    } else {
        Next::Validate { key: name }
    }
}

/// What was found, in a sentence.
pub(super) fn situation(seen: &Seen, order: &Order) -> String {
    let column = format!("{}.{}", order.table.text(), order.column.text());
    match (seen.key(), seen.serving_index()) {
        (None, _) => format!("{column} has no foreign key to {}", seen.place.profile),
        (Some(key), _) if !key.is_valid => format!("{} is there and not valid", key.name),
        (Some(key), None) if !seen.is_whole() => {
            format!("{} is there, and no index serves {column}", key.name)
        }
        (Some(key), _) => format!("{} is there and valid; nothing to do", key.name),
    }
}

/// The profile table and its key, as SQL.
pub(super) fn target(seen: &Seen) -> (String, String) {
    let place = &seen.place;
    let (schema, name) = place.profile.split_once('.').unwrap_or_default();
    (
        format!("{}.{}", identifier(schema), identifier(name)),
        identifier(&place.key),
    )
}

/// A name of the catalog's, as SQL.
pub(super) fn identifier(text: &str) -> String {
    Name::new(text).map_or_else(|_| String::new(), |name| name.to_string())
}

impl OnDelete {
    /// In the words of SQL.
    pub(super) const fn sql(self) -> &'static str {
        match self {
            Self::NoAction => "no action",
            Self::Restrict => "restrict",
            Self::Cascade => "cascade",
            Self::SetNull => "set null",
        }
    }

    /// In the words of the command.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::NoAction => "no-action",
            Self::Restrict => "restrict",
            Self::Cascade => "cascade",
            Self::SetNull => "set-null",
        }
    }

    /// As the catalog has it.
    pub(super) const fn letter(self) -> &'static str {
        match self {
            Self::NoAction => "a",
            Self::Restrict => "r",
            Self::Cascade => "c",
            Self::SetNull => "n",
        }
    }
}

#[cfg(test)]
mod tests;
