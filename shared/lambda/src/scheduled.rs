//! The functions that run on a schedule: what they are asked for, and what they have in common.

mod outgoing;

use std::time::Instant;

use chrono::{DateTime, Utc};
use rollcall_domain::{
    Database, Error,
    check::Report,
    watch::{self, Call},
};
use serde::Deserialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::{
    Deadline, Environment, Failure, Invocation, SettingsError,
    aws::s3::Bucket,
    channels::{self, Channels},
    metrics::Metrics,
    payload,
    settings::DATABASE_SECRETS,
};
use outgoing::Outgoing;

const FUNCTION_NAME: &str = "AWS_LAMBDA_FUNCTION_NAME";

/// What may be named by the ARN of a secret.
pub const SECRETS: [&str; 3] = [DATABASE_SECRETS[0], DATABASE_SECRETS[1], channels::SECRET];

/// What a caller can ask for. A schedule asks for nothing in particular, and gets both.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    heal: Option<bool>,
    alert: Option<bool>,
}

/// An event of EventBridge's: of a rule or of a schedule.
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
}

/// Which of the two checks a function makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Everything, once a night.
    Full,
    /// A look, every minute.
    Pulse,
}

/// What stays the same from one event to the next.
#[derive(Debug)]
pub struct App {
    kind: Kind,
    /// What it is called where it runs: two stacks in one account have metrics of their own.
    function: String,
    database: Database,
    channels: Channels,
    /// Where the reports go that alerts link to, if anywhere.
    bucket: Option<Bucket>,
}

impl App {
    /// Reads the settings; connects to nothing yet. `function` is the crate's name.
    pub fn new(
        kind: Kind,
        function: &'static str,
        environment: &Environment,
    ) -> Result<Self, SettingsError> {
        let application_name = format!("rollcall {function}");
        let channels = Channels::from_environment(environment)?;
        let bucket = outgoing::bucket(environment)?;
        let no_bucket = bucket.is_none().then(|| outgoing::NO_BUCKET.to_owned());
        for sentence in channels.missing().into_iter().chain(no_bucket) {
            tracing::info!("{sentence}");
        }
        Ok(Self {
            kind,
            function: environment
                .optional(FUNCTION_NAME)?
                .unwrap_or_else(|| function.to_owned()),
            database: environment.database(&application_name)?,
            channels,
            bucket,
        })
    }

    /// Answers one event, and writes what it measured to `out`, which is standard output. `clock`
    /// and `new_id` are the caller's.
    pub async fn handle(
        &self,
        invocation: Invocation,
        clock: impl Fn() -> DateTime<Utc>,
        new_id: impl Fn() -> Uuid,
        out: &mut impl std::io::Write,
    ) -> Result<Report, Failure> {
        let begun = Instant::now();
        let now = clock();
        let request = Request::read(&invocation.payload)?;
        let deadline = Deadline::new(&invocation.context, now);
        self.channels.look_for_addresses().await;
        let names = self.channels.names();
        let channels = names.into_iter().map(str::to_owned).collect::<Vec<_>>();
        let call = Call {
            run_id: new_id(),
            now,
            heal: request.heal.unwrap_or(true),
            alert: request.alert.unwrap_or(true),
            channels: &channels,
            new_id: &new_id,
            elapsed_ms: &|| u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
            remaining: &|| deadline.remaining(clock()),
        };
        let outgoing = Outgoing {
            channels: &self.channels,
            bucket: self.bucket.as_ref(),
            database: &self.database,
            run_id: call.run_id,
            clock: &clock,
        };
        let answer = match self.kind {
            Kind::Full => Box::pin(watch::check(&self.database, &call, &outgoing)).await,
            Kind::Pulse => Box::pin(watch::pulse(&self.database, &call, &outgoing)).await,
        };
        self.measure(&answer, now, out);
        let report = answer?;
        // Nobody reads the answer to a schedule.
        for alert in report.alerts.iter().filter(|alert| !alert.sent) {
            tracing::error!(
                channel = alert.channel,
                error = alert.error,
                "an alert was not sent"
            );
        }
        tracing::info!(
            run_id = %report.run_id,
            status = ?report.status,
            severity = ?report.severity,
            ghosts = report.counts.ghosts,
            healed = report.healed.created,
            trigger = report.trigger.as_ref().map(|trigger| trigger.state.name()),
            cause = report.cause.as_ref().map(|cause| cause.kind.as_str()),
            duration_ms = report.duration_ms,
            "checked"
        );
        Ok(report)
    }

    /// The alarm over a heartbeat that stays away is how people learn that nobody looks any more,
    /// so a run that could not look has none.
    fn measure(
        &self,
        answer: &Result<Report, Error>,
        now: DateTime<Utc>,
        out: &mut impl std::io::Write,
    ) {
        let metrics = match answer {
            Ok(report) => Metrics {
                counts: report.counts,
                unhealed_ghosts: report.unhealed_ghosts,
                oldest_ghost_seconds: report.oldest_ghost_seconds,
                duration_ms: Some(report.duration_ms),
                healed: Some(report.healed),
                status: Some(report.status),
                alerts_unsent: Some(report.alerts.iter().filter(|alert| !alert.sent).count()),
                database_unreachable: Some(false),
                heartbeat: true,
            },
            Err(error) => Metrics {
                database_unreachable: Some(error.is_silence()),
                ..Metrics::default()
            },
        };
        metrics.write(&self.function, now, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Kind as FailureKind;

    fn read(event: &str) -> Result<Request, Failure> {
        Request::read(&RawValue::from_string(event.to_owned()).unwrap())
    }

    #[test]
    fn both_forms_of_an_eventbridge_event_and_an_empty_one_are_read() {
        for event in [
            "{}",
            r#"{"version":"0","id":"a","detail-type":"Scheduled Event","source":"aws.events","account":"1","time":"2026-11-20T02:00:00Z","region":"eu-central-1","resources":[],"detail":{}}"#,
            r#"{"version":"0","id":"a","detail-type":"Scheduled Event","source":"aws.scheduler","account":"1","time":"2026-11-20T02:00:00Z","region":"eu-central-1","resources":[],"detail":"{}"}"#,
        ] {
            assert_eq!(read(event).unwrap(), Request::default());
        }
        let request = read(r#"{"heal": false, "alert": true}"#).unwrap();
        assert_eq!((request.heal, request.alert), (Some(false), Some(true)));
    }

    #[test]
    fn what_it_does_not_know_is_refused_by_name() {
        for (event, word) in [
            (r#"{"hael": true}"#, "hael"),
            (r#"{"heal": "yes"}"#, "heal"),
            ("[1]", "event"),
        ] {
            let failure = read(event).unwrap_err();
            assert_eq!(failure.kind(), FailureKind::BadRequest);
            assert!(failure.to_string().contains(word), "{failure}");
        }
    }
}
