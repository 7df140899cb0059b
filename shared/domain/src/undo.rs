//! Undo: takes back the profiles that a backfill created, but for those that somebody has touched
//! or referred to since.
//!
//! It is a run of its own, in batches that can be stopped anywhere ([`crate::run`]). What counts as
//! touched and as referred to is told in docs/decisions/0017.

mod answer;
mod batch;
mod plan;
mod reason;

use uuid::Uuid;

use crate::{
    backfill::FEW,
    database::Database,
    repair::Answer,
    run::{self, Lease, Progress, Stop, work_through},
};
use plan::Undo;

const KIND: &str = "undo";

/// What an operator asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Order {
    /// Why, for the record.
    pub reason: Option<String>,
    /// How many profiles the operator expects to be looked at: another number stops the undo.
    pub confirm_count: Option<i64>,
}

/// Undoes the backfill of this id, or goes on with the undo that is, or that belongs to, the run
/// of this id. A new undo gets `new_id`.
///
/// `go_on` is asked before each batch, with the progress so far: false ends the call with the
/// undo `partial`.
pub async fn run(
    database: &Database,
    run_id: Uuid,
    new_id: Uuid,
    order: &Order,
    elapsed_ms: impl Fn() -> u64,
    go_on: impl FnMut(&Progress) -> bool,
) -> Result<Answer, Stop> {
    let (undo_id, begin, state) = match plan::find(database, run_id).await? {
        Undo::Found(undo_id, undo) => (undo_id, undo.progress, undo.state),
        Undo::ToPlan => {
            run::refuse_while_held(database).await?;
            let planned = plan::plan(database, new_id, run_id, order.reason.as_deref()).await?;
            (new_id, planned, "planned".to_owned())
        }
    };
    if state == "planned" {
        let effects = answer::side_effects(database).await?;
        confirm(begin.planned, &effects, order.confirm_count)?;
    }
    if matches!(state.as_str(), "planned" | "running") {
        let work = async {
            let lease = Lease::take(database, undo_id, KIND).await?;
            work_through(&lease, begin, None, batch::next, go_on).await
        };
        work.await.map_err(|stop| stop.within(KIND, undo_id))?;
    }
    let answer = answer::read(database, undo_id, &elapsed_ms).await;
    answer.map_err(|stop| stop.within(KIND, undo_id))
}

/// The count that was asked for has to be the one there is; where triggers of the application
/// fire for more than a few, it has to be asked for.
fn confirm(planned: i64, effects: &[String], expected: Option<i64>) -> Result<(), Stop> {
    match expected {
        Some(expected) if expected != planned => Err(Stop::Rejected(format!(
            "the run created {planned} profiles that no undo has dealt with, and confirm_count is \
             {expected}: look which they are, then give confirm_count {planned}"
        ))),
        None if planned > FEW && !effects.is_empty() => Err(Stop::Rejected(format!(
            "up to {planned} profiles would be removed, each firing the application's own triggers \
             ({}): give confirm_count {planned} if that is wanted",
            effects.join(", ")
        ))),
        _ => Ok(()),
    }
}
