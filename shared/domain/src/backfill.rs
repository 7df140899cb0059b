//! Backfill: a profile for every ghost of a planned set, in batches that can be stopped anywhere.
//!
//! A run is its plan (who), its cursor (how far) and its counts, all in the database and all
//! moved by the batch's own transaction; this side only asks for the next batch. So a run that
//! was killed goes on exactly where it stopped. One run at a time holds a lease of a minute,
//! which every batch renews; a batch of somebody who lost it is turned away.

mod answer;
mod lease;
mod plan;
mod stop;

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::database::Database;
pub use answer::{Answer, Refusal};
use lease::{Lease, Turn};
pub use plan::{Unfinished, unfinished};
use plan::{find, plan, refuse_while_held};
pub use stop::Stop;

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
        Self {
            planned,
            created,
            present,
            refused,
            gone,
            remaining: planned - created - present - refused - gone,
        }
    }
}

/// How a run is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Users to a batch.
    pub batch_size: i32,
}

/// Stores the set of users that a backfill would create profiles for, and changes nothing else.
pub async fn preview(
    database: &Database,
    run_id: Uuid,
    scope: &Scope,
    elapsed_ms: impl Fn() -> u64,
) -> Result<Answer, Stop> {
    plan(database, run_id, scope).await?;
    answer::read(database, run_id, "preview", 0, &elapsed_ms).await
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
    go_on: impl FnMut(&Progress) -> bool,
) -> Result<Answer, Stop> {
    let (begin, is_over) = if let Some(run) = find(database, run_id).await? {
        let is_over = run.is_over();
        (run.check(run_id, scope, database).await?, is_over)
    } else {
        refuse_while_held(database).await?;
        (plan(database, run_id, scope).await?, false)
    };
    let mut end = begin;
    if !is_over {
        let lease = Lease::take(database, run_id).await?;
        end = work_through(&lease, begin, pace, go_on).await?;
    }
    let created_now = end.created - begin.created;
    answer::read(database, run_id, "run", created_now, &elapsed_ms).await
}

/// Batch after batch, until the run is done, has to stop, or belongs to somebody else.
async fn work_through(
    lease: &Lease<'_>,
    mut progress: Progress,
    pace: Pace,
    mut go_on: impl FnMut(&Progress) -> bool,
) -> Result<Progress, Stop> {
    let mut batch_size = pace.batch_size;
    loop {
        // A run for nobody has nothing to stop, but its end has to be written down.
        if progress.planned > 0 && !go_on(&progress) {
            lease.release().await?;
            return Ok(progress);
        }
        match lease.next_batch(batch_size).await? {
            Turn::Done(done) => return Ok(done),
            Turn::Ongoing(so_far) => {
                // The one whose row does not end has been found, and the others need not wait.
                if batch_size == 1 && so_far.refused > progress.refused {
                    batch_size = pace.batch_size;
                }
                progress = so_far;
            }
            Turn::TooLarge => batch_size = (batch_size / 4).max(1),
            Turn::Lost => {
                refuse_while_held(lease.database).await?;
                // Whoever had it has finished or let go: the answer tells how the run stands.
                return Ok(progress);
            }
        }
    }
}
