//! The signup webhook: an event about one auth user comes in, and the user's profile is ensured.
//!
//! An event is only a hint. It is authenticated, the user's id is taken from it, and the database
//! works out the rest from `auth.users` itself; so an event may come twice, late, out of order, or
//! with a body that is out of date.

mod answer;
mod credentials;
mod ensure;
mod event;
mod pick;
mod request;
mod signature;
mod token;

use std::{fmt, time::Instant};

use aws_lambda_events::event::lambda_function_urls::LambdaFunctionUrlResponse;
use chrono::{DateTime, Utc};
use rollcall_domain::Database;
use rollcall_lambda::{
    Environment, Failure, Invocation, SettingsError, settings::DATABASE_SECRETS,
};

use crate::{
    answer::Refusal,
    credentials::Credentials,
    event::Event,
    request::{Request, Unreadable},
};

/// What may be named by the ARN of a secret.
pub const SECRETS: [&str; 4] = [
    DATABASE_SECRETS[0],
    DATABASE_SECRETS[1],
    credentials::SECRETS,
    credentials::TOKENS,
];

/// What stays the same from one event to the next.
pub struct App {
    credentials: Credentials,
    database: Database,
}

impl App {
    /// Reads the settings; connects to nothing yet.
    pub fn from_environment(environment: &Environment) -> Result<Self, SettingsError> {
        Ok(Self {
            credentials: Credentials::from_environment(environment)?,
            database: environment.database("rollcall signup-webhook")?,
        })
    }
}

impl fmt::Debug for App {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("App").finish_non_exhaustive()
    }
}

/// Answers one HTTP request, which came in at `now`.
///
/// It throws only what trying again would not mend: an event that is no HTTP request, and a
/// database that Rollcall is not installed in.
pub async fn handle(
    app: &App,
    invocation: Invocation,
    now: DateTime<Utc>,
) -> Result<LambdaFunctionUrlResponse, Failure> {
    let begun = Instant::now();
    let request = Request::read(&invocation.payload)?;
    // A body may be megabytes, and it is all in `request` now.
    drop(invocation);
    match accept(app, &request, now).await {
        Ok(event) => ensure::answer(&app.database, event, begun).await,
        Err(refusal) => {
            refusal.log(begun);
            Ok(refusal.answer())
        }
    }
}

/// The event in the request, if all is well with it. Nothing of the body is looked at before it
/// is known to be authentic.
async fn accept(app: &App, request: &Request, now: DateTime<Utc>) -> Result<Event, Refusal> {
    if !request.is_post() {
        return Err(Refusal::Method);
    }
    let body = request.body();
    if matches!(body, Err(Unreadable::TooLarge)) {
        return Err(Refusal::TooLarge);
    }
    let bytes = body.as_deref().unwrap_or_default();
    app.credentials
        .check(request, bytes, now)
        .await
        .map_err(Refusal::NotAuthentic)?;
    if body.is_err() {
        return Err(Refusal::Malformed(
            "the body is not base64, though the event says so",
        ));
    }
    Event::parse(bytes)
}
