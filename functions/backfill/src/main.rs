//! An operator, or a state machine, has this function create the profiles that are missing.

use std::process::ExitCode;

use backfill::{App, handle};
use chrono::Utc;
use rollcall_lambda::settings::DATABASE_SECRETS;
use uuid::Uuid;

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
        async |app, event| handle(app, event, Utc::now, Uuid::new_v4).await,
    )
    .await
}
