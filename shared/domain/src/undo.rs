//! Undo: takes back the profiles that a backfill created, but for those that somebody has touched
//! or referred to since.
//!
//! It is a run of its own, in batches that can be stopped anywhere ([`crate::run`]). What counts as
//! touched and as referred to is told in docs/decisions/0017.

mod aftermath;
mod answer;
mod batch;
mod plan;
mod reason;

use uuid::Uuid;

use crate::{
    database::Database,
    error::Error,
    repair::{Answer, Order},
    run::{Lease, Progress, Stop, refuse_untold, work_through},
    side_effects::{self, Event},
    words::counted,
};
pub(crate) use aftermath::{Aftermath, read as aftermath};
pub(crate) use answer::{place, refusals};
pub(crate) use plan::{Undo, find, plan};

/// The run that this one takes back, if it is an undo.
pub(crate) async fn undone_by(database: &Database, run_id: Uuid) -> Result<Option<Uuid>, Error> {
    Ok(plan::relations(database, run_id).await?.0)
}

pub(crate) const KIND: &str = "undo";

/// Undoes the backfill of this id, or goes on with the undo that was found.
pub(crate) async fn run(
    database: &Database,
    run_id: Uuid,
    found: Undo,
    new_id: Uuid,
    order: &Order,
    elapsed_ms: impl Fn() -> u64,
    go_on: impl FnMut(&Progress) -> bool,
) -> Result<Answer, Stop> {
    let (undo_id, begin, state) = match found {
        Undo::Found(undo_id, undo) => (undo_id, undo.progress, undo.state),
        Undo::ToPlan => {
            let planned = plan::plan(database, new_id, run_id, order.reason.as_deref()).await?;
            (new_id, planned, "planned".to_owned())
        }
    };
    if state == "planned" {
        let effects = side_effects::of(database, Event::Delete).await?;
        refuse_untold(database, undo_id, KIND, &effects).await?;
        let planned = begin.planned;
        let profiles = counted(planned, "profile");
        let what = format!("{profiles} that the run created would be removed");
        order.confirm(planned, &what, &effects)?;
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
