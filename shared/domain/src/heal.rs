//! Healing: a profile for each ghost that a scheduled check found, if they are few.

use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    database::{Database, Limit},
    error::Error,
    profile::{self, Outcome},
    unnamed::Unnamed,
};

/// What healing did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Healed {
    /// Profiles created.
    pub created: i64,
    /// Users whose profile the database did not accept.
    pub refused: i64,
}

/// Makes profiles for the ghosts whose turn has come, if there are at most `limit` ghosts
/// altogether. Each in a transaction of its own: one that is refused stops no other. `go_on` is
/// asked before each.
pub async fn heal(
    database: &Database,
    ghosts: i64,
    limit: i64,
    go_on: impl Fn() -> bool,
) -> Result<Healed, Error> {
    let mut healed = Healed::default();
    if ghosts == 0 || ghosts > limit {
        return Ok(healed);
    }
    let turn = database
        .transaction(
            Limit::Survey,
            "looking for ghosts to heal",
            async |connection| {
                ghosts_to_heal(connection, i32::try_from(limit).unwrap_or(i32::MAX)).await
            },
        )
        .await?;
    for user in turn {
        if !go_on() {
            break;
        }
        let ensured = database
            .transaction(Limit::Interactive, "healing a user", async |connection| {
                profile::ensure(connection, user).await
            })
            .await?;
        match ensured.outcome {
            Outcome::Created => healed.created += 1,
            Outcome::Refused => healed.refused += 1,
            _ => {}
        }
    }
    Ok(healed)
}

/// How many stamps are tried again at once.
const STAMPS: i32 = 50;

/// Stamps the profiles of users who are gone where that failed, and is due for another attempt. Each
/// in a transaction of its own; one that fails again waits longer. `go_on` is asked before each.
pub(crate) async fn stamp_due(database: &Database, go_on: impl Fn() -> bool) -> Result<(), Error> {
    const DOING: &str = "looking for stamps that are due";
    let due = database
        .transaction(Limit::Batch, DOING, async |connection| {
            sqlx::query_scalar!(
                r#"select user_id as "user_id!" from rollcall.stamps_due($1) user_id"#,
                STAMPS
            )
            .fetch_all(Unnamed(connection))
            .await
            .map_err(|error| Error::new(DOING, error))
        })
        .await?;
    for user in due {
        if !go_on() {
            break;
        }
        database
            .transaction(
                Limit::Interactive,
                "stamping a profile",
                async |connection| profile::remove(connection, user).await,
            )
            .await?;
    }
    Ok(())
}

async fn ghosts_to_heal(connection: &mut PgConnection, at_most: i32) -> Result<Vec<Uuid>, Error> {
    sqlx::query_scalar!(
        r#"select user_id as "user_id!" from rollcall.ghosts_to_heal($1) user_id"#,
        at_most
    )
    .fetch_all(Unnamed(connection))
    .await
    .map_err(|error| Error::new("looking for ghosts to heal", error))
}
