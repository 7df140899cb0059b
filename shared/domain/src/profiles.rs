//! Profiles of whoever ought to have none: planned, stamped as the delete trigger would, and given
//! back what the stamp wrote over.
//!
//! A plan holds orphaned profiles (no auth user of that id) and leftover ones (a user who is deleted,
//! excluded, or anonymous where those are left out), told apart as far as the evidence goes. A plan
//! that cannot be meant needs its count to be confirmed.

mod answer;
mod batch;
mod plan;

use uuid::Uuid;

use crate::{
    database::Database,
    repair::{Answer, Order},
    run::{Lease, Progress, Run, Stop, refuse_untold, work_through},
    side_effects::{self, Event},
    undo::{self, Undo},
    words::counted,
};
use plan::Scope;
pub use plan::plan;

pub(crate) const KIND: &str = "profiles";

/// Stamps what the run planned, or goes on with that.
pub(crate) async fn apply(
    database: &Database,
    run_id: Uuid,
    run: &Run,
    order: &Order,
    elapsed_ms: impl Fn() -> u64,
    go_on: impl FnMut(&Progress) -> bool,
) -> Result<Answer, Stop> {
    if matches!(run.state.as_str(), "planned" | "running") {
        plan::refuse_if_altered(database, run_id, run).await?;
    }
    if run.state == "planned" {
        let scope = Scope::of(run)?;
        let planned = run.progress.planned;
        let effects = side_effects::of(database, Event::Update).await?;
        refuse_untold(database, run_id, KIND, &effects).await?;
        order.confirm_doubt(planned, scope.doubt(planned))?;
        let what = format!("{} would be stamped", counted(planned, "profile"));
        order.confirm(planned, &what, &effects)?;
    }
    if matches!(run.state.as_str(), "planned" | "running") {
        let work = async {
            let lease = Lease::take(database, run_id, KIND).await?;
            work_through(&lease, run.progress, None, batch::stamp, go_on).await
        };
        work.await.map_err(|stop| stop.within(KIND, run_id))?;
    }
    let answer = answer::read(database, run_id, &elapsed_ms).await;
    answer.map_err(|stop| stop.within(KIND, run_id))
}

/// Gives the profiles that a run stamped what was there before, or goes on with that.
pub(crate) async fn take_back(
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
            let planned = undo::plan(database, new_id, run_id, order.reason.as_deref()).await?;
            (new_id, planned, "planned".to_owned())
        }
    };
    if state == "planned" {
        let planned = begin.planned;
        let effects = side_effects::of(database, Event::Update).await?;
        refuse_untold(database, undo_id, undo::KIND, &effects).await?;
        let what = format!("{} would be put back", counted(planned, "stamped profile"));
        order.confirm(planned, &what, &effects)?;
    }
    if matches!(state.as_str(), "planned" | "running") {
        let work = async {
            let lease = Lease::take(database, undo_id, undo::KIND).await?;
            work_through(&lease, begin, None, batch::restore, go_on).await
        };
        work.await
            .map_err(|stop| stop.within(undo::KIND, undo_id))?;
    }
    let answer = answer::read(database, undo_id, &elapsed_ms).await;
    answer.map_err(|stop| stop.within(undo::KIND, undo_id))
}
