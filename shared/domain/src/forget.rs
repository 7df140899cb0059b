//! Forgetting: every trace of an erased person is wiped out of what Rollcall keeps.
//!
//! What counts the person among others gets a stand-in, so that counts and places stay
//! (docs/decisions/0021). It happens by itself after the auth user was deleted: the trigger notes
//! the id, and the scheduled functions wipe.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    database::{Database, Limit},
    error::Error,
    locked::or_holders,
    run::Stop,
    unnamed::Unnamed,
    users::named,
};

/// How many are forgotten at once.
const AT_ONCE: i32 = 1000;

/// How many times a nightly check goes on with that.
const NIGHTLY: usize = 50;

/// Where traces were.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wiped {
    /// The table.
    pub table: String,
    /// How many rows of it were deleted, or hold a stand-in now.
    pub rows: i64,
}

/// What was wiped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forgotten {
    /// How many users were named.
    pub named: usize,
    /// Every table that held a trace.
    pub wiped: Vec<Wiped>,
    /// What this does not reach.
    pub next_step: Cow<'static, str>,
}

/// Wipes every trace of these users, who are no longer in `auth.users`.
pub async fn forget(database: &Database, users: &[Uuid]) -> Result<Forgotten, Stop> {
    const DOING: &str = "forgetting users";
    let users = named(users)?;
    let rows = database
        .transaction(Limit::Batch, DOING, async |connection| {
            sqlx::query!(
                "select still_there, store, wiped from rollcall.forget($1)",
                users
            )
            .fetch_all(Unnamed(connection))
            .await
            .map_err(|error| Error::new(DOING, error))
        })
        .await;
    let rows = or_holders(database, rows).await?;
    let there = rows.iter().filter_map(|row| row.still_there);
    let there = there.map(|id| id.to_string()).collect::<Vec<_>>();
    if !there.is_empty() {
        return Err(Stop::Rejected(format!(
            "still in auth.users, so nobody was forgotten: {}; delete these auth users first, or \
             leave them out",
            there.join(", ")
        )));
    }
    let wiped = rows.into_iter().filter_map(|row| {
        Some(Wiped {
            table: row.store?,
            rows: row.wiped?,
        })
    });
    Ok(Forgotten {
        named: users.len(),
        wiped: wiped.collect(),
        next_step:
            "what left this database is not reached: lists that were exported, messages that \
                    were sent, logs; and a profile that is left is the application's: \
                    rollcall repair profiles plan"
                .into(),
    })
}

/// Forgets some of those whose deletion the trigger noted; answers how many there were.
pub(crate) async fn noted(database: &Database) -> Result<i32, Error> {
    const DOING: &str = "forgetting whoever was deleted";
    database
        .transaction(Limit::Batch, DOING, async |connection| {
            sqlx::query_scalar!(
                r#"select rollcall.forget_noted($1) as "forgotten!""#,
                AT_ONCE
            )
            .fetch_one(Unnamed(connection))
            .await
            .map_err(|error| Error::new(DOING, error))
        })
        .await
}

/// Forgets also those whose deletion no trigger saw, while there is time.
pub(crate) async fn all(database: &Database, go_on: impl Fn() -> bool) -> Result<(), Error> {
    const DOING: &str = "looking for deleted users in runs";
    database
        .transaction(Limit::Batch, DOING, async |connection| {
            sqlx::query!("select rollcall.note_erased()")
                .fetch_one(Unnamed(connection))
                .await
                .map_err(|error| Error::new(DOING, error))
        })
        .await?;
    for _ in 0..NIGHTLY {
        if !go_on() || noted(database).await? < AT_ONCE {
            break;
        }
    }
    Ok(())
}
