//! Backfill: a profile for every ghost of a planned set, in batches that can be stopped anywhere.
//!
//! What a run is, and why it can be stopped, is told in [`crate::run`].

mod answer;
mod batch;
mod mend;
mod plan;
mod proof;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use crate::run::LARGEST_BATCH;
use crate::{
    database::Database,
    run::{self, Lease, Lift, Progress, Run, Stop, work_through},
    side_effects::{self, Event},
    words::counted,
};
pub use answer::{Answer, LikelyRefusals, Refusal};
pub(crate) use mend::mend;
pub use plan::Scope;
pub use proof::{Proof, Sample, prove};

/// More users than this are not given a profile unasked where triggers of the application fire.
pub const FEW: i64 = 100;

/// What an operator asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Order {
    /// Whom it is for.
    pub scope: Scope,
    /// Why, for the record.
    pub reason: Option<String>,
    /// At most so many users to a batch.
    pub batch_size: Option<i32>,
    /// That the application's triggers may fire for however many.
    pub accept_side_effects: bool,
    /// How many the operator expects: another number in the plan stops the run.
    pub confirm_count: Option<i64>,
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The set is stored, nobody has been touched.
    Planned,
    /// Everybody in the set has been dealt with.
    Completed,
    /// Some are left; the same run id goes on.
    Partial,
    /// Some are left, and are not to be dealt with.
    Cancelled,
    /// There was nobody to plan for.
    NothingToDo,
}

/// Stores the set of users that a backfill would create profiles for, and changes nothing else.
pub async fn preview(
    database: &Database,
    run_id: Uuid,
    order: &Order,
    elapsed_ms: impl Fn() -> u64,
) -> Result<Answer, Stop> {
    let planned = plan::plan(database, run_id, order).await?;
    if let Some(expected) = order.confirm_count {
        confirm(run_id, planned.planned, expected)?;
    }
    answer::read(database, run_id, "preview", 0, &elapsed_ms).await
}

/// Carries out a planned run, goes on with an unfinished one, or, where `run_id` is unknown,
/// plans as ordered and carries that out.
///
/// `go_on` is asked before each batch, with the progress so far: false ends the call with the
/// run `partial`.
pub async fn run(
    database: &Database,
    run_id: Uuid,
    order: &Order,
    elapsed_ms: impl Fn() -> u64,
    go_on: impl FnMut(&Progress) -> bool,
) -> Result<Answer, Stop> {
    if run::find(database, run_id).await?.is_none() {
        run::refuse_while_held(database).await?;
        match plan::plan(database, run_id, order).await {
            // The same order came twice at once, and the other one is planned.
            Err(Stop::Database(error)) if error.is_duplicate() => {}
            planned => drop(planned?),
        }
    }
    let run = run::find(database, run_id)
        .await?
        .ok_or_else(|| Stop::BadRequest(format!("there is no run {run_id}")))?;
    plan::check(&run, run_id, order, database).await?;
    carry_out(database, run_id, order, &run, elapsed_ms, go_on)
        .await
        .map_err(|stop| stop.within("backfill", run_id))
}

/// Carries out what is planned, as far as it has not been.
async fn carry_out(
    database: &Database,
    run_id: Uuid,
    order: &Order,
    run: &Run,
    elapsed_ms: impl Fn() -> u64,
    go_on: impl FnMut(&Progress) -> bool,
) -> Result<Answer, Stop> {
    let begin = run.progress;
    let mut end = begin;
    if run.state == "planned" {
        let effects = side_effects::of(database, Event::Insert).await?;
        accept(run_id, begin.planned, &effects, order.accept_side_effects)?;
    }
    if let Some(expected) = order.confirm_count {
        confirm(run_id, begin.planned, expected)?;
    }
    if matches!(run.state.as_str(), "planned" | "running") {
        let lease = Lease::take(database, run_id, "backfill").await?;
        end = work_through(&lease, begin, order.batch_size, batch::next, go_on).await?;
    }
    let created_now = end.created - begin.created;
    answer::read(database, run_id, "run", created_now, &elapsed_ms).await
}

/// Ends a run where it is, for good. Whoever is at it is turned away with the next batch.
pub async fn cancel(
    database: &Database,
    run_id: Uuid,
    elapsed_ms: impl Fn() -> u64,
) -> Result<Answer, Stop> {
    if run::find(database, run_id).await?.is_none() {
        return Err(Stop::BadRequest(format!("there is no run {run_id}")));
    }
    run::cancel(database, run_id).await?;
    answer::read(database, run_id, "cancel", 0, &elapsed_ms).await
}

/// The application's triggers do whatever they do once for each profile: mails, charges, calls.
fn accept(run_id: Uuid, planned: i64, effects: &[String], accepted: bool) -> Result<(), Stop> {
    if planned <= FEW || effects.is_empty() || accepted {
        return Ok(());
    }
    Err(Stop::Unconfirmed {
        why: format!(
            "the {} of run {run_id} would fire the application's own triggers ({})",
            counted(planned, "profile"),
            effects.join(", ")
        ),
        lift: Lift::AcceptSideEffects,
    })
}

fn confirm(run_id: Uuid, planned: i64, expected: i64) -> Result<(), Stop> {
    if planned == expected {
        return Ok(());
    }
    Err(Stop::Unconfirmed {
        why: format!(
            "run {run_id} is planned for {}, not {expected}: look who they are",
            counted(planned, "user")
        ),
        lift: Lift::ConfirmCount(planned),
    })
}
