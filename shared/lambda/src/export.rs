//! The affected-user list of a run, in the bucket: `affected/<run>.csv`, and beside it the draft of
//! a message to the people on it.

mod sink;

use std::time::Duration;

use chrono::{DateTime, Utc};
use rollcall_domain::{Database, affected::List, run::Stop};
use serde::Serialize;
use uuid::Uuid;

use crate::{
    Environment, Failure, SettingsError,
    aws::s3::{Bucket, NotStored},
};
use sink::Sink;

/// How long S3 may take for one part.
const TO_PUT: Duration = Duration::from_secs(30);
/// Kept free of the time that is left: to give up, and to say so.
const MARGIN: Duration = Duration::from_secs(5);

const CSV: &str = "text/csv; charset=utf-8";
const MARKDOWN: &str = "text/markdown; charset=utf-8";

/// Where the list is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Export {
    /// The bucket's name.
    pub bucket: String,
    /// The list's key.
    pub key: String,
}

/// Why there is no list.
enum Problem {
    Stopped(Stop),
    NotStored(NotStored),
    NoMessage(rollcall_report::Error),
    NoTime { was_short: bool },
}

/// Where lists go to.
#[derive(Debug)]
pub struct Exports(Option<Bucket>);

impl Exports {
    /// Reads the settings; calls nobody yet.
    pub fn from_environment(environment: &Environment) -> Result<Self, SettingsError> {
        Bucket::for_exports(environment, TO_PUT).map(Self)
    }

    /// The bucket, which has to be there for whoever wants a list.
    pub fn bucket(&self) -> Result<&Bucket, Failure> {
        self.0.as_ref().ok_or_else(|| {
            Failure::misconfigured(
                "EXPORT_BUCKET is not set, and export was asked for: set it to the name of a \
                 bucket, or write the list on the terminal with `rollcall repair export <run>`; \
                 nothing has been done",
            )
        })
    }
}

/// Writes the list of a finished run into the bucket, within the `time` that is left of the
/// `budget`, if there is one.
pub async fn export(
    database: &Database,
    bucket: &Bucket,
    run_id: Uuid,
    time: Option<Time>,
    clock: impl Fn() -> DateTime<Utc>,
) -> Result<Export, Failure> {
    let key = format!("affected/{run_id}.csv");
    let mut sink = Sink::new(bucket, &key, CSV);
    let work = async {
        let list = fill(database, run_id, &mut sink, &clock).await?;
        let tally = list.tally();
        if list.has_message() {
            let message = rollcall_report::message(run_id, tally).map_err(Problem::NoMessage)?;
            let beside = format!("affected/{run_id}.md");
            let put = bucket.put(&beside, MARKDOWN, message, clock());
            put.await.map_err(Problem::NotStored)?;
        }
        Ok(tally.users)
    };
    let done = match time {
        Some(time) => tokio::time::timeout(time.left.saturating_sub(MARGIN), work)
            .await
            .unwrap_or(Err(Problem::NoTime {
                was_short: time.left < time.budget / 2,
            })),
        None => work.await,
    };
    match done {
        Ok(users) => {
            tracing::info!(%run_id, bucket = bucket.name(), key, users, "exported");
            let bucket = bucket.name().to_owned();
            Ok(Export { bucket, key })
        }
        Err(problem) => {
            sink.give_up(clock()).await;
            Err(problem.of(run_id))
        }
    }
}

/// The time of an invocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Time {
    /// All that it had.
    pub budget: Duration,
    /// What is left.
    pub left: Duration,
}

async fn fill(
    database: &Database,
    run_id: Uuid,
    sink: &mut Sink<'_>,
    clock: &impl Fn() -> DateTime<Utc>,
) -> Result<List, Problem> {
    let stopped = |error: rollcall_domain::Error| Problem::Stopped(error.into());
    let mut list = List::of(database, run_id).await.map_err(Problem::Stopped)?;
    while list
        .write_next(database, sink.room())
        .await
        .map_err(stopped)?
    {
        sink.send_full(clock()).await.map_err(Problem::NotStored)?;
    }
    sink.finish(clock()).await.map_err(Problem::NotStored)?;
    Ok(list)
}

impl Problem {
    /// What a caller is told: the run itself is in no danger.
    fn of(self, run_id: Uuid) -> Failure {
        let failure = match self {
            // About the run that was named, not about its list.
            Self::Stopped(stop @ (Stop::BadRequest(_) | Stop::Rejected(_))) => return stop.into(),
            Self::NoTime { was_short: false } => {
                return Failure::rejected(format!(
                    "the list of run {run_id} is too long for one call: raise the function's \
                     timeout, or write the list on the terminal with `rollcall repair export \
                     {run_id}`; the run has ended and its profiles are there"
                ));
            }
            Self::NoTime { was_short: true } => {
                Failure::unavailable("the time of this call was up before the list was written")
            }
            Self::Stopped(stop) => stop.into(),
            Self::NotStored(problem) if problem.is_retryable() => {
                Failure::unavailable(problem.to_string())
            }
            Self::NotStored(problem) => Failure::misconfigured(problem.to_string()),
            Self::NoMessage(error) => Failure::internal(error.to_string()),
        };
        failure.going_on(format_args!(
            "; run {run_id} has ended and its profiles are there, only the list is not: mend that \
             if it does not pass by itself, and the same call with \"run_id\": \"{run_id}\" and \
             \"export\": true writes the list and nothing else"
        ))
    }
}
