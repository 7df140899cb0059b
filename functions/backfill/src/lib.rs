//! The backfill: previews or creates the profiles that are missing, stops in time, and lists whom
//! it was for.
//!
//! When a run is through, a full check tells what is left, and brings the open incidents up to date.

mod list;
mod request;

use std::time::Instant;

use chrono::{DateTime, Utc};
use rollcall_domain::{
    Database,
    backfill::{self, Answer},
    watch::Call,
};
use rollcall_lambda::{
    BatchClock, Deadline, Environment, Failure, Invocation, SettingsError, export::Exports,
};
use uuid::Uuid;

use request::{Mode, Request};

/// What stays the same from one event to the next.
#[derive(Debug)]
pub struct App {
    database: Database,
    exports: Exports,
}

impl App {
    /// Reads the settings; connects to nothing yet.
    pub fn from_environment(environment: &Environment) -> Result<Self, SettingsError> {
        Ok(Self {
            database: environment.database("rollcall backfill")?,
            exports: Exports::from_environment(environment)?,
        })
    }
}

/// Answers one event; `clock` and `new_id` are the caller's.
pub async fn handle(
    app: &App,
    invocation: Invocation,
    clock: impl Fn() -> DateTime<Utc>,
    new_id: impl Fn() -> Uuid,
) -> Result<Answer, Failure> {
    let begun = Instant::now();
    let now = clock();
    let deadline = Deadline::new(&invocation.context, now);
    let budget = deadline.remaining(now);
    let request = Request::read(&invocation.payload)?;
    let bucket = list::bucket(&app.exports, &request)?;
    let elapsed_ms = || u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    let mut batches = BatchClock::default();
    let mut in_time = || batches.allows_another(begun.elapsed(), budget);
    let run_id = request.run_id.unwrap_or_else(&new_id);
    let answer = match request.mode {
        Mode::Preview => backfill::preview(&app.database, run_id, &request.order, elapsed_ms).await,
        Mode::Run => {
            let go_on = |_: &_| in_time();
            backfill::run(&app.database, run_id, &request.order, elapsed_ms, go_on).await
        }
        Mode::Cancel => backfill::cancel(&app.database, run_id, elapsed_ms).await,
    };
    let mut answer = answer?;
    let check = Call {
        run_id: new_id(),
        now: clock(),
        heal: false,
        alert: true,
        channels: &[],
        new_id: &new_id,
        elapsed_ms: &elapsed_ms,
        remaining: &|| deadline.remaining(clock()),
    };
    backfill::prove(&app.database, &mut answer, &check).await;
    if let Some(bucket) = bucket {
        answer.export = list::write(&app.database, bucket, &answer, now, begun, budget).await?;
    }
    tracing::info!(
        run_id = %answer.run_id,
        mode = %answer.mode,
        status = ?answer.status,
        planned = answer.progress.planned,
        created = answer.progress.created,
        refused = answer.progress.refused,
        remaining = answer.progress.remaining,
        ghosts_left = answer.proof.as_ref().and_then(|proof| proof.ghosts),
        duration_ms = answer.duration_ms,
        "backfilled"
    );
    Ok(answer)
}
