//! What a backfill tells: the counts of the whole run, whom it could not serve, and why.

use std::collections::BTreeMap;

use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Progress, Status, Stop, find, unfinished};
use crate::{
    database::{Database, Limit},
    error::Error,
    unnamed::Unnamed,
};

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
    /// Another run that was begun and not ended (docs/decisions/0010).
    pub unfinished_run: Option<Uuid>,
    pub digest: String,
    pub duration_ms: u64,
    pub rows_per_second: f64,
    pub export: Option<serde_json::Value>,
}

/// The answer, from the run as it stands now.
pub(super) async fn read(
    database: &Database,
    run_id: Uuid,
    mode: &'static str,
    created_now: i64,
    elapsed_ms: &impl Fn() -> u64,
) -> Result<Answer, Stop> {
    let run = find(database, run_id)
        .await?
        .ok_or_else(|| Stop::BadRequest(format!("there is no run {run_id}")))?;
    let (refusals, reasons, side_effects, others) = database
        .transaction(
            Limit::Interactive,
            "reading the run's refusals",
            async |connection| {
                Ok((
                    refusals(&mut *connection, run_id).await?,
                    reasons(&mut *connection, run_id).await?,
                    side_effects(&mut *connection).await?,
                    unfinished(&mut *connection).await?,
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
        unfinished_run: others
            .iter()
            .map(|run| run.run_id)
            .find(|other| *other != run_id),
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
