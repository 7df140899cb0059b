//! The reviewed configuration, as the database holds it.

use serde::Serialize;
use sqlx::PgConnection;

use crate::{error::Error, unnamed::Unnamed};

/// What the checks need of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Configuration {
    /// SHA-256 of the reviewed `rollcall.toml` in its canonical form, as every run reports it.
    pub digest: String,
    /// Whether Rollcall's own trigger writes the profiles, or the application's.
    pub mode: String,
    /// More ghosts than this are never healed by a scheduled check.
    pub heal_limit: i64,
    /// More ghosts than this is P0.
    pub burst: i64,
    /// One ghost older than this many seconds is P0.
    pub old_seconds: i64,
}

/// Reads the installed configuration.
pub async fn read(connection: &mut PgConnection) -> Result<Configuration, Error> {
    sqlx::query_as!(
        Configuration,
        r#"
        select
            digest as "digest!", mode as "mode!", heal_limit as "heal_limit!",
            burst as "burst!", old_seconds as "old_seconds!"
        from rollcall.read_configuration()
        "#
    )
    .fetch_one(Unnamed(connection))
    .await
    .map_err(|error| Error::new("reading the configuration", error))
}
