//! An operator asks this function what an error is about.

use std::process::ExitCode;

use chrono::Utc;
use diagnose::{App, handle};
use rollcall_lambda::settings::DATABASE_SECRETS;

#[tokio::main(flavor = "current_thread")]
#[expect(
    clippy::disallowed_methods,
    reason = "main reads the clock for everybody else"
)]
async fn main() -> ExitCode {
    rollcall_lambda::serve(
        env!("CARGO_PKG_NAME"),
        &DATABASE_SECRETS,
        Utc::now,
        App::from_environment,
        async |app, event| handle(app, &event).await,
    )
    .await
}
