//! Diagnose: what a violated foreign key, or one user, is about, and the call that mends it.
//!
//! It only reads. Nothing of the text that it is asked about is logged, or told to anybody.

mod request;

use rollcall_domain::{
    Database,
    diagnose::{self, Diagnosis},
};
use rollcall_lambda::{Environment, Failure, Invocation, SettingsError};

/// What stays the same from one event to the next.
#[derive(Debug)]
pub struct App {
    database: Database,
}

impl App {
    /// Reads the settings; connects to nothing yet.
    pub fn from_environment(environment: &Environment) -> Result<Self, SettingsError> {
        Ok(Self {
            database: environment.database("rollcall diagnose")?,
        })
    }
}

/// Answers one event.
pub async fn handle(app: &App, invocation: &Invocation) -> Result<Diagnosis, Failure> {
    let question = request::read(&invocation.payload)?;
    let answer = diagnose::diagnose(&app.database, &question).await?;
    tracing::info!(
        user_id = answer.user_id.map(tracing::field::display),
        cause = answer.cause.kind,
        in_auth = answer.in_auth,
        has_profile = answer.has_profile,
        "diagnosed"
    );
    Ok(answer)
}
