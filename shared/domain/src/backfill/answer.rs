//! What a backfill tells: the counts of the whole run, whom it could not serve, and why.

use std::{borrow::Cow, collections::BTreeMap};

use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Proof, Status, mend::mend};
use crate::{
    database::{Database, Limit},
    error::Error,
    run::{self, Progress, Stop},
    side_effects::{self, Event},
    unnamed::Unnamed,
};

/// A user whom the database does not accept, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The user.
    pub user_id: Uuid,
    /// The contract's reason code.
    pub reason: String,
    /// The SQLSTATE, if the database gave one.
    pub sqlstate: Option<String>,
}

/// Users of a plan whom the database is likely to refuse, for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LikelyRefusals {
    /// The contract's reason code.
    pub reason: String,
    /// The SQLSTATE that goes with it.
    pub sqlstate: Option<String>,
    /// How many they are.
    pub users: i64,
    /// The first hundred of them.
    pub first_users: Vec<Uuid>,
}

/// The answer to a preview or a run; the fields are the contract's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the contract's §5 defines each field")]
pub struct Answer {
    pub run_id: Uuid,
    pub mode: Cow<'static, str>,
    pub status: Status,
    #[serde(flatten)]
    pub progress: Progress,
    pub refusals: Vec<Refusal>,
    pub reasons: BTreeMap<String, i64>,
    /// What a preview can foresee; empty in the answer to a run (docs/decisions/0016).
    pub likely_refusals: Vec<LikelyRefusals>,
    /// What to do about each reason that occurs.
    pub mends: BTreeMap<String, Cow<'static, str>>,
    pub side_effects: Vec<String>,
    /// Another run that was begun and not ended (docs/decisions/0010).
    pub unfinished_run: Option<Uuid>,
    pub digest: String,
    pub duration_ms: u64,
    pub rows_per_second: f64,
    pub export: Option<serde_json::Value>,
    /// What a check found when the run was through (docs/decisions/0016).
    pub proof: Option<Proof>,
}

impl Answer {
    /// Whether nothing more will come of the run.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        matches!(
            self.status,
            Status::Completed | Status::Cancelled | Status::NothingToDo
        )
    }
}

/// The answer, from the run as it stands now.
pub(super) async fn read(
    database: &Database,
    run_id: Uuid,
    mode: &'static str,
    created_now: i64,
    elapsed_ms: &impl Fn() -> u64,
) -> Result<Answer, Stop> {
    let run = run::find(database, run_id)
        .await?
        .ok_or_else(|| Stop::BadRequest(format!("there is no run {run_id}")))?;
    let side_effects = side_effects::of(database, Event::Insert).await?;
    let likely_refusals = if mode == "preview" {
        likely_refusals(database, run_id).await?
    } else {
        vec![]
    };
    let (refusals, reasons, others) = database
        .transaction(
            Limit::Interactive,
            "reading the run's refusals",
            async |connection| {
                Ok((
                    refusals(&mut *connection, run_id).await?,
                    run::reasons(&mut *connection, run_id).await?,
                    run::unfinished(&mut *connection).await?,
                ))
            },
        )
        .await?;
    let progress = run.progress;
    let status = match (run.state.as_str(), progress.planned, progress.remaining) {
        ("cancelled", ..) => Status::Cancelled,
        (_, 0, _) => Status::NothingToDo,
        (_, _, 0) => Status::Completed,
        ("planned", ..) => Status::Planned,
        _ => Status::Partial,
    };
    let mends = likely_refusals
        .iter()
        .map(|likely| &likely.reason)
        .chain(reasons.keys())
        .map(|reason| (reason.clone(), mend(reason).into()))
        .collect();
    let duration_ms = elapsed_ms();
    Ok(Answer {
        run_id,
        mode: mode.into(),
        status,
        progress,
        refusals,
        reasons,
        likely_refusals,
        mends,
        side_effects,
        unfinished_run: others
            .iter()
            .filter(|run| run.kind == "backfill")
            .map(|run| run.run_id)
            .find(|other| *other != run_id),
        digest: run.digest,
        duration_ms,
        rows_per_second: per_second(created_now, duration_ms),
        export: None,
        proof: None,
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

async fn likely_refusals(database: &Database, run_id: Uuid) -> Result<Vec<LikelyRefusals>, Error> {
    const DOING: &str = "looking who is likely to be refused";
    database
        .transaction(Limit::Survey, DOING, async |connection| {
            sqlx::query_as!(
                LikelyRefusals,
                r#"
                select
                    reason as "reason!", sqlstate, users as "users!", first_users as "first_users!"
                from rollcall.likely_refusals($1)
                "#,
                run_id
            )
            .fetch_all(Unnamed(connection))
            .await
            .map_err(|error| Error::new(DOING, error))
        })
        .await
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a rate for people, far below 2^52"
)]
fn per_second(rows: i64, duration_ms: u64) -> f64 {
    let rate = rows as f64 * 1000.0 / (duration_ms.max(1) as f64);
    (rate * 10.0).round() / 10.0
}
