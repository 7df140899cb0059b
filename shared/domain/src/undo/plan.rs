//! Which run an undo is about.

use uuid::Uuid;

use crate::{
    database::{Database, Limit},
    error::Error,
    run::{self, Progress, Run, Stop},
    unnamed::Unnamed,
    words::kept,
};

/// The undo that a run's id stands for.
pub(crate) enum Undo {
    /// One that is there already.
    Found(Uuid, Run),
    /// One that has yet to be planned.
    ToPlan,
}

/// The undo of this id, or the unfinished one of the run of this id, or none yet; and the kind of
/// the run that it takes back.
pub(crate) async fn find(database: &Database, run_id: Uuid) -> Result<(String, Undo), Stop> {
    let Some(run) = run::find(database, run_id).await? else {
        return Err(Stop::BadRequest(format!(
            "there is no run {run_id}; give the id of a run that was carried out"
        )));
    };
    let (undoes, undone_by) = relations(database, run_id).await?;
    if let Some(undone) = undoes {
        if run.state == "cancelled" {
            return Err(Stop::Rejected(format!(
                "undo {run_id} was cancelled; to take back what it left: `rollcall repair undo {undone}`"
            )));
        }
        let undone = run::find(database, undone).await?;
        let kind = undone.map(|run| run.kind).unwrap_or_default();
        return Ok((kind, Undo::Found(run_id, run)));
    }
    match run.state.as_str() {
        "planned" => {
            return Err(Stop::Rejected(format!(
                "run {run_id} was never carried out, so there is nothing to undo"
            )));
        }
        "running" => {
            return Err(Stop::Rejected(format!(
                "run {run_id} has not ended; end it first, by `{}` or for good by \
                 `rollcall backfill --cancel {run_id}`",
                run::go_on(&run.kind, run_id)
            )));
        }
        _ => {}
    }
    if let Some(undo_id) = undone_by
        && let Some(undo) = run::find(database, undo_id).await?
    {
        return Ok((run.kind, Undo::Found(undo_id, undo)));
    }
    Ok((run.kind, Undo::ToPlan))
}

/// The run that this one undoes, and the unfinished one that undoes it.
pub(super) async fn relations(
    database: &Database,
    run_id: Uuid,
) -> Result<(Option<Uuid>, Option<Uuid>), Error> {
    const DOING: &str = "looking for the undo of the run";
    let row = database
        .transaction(Limit::Interactive, DOING, async |connection| {
            sqlx::query!("select undoes, undone_by from rollcall.undo_of($1)", run_id)
                .fetch_one(Unnamed(connection))
                .await
                .map_err(|error| Error::new(DOING, error))
        })
        .await?;
    Ok((row.undoes, row.undone_by))
}

/// Stores whom a run created a profile for, as an undo of this id.
pub(crate) async fn plan(
    database: &Database,
    undo_id: Uuid,
    undone: Uuid,
    reason: Option<&str>,
) -> Result<Progress, Error> {
    const DOING: &str = "planning the undo";
    let planned = database
        .transaction(Limit::Survey, DOING, async |connection| {
            sqlx::query_scalar!(
                r#"select planned as "planned!" from rollcall.plan_undo($1, $2, $3)"#,
                undo_id,
                undone,
                kept(reason)
            )
            .fetch_one(Unnamed(connection))
            .await
            .map_err(|error| Error::new(DOING, error))
        })
        .await?;
    Ok(Progress::new(planned, 0, 0, 0, 0))
}
