//! Repair: the triggers; what is said of single users; plans that are applied; what a run did, taken back; its users, listed.
//! Actions of the contract that are not there yet are a `BadRequest` that says so.

mod request;
mod trigger;
mod users;

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use rollcall_domain::{
    Database, orphans, profiles,
    repair::{self, Answer},
    survey::{Limits, Survey, survey},
};
use rollcall_lambda::{
    BatchClock, Deadline, Environment, Failure, Invocation, SettingsError,
    export::{Export, Exports, Time, export},
};
use serde::Serialize;
use uuid::Uuid;

use request::Request;

/// What stays the same from one event to the next.
#[derive(Debug)]
pub struct App {
    database: Database,
    exports: Exports,
}

/// What an action is answered with.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Answered {
    /// Of a plan, an apply or an undo.
    Repaired(Box<Answer>),
    /// Of an action on the triggers.
    Trigger(Box<trigger::Answer>),
    /// Of an action on single users.
    Users(users::Answer),
    /// Of an export.
    Exported {
        /// The run.
        run_id: Uuid,
        /// Where its list is.
        export: Export,
    },
    /// Of a survey.
    Surveyed(Survey),
}

impl App {
    /// Reads the settings; connects to nothing yet.
    pub fn from_environment(environment: &Environment) -> Result<Self, SettingsError> {
        Ok(Self {
            database: environment.database("rollcall repair")?,
            exports: Exports::from_environment(environment)?,
        })
    }
}

/// Answers one event; `clock` is the caller's, and a run or a canary that is new gets `new_run_id`.
pub async fn handle(
    app: &App,
    invocation: Invocation,
    clock: impl Fn() -> DateTime<Utc>,
    new_run_id: Uuid,
) -> Result<Answered, Failure> {
    let begun = Instant::now();
    let now = clock();
    let budget = Deadline::new(&invocation.context, now).remaining(now);
    let elapsed_ms = || u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    let mut batches = BatchClock::default();
    let go_on = |_: &_| batches.allows_another(begun.elapsed(), budget);
    let database = &app.database;
    let answer = match Request::read(&invocation.payload)? {
        Request::Trigger(action) => {
            let answer = trigger::answer(database, action, new_run_id).await?;
            return Ok(Answered::Trigger(Box::new(answer)));
        }
        Request::Users(action) => {
            let answer = users::answer(database, action, now).await?;
            return Ok(Answered::Users(answer));
        }
        Request::PlanProfiles { reason } => {
            profiles::plan(database, new_run_id, reason.as_deref(), elapsed_ms).await?
        }
        Request::PlanReferences(order) => {
            orphans::plan(database, new_run_id, &order, elapsed_ms).await?
        }
        Request::Apply { run_id, order } => {
            repair::apply(database, run_id, &order, elapsed_ms, go_on).await?
        }
        Request::Undo { run_id, order } => {
            repair::undo(database, run_id, new_run_id, &order, elapsed_ms, go_on).await?
        }
        Request::Purge { run_id, order } => {
            orphans::purge(database, run_id, &order, elapsed_ms).await?
        }
        Request::Export { run_id } => {
            let bucket = app.exports.bucket()?;
            let time = budget.map(|budget| Time {
                budget,
                left: budget.saturating_sub(begun.elapsed()),
            });
            let export = export(database, bucket, run_id, time, clock).await?;
            return Ok(Answered::Exported { run_id, export });
        }
        Request::Survey => {
            let left = budget.map(|budget| budget.saturating_sub(begun.elapsed()));
            return Ok(Answered::Surveyed(look(&app.database, left).await?));
        }
    };
    let total = answer.total();
    tracing::info!(
        run_id = %answer.run_id,
        undoes = answer.undoes.map(tracing::field::display),
        status = ?answer.status,
        planned = total.planned,
        done = total.created,
        refused = total.refused,
        remaining = total.remaining,
        duration_ms = answer.duration_ms,
        "repaired"
    );
    Ok(Answered::Repaired(Box::new(answer)))
}

/// Surveys what refers to users, in the time that is left.
async fn look(database: &Database, left: Option<Duration>) -> Result<Survey, Failure> {
    let limits = left.map_or_else(Limits::default, |left| Limits {
        whole: left,
        ..Limits::default()
    });
    let survey = survey(database, limits, |_, _, _| {}).await?;
    tracing::info!(
        columns = survey.tables.len(),
        orphaned_rows = survey.orphaned_rows(),
        "surveyed"
    );
    Ok(survey)
}
