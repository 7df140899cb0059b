//! The HTTP answers: what became of the user, or why the request was refused.

use std::time::Instant;

use aws_lambda_events::event::lambda_function_urls::LambdaFunctionUrlResponse;
use http::{
    HeaderValue,
    header::{ALLOW, CONTENT_TYPE, RETRY_AFTER},
};
use serde::Serialize;

/// Why a request gets no 200.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// It is no POST.
    Method,
    /// Its body is over 5 MiB.
    TooLarge,
    /// Nobody known sent it; the words are for the log.
    NotAuthentic(&'static str),
    /// Its body cannot be read.
    Malformed(&'static str),
    /// It is about another table, or another hook.
    NotOurs(&'static str),
    /// The database is out of reach; the words are the cause.
    OutOfReach(String),
}

#[derive(Serialize)]
struct Refused<'a> {
    code: &'a str,
    message: &'a str,
}

impl Refusal {
    fn status(&self) -> i64 {
        match self {
            Self::Malformed(_) => 400,
            Self::NotAuthentic(_) => 401,
            Self::Method => 405,
            Self::TooLarge => 413,
            Self::NotOurs(_) => 422,
            Self::OutOfReach(_) => 503,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::NotAuthentic(_) => "not_authentic",
            Self::Method => "method_not_allowed",
            Self::TooLarge => "too_large",
            Self::NotOurs(_) => "not_ours",
            Self::OutOfReach(_) => "unavailable",
        }
    }

    fn message(&self) -> &str {
        match self {
            Self::Method => "only POST is answered here",
            Self::TooLarge => "the body is larger than 5 MiB",
            // Always the same, so that guessing teaches nothing.
            Self::NotAuthentic(_) => {
                "the request is not authentic: sign it as Standard Webhooks does, or send \
                 x-rollcall-token"
            }
            Self::Malformed(message) | Self::NotOurs(message) => message,
            Self::OutOfReach(cause) => cause,
        }
    }

    pub(crate) fn answer(&self) -> LambdaFunctionUrlResponse {
        let refused = Refused {
            code: self.code(),
            message: self.message(),
        };
        let mut response = response(self.status(), &refused);
        match self {
            Self::Method => {
                response
                    .headers
                    .insert(ALLOW, HeaderValue::from_static("POST"));
            }
            Self::OutOfReach(_) => {
                response
                    .headers
                    .insert(RETRY_AFTER, HeaderValue::from_static("5"));
            }
            _ => {}
        }
        response
    }

    /// Writes the one log line of a request that was refused before it was known to be about
    /// anybody.
    pub(crate) fn log(&self, begun: Instant) {
        let reason = match self {
            Self::NotAuthentic(why) => why,
            other => other.message(),
        };
        tracing::warn!(
            status = self.status(),
            code = self.code(),
            reason,
            duration_ms = milliseconds_since(begun),
            "request refused"
        );
    }
}

/// A 200 that says what became of the user.
pub(crate) fn ok(body: &impl Serialize) -> LambdaFunctionUrlResponse {
    response(200, body)
}

pub(crate) fn milliseconds_since(begun: Instant) -> u64 {
    u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX)
}

fn response(status: i64, body: &impl Serialize) -> LambdaFunctionUrlResponse {
    let body = serde_json::to_string(body).expect("strings and ids become JSON");
    let mut response = LambdaFunctionUrlResponse::default();
    response.status_code = status;
    // Without it, Supabase takes the answer of a hook for an error.
    let json = HeaderValue::from_static("application/json");
    response.headers.insert(CONTENT_TYPE, json);
    response.body = Some(body);
    response
}
