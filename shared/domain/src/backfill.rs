//! Backfill: a profile for every ghost of a planned set, in batches that can be stopped anywhere.
//!
//! A run is its plan (who), its cursor (how far) and its counts, all in the database and all
//! moved by the batch's own transaction; this side only asks for the next batch. So a run that
//! was killed goes on exactly where it stopped. One run at a time holds a lease of a minute,
//! which every batch renews; a batch of somebody who lost it is turned away.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    configuration,
    database::{Database, Limit},
    error::Error,
    unnamed::Unnamed,
};

/// Users to a batch, unless the caller says otherwise.
pub const BATCH_SIZE: i32 = 1000;

/// Whom a backfill is for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// Only these users, if given.
    pub user_ids: Option<Vec<Uuid>>,
    /// Only users created at this time or later.
    pub created_after: Option<DateTime<Utc>>,
    /// Only users created before this time.
    pub created_before: Option<DateTime<Utc>>,
    /// At most so many users.
    pub max_users: Option<i64>,
    /// Why, for the record.
    pub reason: Option<String>,
}

/// Why a backfill did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Stop {
    /// The request itself is wrong.
    #[error("{0}")]
    BadRequest(String),
    /// Another run holds the lease.
    #[error(
        "run {run_id} holds the lease until {held_until}; wait for it, or go on with it by \
         `rollcall backfill --run-id {run_id}`"
    )]
    Busy {
        /// The run that holds it.
        run_id: Uuid,
        /// When the lease ends by itself.
        held_until: DateTime<Utc>,
    },
    /// A safety stop.
    #[error("{0}")]
    Rejected(String),
    /// The database failed or is out of reach.
    #[error(transparent)]
    Database(#[from] Error),
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The set is stored, nobody has been touched.
    Planned,
    /// Everybody in the set has been dealt with.
    Completed,
    /// Some are left; the same run id goes on.
    Partial,
    /// There was nobody to plan for.
    NothingToDo,
}

/// Counts of a whole run. Always `planned = created + present + refused + gone + remaining`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Progress {
    /// Users in the planned set.
    pub planned: i64,
    /// Users whose profile this run created.
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
    fn new(planned: i64, created: i64, present: i64, refused: i64, gone: i64) -> Self {
        let remaining = planned - created - present - refused - gone;
        Self {
            planned,
            created,
            present,
            refused,
            gone,
            remaining,
        }
    }
}

/// A user whom the database does not accept, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// The user.
    pub user_id: Uuid,
    /// The contract's reason code.
    pub reason: String,
    /// The SQLSTATE, if the database gave one.
    pub sqlstate: Option<String>,
}

/// The answer to a preview or a run; the fields are the contract's.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the contract's §5 defines each field")]
pub struct Answer {
    pub run_id: Uuid,
    pub mode: &'static str,
    pub status: Status,
    #[serde(flatten)]
    pub progress: Progress,
    pub refusals: Vec<Refusal>,
    pub reasons: BTreeMap<String, i64>,
    pub side_effects: Vec<String>,
    pub digest: String,
    pub duration_ms: u64,
    pub rows_per_second: f64,
    pub export: Option<serde_json::Value>,
}

/// Stores the set of users that a backfill would create profiles for, and changes nothing else.
pub async fn preview(
    database: &Database,
    run_id: Uuid,
    scope: &Scope,
    elapsed_ms: impl Fn() -> u64,
) -> Result<Answer, Stop> {
    refuse_while_unfinished(database).await?;
    plan(database, run_id, scope).await?;
    answer(database, run_id, "preview", 0, &elapsed_ms).await
}

/// How a run is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Users to a batch.
    pub batch_size: i32,
}

/// Carries out a planned run, goes on with an unfinished one, or, where `run_id` is unknown,
/// plans by `scope` and carries that out.
///
/// `go_on` is asked before each batch, with the progress so far: false ends the call with the
/// run `partial`.
pub async fn run(
    database: &Database,
    run_id: Uuid,
    scope: &Scope,
    pace: Pace,
    elapsed_ms: impl Fn() -> u64,
    mut go_on: impl FnMut(&Progress) -> bool,
) -> Result<Answer, Stop> {
    let mut progress = match find(database, run_id).await? {
        Some(run) => run.check(run_id, scope, database).await?,
        None => plan(database, run_id, scope).await?,
    };
    let before = progress.created;
    if progress.remaining > 0 || progress.planned == 0 {
        let fence = take_lease(database, run_id).await?;
        loop {
            if progress.planned > 0 && !go_on(&progress) {
                release_lease(database, run_id, fence).await?;
                break;
            }
            let batch = next_batch(database, run_id, fence, pace.batch_size).await?;
            progress = batch.progress;
            if batch.is_done {
                break;
            }
        }
    }
    let created_now = progress.created - before;
    answer(database, run_id, "run", created_now, &elapsed_ms).await
}

