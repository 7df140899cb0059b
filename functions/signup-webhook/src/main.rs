//! Supabase tells about one auth user; this function ensures that user's profile.

use std::process::ExitCode;

use chrono::Utc;
use signup_webhook::{App, SECRETS, handle};

#[tokio::main(flavor = "current_thread")]
#[expect(
    clippy::disallowed_methods,
    reason = "main reads the clock for everybody else"
)]
async fn main() -> ExitCode {
    rollcall_lambda::serve(
        env!("CARGO_PKG_NAME"),
        &SECRETS,
        Utc::now,
        App::from_environment,
        async |app, event| handle(app, event, Utc::now()).await,
    )
    .await
}
