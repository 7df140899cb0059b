//! Runs as the database has them: a planned set of users, a cursor, counts, and a lease.
//!
//! A run is its plan (who), its cursor (how far) and its counts, all in the database and all
//! moved by the batch's own transaction; this side only asks for the next batch. So a run that
//! was killed goes on exactly where it stopped. One run at a time holds a lease of a minute,
//! which every batch renews; a batch of somebody who lost it is turned away.

mod batch;
mod effects;
mod lease;
mod pace;
mod stop;
mod work;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    database::{Database, Limit},
    error::Error,
    unnamed::Unnamed,
};
pub(crate) use batch::Batch;
pub(crate) use effects::{keep as keep_effects, refuse_untold};
pub(crate) use lease::Lease;
pub use pace::LARGEST_BATCH;
pub use stop::{Lift, Stop, go_on, with_options};
pub(crate) use work::{Turn, work_through};

/// Counts of a whole run. Always `planned = created + present + refused + gone + remaining`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Progress {
    /// Users in the planned set.
    pub planned: i64,
    /// Users whose profile this run created, or, of an undo, removed.
    pub created: i64,
    /// Users who had a profile when their turn came.
    pub present: i64,
    /// Users whose row the database does not accept.
    pub refused: i64,
    /// Users who were no longer eligible when their turn came.
    pub gone: i64,
    /// Users whose turn has not come.
    pub remaining: i64,
}

impl Progress {
    pub(crate) fn new(planned: i64, created: i64, present: i64, refused: i64, gone: i64) -> Self {
        Self {
            planned,
            created,
            present,
            refused,
            gone,
            remaining: planned - created - present - refused - gone,
        }
    }

    /// How many have had their turn.
    #[must_use]
    pub fn done(&self) -> i64 {
        self.planned - self.remaining
    }
}

/// A run as it stands.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) kind: String,
    pub(crate) state: String,
    pub(crate) configuration: String,
    pub(crate) scope: serde_json::Value,
    pub(crate) digest: String,
    pub(crate) progress: Progress,
}

/// The run of this id, if there is one.
pub(crate) async fn find(database: &Database, run_id: Uuid) -> Result<Option<Run>, Error> {
    const DOING: &str = "looking for the run";
    let row = database
        .transaction(Limit::Interactive, DOING, async |connection| {
            sqlx::query!(
                r#"
                select
                    kind as "kind!", state as "state!", configuration as "configuration!",
                    scope as "scope!", digest as "digest!", planned as "planned!",
                    created as "created!", present as "present!", refused as "refused!",
                    gone as "gone!"
                from rollcall.find_run($1)
                "#,
                run_id
            )
            .fetch_optional(Unnamed(connection))
            .await
            .map_err(|error| Error::new(DOING, error))
        })
        .await?;
    Ok(row.map(|row| Run {
        progress: Progress::new(row.planned, row.created, row.present, row.refused, row.gone),
        kind: row.kind,
        state: row.state,
        configuration: row.configuration,
        scope: row.scope,
        digest: row.digest,
    }))
}

/// A run that was begun and not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    /// Its id, by which it can go on.
    pub run_id: Uuid,
    /// What it does: `backfill`, `undo`.
    pub kind: String,
    /// Until when somebody holds its lease; nothing if nobody does.
    pub held_until: Option<DateTime<Utc>>,
}

/// Every run that was begun and not ended, oldest first.
pub async fn unfinished(connection: &mut PgConnection) -> Result<Vec<Unfinished>, Error> {
    sqlx::query_as!(
        Unfinished,
        r#"
        select
            run_id as "run_id!", kind as "kind!",
            case when lease_until > clock_timestamp() then lease_until end as held_until
        from rollcall.unfinished_runs()
        "#
    )
    .fetch_all(Unnamed(connection))
    .await
    .map_err(|error| Error::new("looking for unfinished runs", error))
}

/// How many users were refused in a run, for each reason.
pub(crate) async fn reasons(
    connection: &mut PgConnection,
    run_id: Uuid,
) -> Result<BTreeMap<String, i64>, Error> {
    let rows = sqlx::query!(
        r#"select reason as "reason!", users as "users!" from rollcall.run_reasons($1)"#,
        run_id
    )
    .fetch_all(Unnamed(connection))
    .await
    .map_err(|error| Error::new("counting the run's refusals", error))?;
    Ok(rows
        .into_iter()
        .map(|row| (row.reason, row.users))
        .collect())
}

/// Says who holds the lease, before anything is done in vain.
pub(crate) async fn refuse_while_held(database: &Database) -> Result<(), Stop> {
    let runs = database
        .transaction(
            Limit::Interactive,
            "looking for unfinished runs",
            async |connection| unfinished(connection).await,
        )
        .await?;
    for run in runs {
        if let Some(held_until) = run.held_until {
            return Err(Stop::Busy {
                run_id: run.run_id,
                kind: run.kind,
                held_until,
            });
        }
    }
    Ok(())
}

/// Ends a run where it is, for good. Whoever is at it is turned away with the next batch.
pub(crate) async fn cancel(database: &Database, run_id: Uuid) -> Result<(), Error> {
    const DOING: &str = "cancelling the run";
    // As patient as a batch: the one under way has to end first.
    database
        .transaction(Limit::Batch, DOING, async |connection| {
            sqlx::query!("select rollcall.cancel_run($1)", run_id)
                .fetch_one(Unnamed(connection))
                .await
                .map_err(|error| Error::new(DOING, error))
        })
        .await?;
    Ok(())
}
