//! The list of a run's users, once the run has ended.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use rollcall_domain::{Database, backfill::Answer};
use rollcall_lambda::{
    Failure,
    aws::s3::Bucket,
    export::{Export, Exports, Time, export},
};
use serde_json::{Value, json};

use crate::request::{Mode, Request};

/// Where the list goes to, if one was asked for. A preview has none, because nobody has been
/// touched.
pub(crate) fn bucket<'e>(
    exports: &'e Exports,
    request: &Request,
) -> Result<Option<&'e Bucket>, Failure> {
    let is_wanted = request.export && request.mode != Mode::Preview;
    is_wanted.then(|| exports.bucket()).transpose()
}

/// Writes the list of a run that has ended; of another there is none yet. The call came in at `now`,
/// and has used up of its `budget` what has passed since it `begun`.
pub(crate) async fn write(
    database: &Database,
    bucket: &Bucket,
    answer: &Answer,
    now: DateTime<Utc>,
    begun: Instant,
    budget: Option<Duration>,
) -> Result<Option<Value>, Failure> {
    if !answer.has_ended() {
        return Ok(None);
    }
    let time = budget.map(|budget| Time {
        budget,
        left: budget.saturating_sub(begun.elapsed()),
    });
    let clock = || now + begun.elapsed();
    let Export { bucket, key } = export(database, bucket, answer.run_id, time, clock).await?;
    Ok(Some(json!({ "bucket": bucket, "key": key })))
}
