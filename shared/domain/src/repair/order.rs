//! From a run's id to the repair that it is of.

use uuid::Uuid;

use super::Answer;
use crate::{
    backfill::FEW,
    database::Database,
    orphans, profiles,
    run::{self, Lift, Progress, Stop},
    undo::{self, Undo},
};

/// What an operator says beside the run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Order {
    /// Why, for the record.
    pub reason: Option<String>,
    /// How many rows the operator expects: another number stops the repair.
    pub confirm_count: Option<i64>,
}

impl Order {
    /// Where it cannot be meant a count has to be given.
    pub(crate) fn confirm_doubt(&self, planned: i64, doubt: Option<String>) -> Result<(), Stop> {
        match (doubt, self.confirm_count) {
            (Some(doubt), None) => Err(Stop::Unconfirmed {
                why: format!(
                    "{doubt}: look which they are (docs/checks/guard_check.md if users were lost)"
                ),
                lift: Lift::ConfirmCount(planned),
            }),
            _ => Ok(()),
        }
    }

    /// The count that was given has to be the one there is; where triggers of the application
    /// fire for more than a few rows, one has to be given.
    ///
    /// `what` is about to happen, as in "4 profiles would be removed".
    pub(crate) fn confirm(
        &self,
        planned: i64,
        what: &str,
        triggers: &[String],
    ) -> Result<(), Stop> {
        let why = match self.confirm_count {
            // What is about nothing does no harm, whatever was expected.
            _ if planned == 0 => return Ok(()),
            Some(expected) if expected != planned => {
                format!("{what}, not {expected}: look which they are")
            }
            None if planned > FEW && !triggers.is_empty() => format!(
                "{what}, each firing the application's own triggers ({})",
                triggers.join(", ")
            ),
            _ => return Ok(()),
        };
        Err(Stop::Unconfirmed {
            why,
            lift: Lift::ConfirmCount(planned),
        })
    }
}

/// Why a plan cannot be meant that was made where there seem to be no users at all.
pub(crate) fn nobody_seen(what: &str) -> String {
    format!("not a single auth user was seen, and {what}")
}

/// Carries out a planned repair, or goes on with it.
///
/// `go_on` is asked before each batch, with the progress so far: false ends the call with the
/// repair `partial`.
pub async fn apply(
    database: &Database,
    run_id: Uuid,
    order: &Order,
    elapsed_ms: impl Fn() -> u64,
    go_on: impl FnMut(&Progress) -> bool,
) -> Result<Answer, Stop> {
    let Some(run) = run::find(database, run_id).await? else {
        return Err(Stop::BadRequest(format!(
            "there is no run {run_id}; give the id that a plan answered"
        )));
    };
    if run.state == "cancelled" {
        return Err(Stop::Rejected(format!(
            "run {run_id} was cancelled; plan again, and apply what that answers"
        )));
    }
    match run.kind.as_str() {
        orphans::KIND => orphans::apply(database, run_id, run, order, elapsed_ms, go_on).await,
        "backfill" => Err(Stop::BadRequest(format!(
            "run {run_id} is a backfill; carry it out by `{}`",
            run::go_on("backfill", run_id)
        ))),
        profiles::KIND => profiles::apply(database, run_id, &run, order, elapsed_ms, go_on).await,
        kind => Err(Stop::BadRequest(format!(
            "run {run_id} is of the kind {kind}, which this version cannot apply"
        ))),
    }
}

/// Takes back the run of this id, or goes on with the undo that is, or that belongs to, the run
/// of this id. A new undo gets `new_id`.
///
/// `go_on` is asked as by [`apply`].
pub async fn undo(
    database: &Database,
    run_id: Uuid,
    new_id: Uuid,
    order: &Order,
    elapsed_ms: impl Fn() -> u64,
    go_on: impl FnMut(&Progress) -> bool,
) -> Result<Answer, Stop> {
    let (kind, found) = undo::find(database, run_id).await?;
    // A new one is not planned in vain.
    if matches!(found, Undo::ToPlan) {
        run::refuse_while_held(database).await?;
    }
    match kind.as_str() {
        "backfill" => undo::run(database, run_id, found, new_id, order, elapsed_ms, go_on).await,
        orphans::KIND => {
            orphans::undo(database, run_id, found, new_id, order, elapsed_ms, go_on).await
        }
        profiles::KIND => {
            profiles::take_back(database, run_id, found, new_id, order, elapsed_ms, go_on).await
        }
        kind => Err(Stop::BadRequest(format!(
            "run {run_id} is of the kind {kind}, which this version cannot undo"
        ))),
    }
}