/// A run as the database has it.
struct Run {
    kind: String,
    state: String,
    configuration: String,
    digest: String,
    progress: Progress,
}

impl Run {
    /// Whether this run may be carried out as asked.
    async fn check(
        self,
        run_id: Uuid,
        scope: &Scope,
        database: &Database,
    ) -> Result<Progress, Stop> {
        if self.kind != "backfill" {
            return Err(Stop::BadRequest(format!(
                "run {run_id} is a {}, not a backfill; give the id of a backfill",
                self.kind
            )));
        }
        if *scope
            != (Scope {
                reason: scope.reason.clone(),
                ..Scope::default()
            })
        {
            return Err(Stop::BadRequest(format!(
                "run {run_id} has its users already; leave out user_ids, created_after, \
                 created_before and max_users, or the run_id"
            )));
        }
        let installed = database
            .transaction(
                Limit::Interactive,
                "reading the configuration",
                async |connection| configuration::read(connection).await,
            )
            .await?;
        if self.state == "planned" && installed.digest != self.configuration {
            return Err(Stop::Rejected(format!(
                "run {run_id} was planned under another configuration; preview again"
            )));
        }
        Ok(self.progress)
    }
}

async fn find(database: &Database, run_id: Uuid) -> Result<Option<Run>, Error> {
    const DOING: &str = "looking for the run";
    database
        .transaction(Limit::Interactive, DOING, async |connection| {
            let row = sqlx::query!(
                r#"
                select
                    kind as "kind!", state as "state!", configuration as "configuration!",
                    digest as "digest!", planned as "planned!", created as "created!",
                    present as "present!", refused as "refused!", gone as "gone!"
                from rollcall.find_run($1)
                "#,
                run_id
            )
            .fetch_optional(Unnamed(connection))
            .await
            .map_err(|error| Error::new(DOING, error))?;
            Ok(row.map(|row| Run {
                kind: row.kind,
                state: row.state,
                configuration: row.configuration,
                digest: row.digest,
                progress: Progress::new(
                    row.planned,
                    row.created,
                    row.present,
                    row.refused,
                    row.gone,
                ),
            }))
        })
        .await
}

async fn plan(database: &Database, run_id: Uuid, scope: &Scope) -> Result<Progress, Stop> {
    const DOING: &str = "planning the backfill";
    let planned = database
        .transaction(Limit::Survey, DOING, async |connection| {
            sqlx::query_scalar!(
                r#"
                select planned as "planned!"
                from rollcall.plan_backfill($1, $2, $3, $4, $5, $6)
                "#,
                run_id,
                scope.reason.as_deref(),
                scope.user_ids.as_deref(),
                scope.created_after,
                scope.created_before,
                scope.max_users
            )
            .fetch_one(Unnamed(connection))
            .await
            .map_err(|error| Error::new(DOING, error))
        })
        .await?;
    Ok(Progress::new(planned, 0, 0, 0, 0))
}

/// A new plan beside an unfinished run would plan the same users twice.
async fn refuse_while_unfinished(database: &Database) -> Result<(), Stop> {
    let unfinished = database
        .transaction(
            Limit::Interactive,
            "looking for unfinished runs",
            async |connection| unfinished(connection).await,
        )
        .await?;
    match unfinished {
        None => Ok(()),
        Some(run_id) => Err(Stop::Rejected(format!(
            "run {run_id} is unfinished; go on with it first: rollcall backfill --run-id {run_id}"
        ))),
    }
}

