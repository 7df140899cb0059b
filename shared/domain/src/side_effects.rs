//! The application's own triggers on the profile table: what Rollcall does there fires them.

use crate::{
    database::{Database, Limit},
    error::Error,
    unnamed::Unnamed,
};

/// What is done to a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// It is created.
    Insert,
    /// It is stamped, or given back what it had.
    Update,
    /// It is removed.
    Delete,
}

impl Event {
    const fn name(self) -> &'static str {
        match self {
            Self::Insert => "insert",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

/// The triggers that fire for each profile.
pub(crate) async fn of(database: &Database, event: Event) -> Result<Vec<String>, Error> {
    const DOING: &str = "looking for the application's triggers";
    database
        .transaction(Limit::Interactive, DOING, async |connection| {
            sqlx::query_scalar!(
                r#"select effect as "effect!" from rollcall.side_effects($1) effect"#,
                event.name()
            )
            .fetch_all(Unnamed(connection))
            .await
            .map_err(|error| Error::new(DOING, error))
        })
        .await
}

/// What an undo says of a trigger that fired when its run was carried out.
pub(crate) fn not_taken_back(code: &str) -> String {
    format!("{code}: what it did to other rows when the run was applied is not taken back")
}
