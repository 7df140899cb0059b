//! Deleting quarantined rows for good.

use uuid::Uuid;

use super::KIND;
use crate::{
    backfill::FEW,
    database::{Database, Limit},
    error::Error,
    repair::{Answer, Order, Status, Table},
    run::{self, Lift, Stop},
    undo::{self, Undo},
    unnamed::Unnamed,
    words::counted,
};

/// Deletes the rows of the run `run_id` that are in quarantine. Nothing brings them back.
pub async fn purge(
    database: &Database,
    run_id: Uuid,
    order: &Order,
    elapsed_ms: impl Fn() -> u64,
) -> Result<Answer, Stop> {
    const DOING: &str = "purging the quarantine";
    let Some(run) = run::find(database, run_id).await? else {
        return Err(Stop::BadRequest(format!(
            "there is no run {run_id}; give the id of a repair of child rows"
        )));
    };
    if run.kind != KIND {
        return Err(Stop::BadRequest(format!(
            "run {run_id} is of the kind {}, which holds no rows in quarantine; give the id of a \
             repair of child rows",
            run.kind
        )));
    }
    if matches!(run.state.as_str(), "planned" | "running") {
        return Err(Stop::Rejected(format!(
            "run {run_id} has not been carried out to its end, so there is nothing to purge: do \
             that by `{}`",
            run::go_on(KIND, run_id)
        )));
    }
    run::refuse_while_held(database).await?;
    if let (_, Undo::Found(undo_id, undo)) = undo::find(database, run_id).await?
        && undo.state == "running"
    {
        return Err(Stop::Rejected(format!(
            "undo {undo_id} of the run has not ended: go on with it by `{}`, or end it where it is \
             by `rollcall backfill --cancel {undo_id}`, then purge what is left",
            run::go_on(undo::KIND, undo_id)
        )));
    }
    let held = database
        .transaction(Limit::Batch, DOING, async |connection| {
            sqlx::query_scalar!(
                r#"select held as "held!" from rollcall.count_quarantined($1) held"#,
                run_id
            )
            .fetch_one(Unnamed(connection))
            .await
            .map_err(|error| Error::new(DOING, error))
        })
        .await?;
    confirm(held, order.confirm_count)?;
    let rows = database
        .transaction(Limit::Survey, DOING, async |connection| {
            sqlx::query!(
                r#"
                select
                    table_name as "table_name!", column_name as "column_name!", purged as "purged!"
                from rollcall.purge_quarantine($1)
                "#,
                run_id
            )
            .fetch_all(Unnamed(connection))
            .await
            .map_err(|error| Error::new(DOING, error))
        })
        .await?;
    let tables = rows.into_iter().map(|row| Table {
        table: row.table_name,
        column: row.column_name,
        policy: "purge".to_owned(),
        planned: row.purged,
        done: row.purged,
        refused: 0,
        gone: 0,
        remaining: 0,
    });
    Ok(Answer {
        run_id,
        undoes: None,
        status: if held == 0 {
            Status::NothingToDo
        } else {
            Status::Completed
        },
        tables: tables.collect(),
        refusals: vec![],
        samples: vec![],
        also_named: vec![],
        reasons: vec![],
        side_effects: vec![],
        digest: run.digest,
        next_step: (held > 0).then(|| "the rows are deleted: no undo brings them back".to_owned()),
        duration_ms: elapsed_ms(),
    })
}

/// Nothing brings the rows back, so more than a few are only deleted where their number is known.
fn confirm(held: i64, expected: Option<i64>) -> Result<(), Stop> {
    let rows = counted(held, "row");
    let why = match expected {
        _ if held == 0 => return Ok(()),
        Some(expected) if expected != held => {
            format!("the run has {rows} in quarantine, not {expected}: look which they are")
        }
        None if held > FEW => {
            format!("{rows} would be deleted for good, and no undo brings them back")
        }
        _ => return Ok(()),
    };
    Err(Stop::Unconfirmed {
        why,
        lift: Lift::ConfirmCount(held),
    })
}
