//! An operator asks this function what an error is about.

use std::process::ExitCode;

use diagnose::{App, handle};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    rollcall_lambda::serve(
        env!("CARGO_PKG_NAME"),
        App::from_environment,
        async |app, event| handle(app, &event).await,
    )
    .await
}
