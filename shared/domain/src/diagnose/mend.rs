//! The calls that mend what a diagnosis finds.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

/// A call that mends something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mend {
    /// The function to invoke; nothing where only the command can do it.
    pub function: Option<Cow<'static, str>>,
    /// What to invoke it with.
    pub payload: Option<Value>,
    /// The same as a command.
    pub command: String,
}

impl Mend {
    fn new(function: &'static str, payload: Value, command: String) -> Self {
        Self {
            function: Some(function.into()),
            payload: Some(payload),
            command,
        }
    }

    /// Makes the profile of one user.
    pub(super) fn backfill(user_id: Uuid) -> Self {
        Self::new(
            "backfill",
            json!({ "mode": "run", "user_ids": [user_id] }),
            format!("rollcall backfill --run --user-id {user_id}"),
        )
    }

    /// Shows who would get a profile.
    pub(super) fn preview() -> Self {
        Self::new(
            "backfill",
            json!({ "mode": "preview" }),
            "rollcall backfill".to_owned(),
        )
    }

    /// Lets a user be eligible again.
    pub(super) fn include(user_id: Uuid) -> Self {
        Self::new(
            "repair",
            json!({ "action": "include", "user_ids": [user_id] }),
            format!("rollcall repair include {user_id}"),
        )
    }

    /// Plans what becomes of child rows whose user is gone.
    pub(super) fn references() -> Self {
        Self::new(
            "repair",
            json!({ "action": "references.plan" }),
            "rollcall repair references plan".to_owned(),
        )
    }

    /// Plans what becomes of profiles whose user is gone or not eligible.
    pub(super) fn profiles() -> Self {
        Self::new(
            "repair",
            json!({ "action": "profiles.plan" }),
            "rollcall repair profiles plan".to_owned(),
        )
    }

    /// Adds a foreign key to the profile table.
    pub(super) fn constrain(table: &str, column: &str) -> Self {
        Self {
            function: None,
            payload: None,
            command: format!(
                "rollcall repair references constrain --table {} --column {}",
                argument(table),
                argument(column)
            ),
        }
    }
}

/// An argument as a shell takes it.
fn argument(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_an_argument_as_it_was_meant() {
        assert_eq!(argument("public.orders"), "public.orders");
        assert_eq!(argument("public.My Orders"), "'public.My Orders'");
        assert_eq!(argument("it's"), r"'it'\''s'");
    }
}