/// The oldest backfill that was begun and not ended.
pub async fn unfinished(connection: &mut PgConnection) -> Result<Option<Uuid>, Error> {
    sqlx::query_scalar!(r#"select run_id as "run_id!" from rollcall.unfinished_runs() limit 1"#)
        .fetch_optional(Unnamed(connection))
        .await
        .map_err(|error| Error::new("looking for unfinished runs", error))
}

async fn take_lease(database: &Database, run_id: Uuid) -> Result<i64, Stop> {
    const DOING: &str = "taking the lease";
    let row = database
        .transaction(Limit::Interactive, DOING, async |connection| {
            sqlx::query!(
                "select fence, holder, held_until from rollcall.take_lease($1)",
                run_id
            )
            .fetch_one(Unnamed(connection))
            .await
            .map_err(|error| Error::new(DOING, error))
        })
        .await?;
    match (row.fence, row.holder, row.held_until) {
        (Some(fence), ..) => Ok(fence),
        (None, Some(run_id), Some(held_until)) => Err(Stop::Busy { run_id, held_until }),
        (None, ..) => Err(Stop::BadRequest(format!("there is no run {run_id}"))),
    }
}

async fn release_lease(database: &Database, run_id: Uuid, fence: i64) -> Result<(), Error> {
    const DOING: &str = "releasing the lease";
    database
        .transaction(Limit::Interactive, DOING, async |connection| {
            sqlx::query!("select rollcall.release_lease($1, $2)", run_id, fence)
                .fetch_one(Unnamed(connection))
                .await
                .map_err(|error| Error::new(DOING, error))
        })
        .await?;
    Ok(())
}

struct Batch {
    progress: Progress,
    is_done: bool,
}

async fn next_batch(
    database: &Database,
    run_id: Uuid,
    fence: i64,
    batch_size: i32,
) -> Result<Batch, Stop> {
    const DOING: &str = "backfilling a batch";
    let row = database
        .transaction(Limit::Batch, DOING, async |connection| {
            sqlx::query!(
                r#"
                select
                    is_fenced as "is_fenced!", is_done, planned, created, present, refused, gone
                from rollcall.backfill_batch($1, $2, $3)
                "#,
                run_id,
                fence,
                batch_size
            )
            .fetch_one(Unnamed(connection))
            .await
            .map_err(|error| Error::new(DOING, error))
        })
        .await?;
    if row.is_fenced {
        return Err(Stop::Rejected(format!(
            "somebody else goes on with run {run_id}, so this call has stopped; nothing is lost"
        )));
    }
    let count = Option::unwrap_or_default;
    Ok(Batch {
        is_done: row.is_done.unwrap_or_default(),
        progress: Progress::new(
            count(row.planned),
            count(row.created),
            count(row.present),
            count(row.refused),
            count(row.gone),
        ),
    })
}

async fn answer(
    database: &Database,
    run_id: Uuid,
    mode: &'static str,
    created_now: i64,
    elapsed_ms: &impl Fn() -> u64,
) -> Result<Answer, Stop> {
    let run = find(database, run_id)
        .await?
        .ok_or_else(|| Stop::BadRequest(format!("there is no run {run_id}")))?;
    let (refusals, reasons, side_effects) = database
        .transaction(
            Limit::Interactive,
            "reading the run's refusals",
            async |connection| {
                Ok((
                    refusals(&mut *connection, run_id).await?,
                    reasons(&mut *connection, run_id).await?,
                    side_effects(&mut *connection).await?,
                ))
            },
        )
        .await?;
    let progress = run.progress;
    let status = match (run.state.as_str(), progress.planned, progress.remaining) {
        (_, 0, _) => Status::NothingToDo,
        (_, _, 0) => Status::Completed,
        ("planned", ..) => Status::Planned,
        _ => Status::Partial,
    };
    let duration_ms = elapsed_ms();
    Ok(Answer {
        run_id,
        mode,
        status,
        progress,
        refusals,
        reasons,
        side_effects,
        digest: run.digest,
        duration_ms,
        rows_per_second: per_second(created_now, duration_ms),
        export: None,
    })
}

async fn refusals(connection: &mut PgConnection, run_id: Uuid) -> Result<Vec<Refusal>, Error> {
    sqlx::query_as!(
        Refusal,
        r#"
        select user_id as "user_id!", reason as "reason!", sqlstate
        from rollcall.run_refusals_of($1)
        "#,
        run_id
    )
    .fetch_all(Unnamed(connection))
    .await
    .map_err(|error| Error::new("reading the run's refusals", error))
}

async fn reasons(
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

async fn side_effects(connection: &mut PgConnection) -> Result<Vec<String>, Error> {
    sqlx::query_scalar!(r#"select effect as "effect!" from rollcall.side_effects() effect"#)
        .fetch_all(Unnamed(connection))
        .await
        .map_err(|error| Error::new("looking for the application's triggers", error))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a rate for people, far below 2^52"
)]
fn per_second(rows: i64, duration_ms: u64) -> f64 {
    let rate = rows as f64 * 1000.0 / (duration_ms.max(1) as f64);
    (rate * 10.0).round() / 10.0
}
