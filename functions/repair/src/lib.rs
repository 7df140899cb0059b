//! Repair: in this version, the undo of a backfill. Other actions of the contract are a
//! `BadRequest` that says so.

mod request;

use std::time::Instant;

use chrono::{DateTime, Utc};
use rollcall_domain::{
    Database,
    undo::{self, Answer},
};
use rollcall_lambda::{BatchClock, Deadline, Environment, Failure, Invocation, SettingsError};
use uuid::Uuid;

use request::Request;

/// What stays the same from one event to the next.
#[derive(Debug)]
pub struct App {
    database: Database,
}

impl App {
    /// Reads the settings; connects to nothing yet.
    pub fn from_environment(environment: &Environment) -> Result<Self, SettingsError> {
        Ok(Self {
            database: Database::new(environment.database("rollcall repair")?),
        })
    }
}

/// Answers one event, which came in at `now`; an undo that is new gets `new_run_id`.
pub async fn handle(
    app: &App,
    invocation: Invocation,
    now: DateTime<Utc>,
    new_run_id: Uuid,
) -> Result<Answer, Failure> {
    let begun = Instant::now();
    let budget = Deadline::new(&invocation.context, now).remaining(now);
    let Request { run_id, order } = Request::read(&invocation.payload)?;
    let elapsed_ms = || u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    let mut clock = BatchClock::default();
    let go_on = |_: &_| clock.allows_another(begun.elapsed(), budget);
    let answer = undo::run(&app.database, run_id, new_run_id, &order, elapsed_ms, go_on).await?;
    let total = answer.total();
    tracing::info!(
        run_id = %answer.run_id,
        undoes = answer.undoes.map(tracing::field::display),
        status = ?answer.status,
        planned = total.planned,
        removed = total.created,
        refused = total.refused,
        remaining = total.remaining,
        duration_ms = answer.duration_ms,
        "undone"
    );
    Ok(answer)
}
