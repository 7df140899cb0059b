//! Every minute, this function looks at what costs little, and at everything when that looks wrong.

use std::{io::stdout, process::ExitCode};

use chrono::Utc;
use pulse::app;
use rollcall_lambda::scheduled::SECRETS;
use uuid::Uuid;

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
        app,
        async |app, event| {
            app.handle(event, Utc::now, Uuid::new_v4, &mut stdout())
                .await
        },
    )
    .await
}
