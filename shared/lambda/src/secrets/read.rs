//! One secret, asked for.

use std::time::Duration;

use chrono::{DateTime, Utc};
use http::{Request, header::CONTENT_TYPE};
use hyper::body::Bytes;
use serde::{Deserialize, de::IgnoredAny};
use serde_json::json;
use tokio::time::{Instant, sleep, timeout};

use super::{Clock, fault::Fault};
use crate::{
    Secret,
    aws::{Client, NoAnswer},
};

/// How long one question may take at the start.
pub(super) const LIMIT: Duration = Duration::from_secs(2);

/// How long asking goes on at the start. Lambda allows ten seconds for all of it.
const PATIENCE: Duration = Duration::from_secs(6);

/// The first wait before asking again; the next is always twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(100);

/// What `GetSecretValue` answers, as far as it matters.
#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "SecretString")]
    text: Option<String>,
    #[serde(rename = "SecretBinary")]
    binary: Option<IgnoredAny>,
}

/// Asks until there is an answer that does not pass by itself, or the time is up.
pub(super) async fn patiently(client: &Client, arn: &str, clock: Clock) -> Result<Secret, Fault> {
    let begun = Instant::now();
    let mut wait = FIRST_WAIT;
    loop {
        let fault = match once(client, arn, clock(), LIMIT).await {
            Err(fault) if fault.passes() => fault,
            certain => return certain,
        };
        if begun.elapsed() + wait + LIMIT > PATIENCE {
            return Err(fault);
        }
        sleep(wait).await;
        wait *= 2;
    }
}

/// Asks once.
pub(super) async fn once(
    client: &Client,
    arn: &str,
    now: DateTime<Utc>,
    limit: Duration,
) -> Result<Secret, Fault> {
    let request = Request::post("/")
        .header(CONTENT_TYPE, "application/x-amz-json-1.1")
        .header("x-amz-target", "secretsmanager.GetSecretValue")
        .body(Bytes::from(json!({ "SecretId": arn }).to_string()))
        .map_err(|error| Fault::Unanswered(NoAnswer::Unasked(error.to_string())))?;
    let answer = timeout(limit, client.send(request, now))
        .await
        .unwrap_or(Err(NoAnswer::Late(limit)))
        .map_err(Fault::Unanswered)?;
    if !answer.status().is_success() {
        return Err(Fault::of(&answer));
    }
    let answer: Answer =
        serde_json::from_slice(answer.body()).map_err(|_| Fault::Unintelligible)?;
    match answer {
        Answer { text: None, binary } => Err(match binary {
            Some(_) => Fault::Binary,
            None => Fault::Unintelligible,
        }),
        Answer {
            text: Some(text), ..
        } => match text.trim() {
            "" => Err(Fault::Empty),
            text => Ok(Secret::from(text.to_owned())),
        },
    }
}
