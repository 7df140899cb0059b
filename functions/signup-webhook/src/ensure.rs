//! From an event to an answer: the database does the work, this says what became of it.

use std::time::Instant;

use aws_lambda_events::event::lambda_function_urls::LambdaFunctionUrlResponse;
use rollcall_domain::{
    Database, Error, Limit,
    profile::{self, Ensured},
};
use rollcall_lambda::{Failure, failure::chain};
use serde::Serialize;
use tokio::time::timeout;
use uuid::Uuid;

use crate::{
    answer::{self, Refusal, milliseconds_since},
    event::{Event, Kind},
};

const DOING: &str = "ensuring a profile";

/// The webhook's own outcomes, beside those of the database.
#[derive(Serialize)]
#[serde(untagged)]
enum Told {
    Ensured(Ensured),
    Own {
        user_id: Uuid,
        outcome: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<&'static str>,
    },
}

/// Answers an authentic event.
///
/// An Auth Hook is always answered with success: the user exists by then, and an error would tell
/// a person that the signup failed. What could not be done is logged, and the pulse does it.
pub(crate) async fn answer(
    database: &Database,
    event: Event,
    begun: Instant,
) -> Result<LambdaFunctionUrlResponse, Failure> {
    if event.kind == Kind::BeforeUserCreated {
        // There is no row yet, and the id may not be the one that it gets.
        return Ok(tell(event, begun, &own(event, "ignored", None)));
    }
    let ensured = timeout(
        event.kind.patience().saturating_sub(begun.elapsed()),
        ensure(database, event),
    );
    let ensured = ensured.await.unwrap_or_else(|_late| Err(late(event)));
    match ensured {
        Ok(ensured) => Ok(tell(event, begun, &Told::Ensured(ensured))),
        Err(error) if event.kind.is_auth_hook() => {
            log(event, begun, &error);
            Ok(answer::ok(&own(event, "deferred", Some(reason(&error)))))
        }
        // Also where Rollcall is not installed: whoever sends again later is served once it is.
        Err(error) => {
            log(event, begun, &error);
            Ok(Refusal::OutOfReach(error.to_string()).answer())
        }
    }
}

/// The limit of the transaction bounds the connection, too, so that it bounds the answer.
async fn ensure(database: &Database, event: Event) -> Result<Ensured, Error> {
    let Event { kind, user_id } = event;
    database
        .transaction(Limit::Interactive, DOING, async |connection| match kind {
            Kind::Delete => profile::remove(connection, user_id).await,
            _ => profile::ensure(connection, user_id).await,
        })
        .await
}

fn late(event: Event) -> Error {
    Error::TooSlow {
        doing: DOING,
        limit_ms: u64::try_from(event.kind.patience().as_millis()).unwrap_or(u64::MAX),
    }
}

fn own(event: Event, outcome: &'static str, reason: Option<&'static str>) -> Told {
    Told::Own {
        user_id: event.user_id,
        outcome,
        reason,
    }
}

fn reason(error: &Error) -> &'static str {
    match error {
        error if error.is_unreachable() => "database_unreachable",
        // A statement timeout, or a wait for others.
        Error::TooSlow { .. } | Error::Query { .. } if error.is_retryable() => "database_too_slow",
        Error::NotInstalled { .. } => "not_installed",
        _ => "database_error",
    }
}

/// Writes the one log line of an event that was worked on.
fn tell(event: Event, begun: Instant, told: &Told) -> LambdaFunctionUrlResponse {
    // The words as they are sent: the log and the answer cannot differ.
    let words = serde_json::to_value(told).unwrap_or_default();
    tracing::info!(
        user_id = %event.user_id,
        event = event.kind.as_str(),
        outcome = words["outcome"].as_str(),
        reason = words["reason"].as_str(),
        duration_ms = milliseconds_since(begun),
        "event answered"
    );
    answer::ok(told)
}

/// Writes the one log line of an event that the database did not let be worked on.
fn log(event: Event, begun: Instant, error: &Error) {
    tracing::error!(
        user_id = %event.user_id,
        event = event.kind.as_str(),
        outcome = if event.kind.is_auth_hook() { "deferred" } else { "unavailable" },
        reason = reason(error),
        error = chain(error),
        duration_ms = milliseconds_since(begun),
        "database out of reach"
    );
}
