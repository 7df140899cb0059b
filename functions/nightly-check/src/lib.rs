//! The nightly check: looks at every user and every trigger, and says what it found.
//!
//! This version neither heals nor alerts. `{"heal": false, "alert": false}` is what it does;
//! asking for more is a `BadRequest` that says so.

use std::time::Instant;

use chrono::{DateTime, Utc};
use rollcall_domain::{
    Database,
    check::{self, Limits, Report},
};
use rollcall_lambda::{Environment, Failure, Invocation, SettingsError, payload};
use serde::Deserialize;
use serde_json::value::RawValue;
use uuid::Uuid;

/// What stays the same from one event to the next.
#[derive(Debug)]
pub struct App {
    database: Database,
}

impl App {
    /// Reads the settings; connects to nothing yet.
    pub fn from_environment(environment: &Environment) -> Result<Self, SettingsError> {
        Ok(Self {
            database: Database::new(environment.database("rollcall nightly-check")?),
        })
    }
}

/// What an operator can ask for.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    heal: Option<bool>,
    alert: Option<bool>,
}

/// An event of EventBridge's: of a rule or of a schedule. It asks for nothing in particular.
#[derive(Debug, Deserialize)]
struct Scheduled {
    #[serde(rename = "detail-type")]
    _detail_type: String,
    #[serde(rename = "source")]
    _source: String,
}

impl Request {
    fn read(event: &RawValue) -> Result<Self, Failure> {
        if serde_json::from_str::<Scheduled>(event.get()).is_ok() {
            return Ok(Self::default());
        }
        payload::read(event)
    }

    /// An option that is not there yet must not look as if it had been obeyed.
    fn refuse_what_is_not_there(&self) -> Result<(), Failure> {
        for (option, asked) in [("heal", self.heal), ("alert", self.alert)] {
            if asked == Some(true) {
                return Err(Failure::bad_request(format!(
                    "{option} is not there in this version: leave it out, or set it to false"
                )));
            }
        }
        Ok(())
    }
}

/// Answers one event, which came in at `now`.
pub async fn handle(
    app: &App,
    invocation: Invocation,
    now: DateTime<Utc>,
    run_id: Uuid,
) -> Result<Report, Failure> {
    let begun = Instant::now();
    Request::read(&invocation.payload)?.refuse_what_is_not_there()?;
    let elapsed_ms = || u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    let limits = Limits::default();
    let report = check::run(&app.database, run_id, now, limits, elapsed_ms).await?;
    tracing::info!(
        run_id = %report.run_id,
        status = ?report.status,
        severity = ?report.severity,
        ghosts = report.counts.ghosts,
        trigger = ?report.trigger.as_ref().map(|trigger| trigger.state),
        duration_ms = report.duration_ms,
        "checked"
    );
    Ok(report)
}

#[cfg(test)]
mod tests {
    use rollcall_lambda::Kind;

    use super::*;

    fn read(event: &str) -> Result<(), Failure> {
        Request::read(&RawValue::from_string(event.to_owned()).unwrap())?.refuse_what_is_not_there()
    }

    #[test]
    fn both_forms_of_an_eventbridge_event_and_an_empty_one_are_read() {
        for event in [
            "{}",
            r#"{"heal": false, "alert": false}"#,
            r#"{"version":"0","id":"a","detail-type":"Scheduled Event","source":"aws.events","account":"1","time":"2026-11-20T02:00:00Z","region":"eu-central-1","resources":[],"detail":{}}"#,
            r#"{"version":"0","id":"a","detail-type":"Scheduled Event","source":"aws.scheduler","account":"1","time":"2026-11-20T02:00:00Z","region":"eu-central-1","resources":[],"detail":"{}"}"#,
        ] {
            read(event).unwrap();
        }
    }

    #[test]
    fn what_is_not_there_is_refused_by_name() {
        for (event, word) in [
            (r#"{"heal": true}"#, "heal"),
            (r#"{"alert": true}"#, "alert"),
            (r#"{"hael": true}"#, "hael"),
            (r#"{"heal": "yes"}"#, "heal"),
            ("[1]", "event"),
        ] {
            let failure = read(event).unwrap_err();
            assert_eq!(failure.kind(), Kind::BadRequest);
            assert!(failure.to_string().contains(word), "{failure}");
        }
    }
}
