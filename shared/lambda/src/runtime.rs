//! From the start of the process to the answer of each event.

use std::{
    panic::{self, AssertUnwindSafe},
    process::ExitCode,
    time::Duration,
};

use futures_util::FutureExt;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use lambda_runtime_api_client::{Client, body::Body, build_request};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::{Environment, Failure, SettingsError, logging, secrets::Clock};

/// One event, as it came. Reading it is the function's own, so that a malformed one is answered
/// in the function's words and not in the runtime's.
pub type Invocation = LambdaEvent<Box<RawValue>>;

const RUNTIME_API: &str = "AWS_LAMBDA_RUNTIME_API";

/// Reads the settings, then answers events until Lambda ends the process.
///
/// `function` is the crate's name, and `secrets` are the variables that may name a secret by its
/// ARN. A variable that is missing or malformed, or whose secret cannot be read, ends the process
/// with one sentence, in the log and as Lambda's init error.
pub async fn serve<App, Answer: Serialize>(
    function: &str,
    secrets: &[&'static str],
    clock: Clock,
    configure: impl FnOnce(&Environment) -> Result<App, SettingsError>,
    handle: impl AsyncFn(&App, Invocation) -> Result<Answer, Failure>,
) -> ExitCode {
    let mut environment = Environment::of_process();
    let app = match begin(&mut environment, function, secrets, clock, configure).await {
        Ok(app) => app,
        Err(failure) => {
            failure.log();
            report(&environment, failure).await;
            return ExitCode::FAILURE;
        }
    };
    log_panics();
    let events = service_fn(|event| answer(&app, &handle, event));
    if let Err(error) = lambda_runtime::run(events).await {
        tracing::error!(error = %error, "the Lambda Runtime API cannot be reached any more");
    }
    ExitCode::FAILURE
}

/// Everything that is read once.
async fn begin<App>(
    environment: &mut Environment,
    function: &str,
    secrets: &[&'static str],
    clock: Clock,
    configure: impl FnOnce(&Environment) -> Result<App, SettingsError>,
) -> Result<App, Failure> {
    logging::install(environment, function)?;
    environment.read_secrets(secrets, clock).await?;
    let app = configure(environment).map_err(|error| environment.secrets().explain(error))?;
    runs_in_lambda(environment)?;
    Ok(app)
}

/// One event's answer. A failure is logged here, once.
async fn answer<App, Answer>(
    app: &App,
    handle: &impl AsyncFn(&App, Invocation) -> Result<Answer, Failure>,
    event: Invocation,
) -> Result<Answer, Diagnostic> {
    // Left to the runtime, a panic would have a type name of Rust's for its errorType.
    match AssertUnwindSafe(handle(app, event)).catch_unwind().await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(failure)) => {
            failure.log();
            Err(failure.into())
        }
        Err(_panic) => Err(Failure::internal(
            "a bug stopped this function; the log line before this one says where, please report it",
        )
        .into()),
    }
}

/// Says where the code panicked, but not with which words: they may quote data.
fn log_panics() {
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, "panicked");
    }));
}

/// The runtime panics without these, which says less.
fn runs_in_lambda(environment: &Environment) -> Result<(), SettingsError> {
    for name in [
        RUNTIME_API,
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    ] {
        if environment.optional(name)?.is_none() {
            return Err(SettingsError::new(
                name,
                "is not set: this program runs inside AWS Lambda, or under `rollcall up`",
            ));
        }
    }
    Ok(())
}

/// Tells Lambda why this process does not start. Where Lambda cannot be told, the log has it.
async fn report(environment: &Environment, failure: Failure) {
    let Ok(Some(address)) = environment.optional(RUNTIME_API) else {
        return;
    };
    let sent = tokio::time::timeout(Duration::from_secs(2), post_init_error(&address, failure));
    if let Ok(Err(error)) | Err(error) = sent.await.map_err(Into::into) {
        tracing::warn!(error = %error, "the init error could not be reported to Lambda");
    }
}

async fn post_init_error(address: &str, failure: Failure) -> Result<(), lambda_runtime::Error> {
    let error_type = failure.kind().as_str();
    let body = serde_json::to_vec(&Diagnostic::from(failure))?;
    let request = build_request()
        .method("POST")
        .uri("/2018-06-01/runtime/init/error")
        .header("lambda-runtime-function-error-type", error_type)
        .body(Body::from(body))?;
    let address = address.parse()?;
    Client::builder()
        .with_endpoint(address)
        .build()?
        .call(request)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests;
