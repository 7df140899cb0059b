use std::sync::{Arc, Mutex};

use serde_json::Value;

use super::*;

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Written {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

fn written(json: bool, targets: Targets, log: impl FnOnce()) -> String {
    let written = Written::default();
    let writer = written.clone();
    tracing::subscriber::with_default(subscriber(json, targets, move || writer.clone()), log);
    written.text()
}

fn problem(variable: &'static str, value: &'static str) -> String {
    targets(&Environment::of([(variable, value)]), "signup_webhook")
        .unwrap_err()
        .to_string()
}

#[test]
fn a_json_line_has_a_timestamp_its_fields_and_the_current_span() {
    let line = written(true, levels("signup_webhook", LevelFilter::INFO), || {
        let span = tracing::info_span!(
            target: "lambda_runtime::layers::trace", "Lambda runtime invoke", requestId = "7"
        );
        let _entered = span.enter();
        tracing::warn!(target: "signup_webhook", outcome = "created", "answered");
    });
    let line: Value = serde_json::from_str(&line).unwrap();
    let timestamp = line["timestamp"].as_str().unwrap();
    assert!(chrono::DateTime::parse_from_rfc3339(timestamp).is_ok());
    assert_eq!(line["level"], "WARN");
    assert_eq!(line["message"], "answered");
    assert_eq!(line["outcome"], "created");
    assert_eq!(line["span"]["requestId"], "7");
}

#[test]
fn an_error_line_keeps_its_request_id_when_info_is_off() {
    let line = written(true, levels("signup_webhook", LevelFilter::ERROR), || {
        let span = tracing::info_span!(
            target: "lambda_runtime::layers::trace", "Lambda runtime invoke", requestId = "7"
        );
        let _entered = span.enter();
        tracing::info!(target: "signup_webhook", "not written");
        tracing::error!(target: "signup_webhook", "written");
    });
    assert_eq!(line.lines().count(), 1);
    assert!(line.contains(r#""requestId":"7""#), "{line}");
}

#[test]
fn a_line_is_plain_text_where_lambda_did_not_ask_for_json() {
    let line = written(false, levels("backfill", LevelFilter::INFO), || {
        tracing::info!(target: "backfill", users = 3, "planned");
    });
    assert!(
        line.trim_end().ends_with("INFO backfill: planned users=3"),
        "{line}"
    );
}

#[test]
fn no_level_makes_a_library_show_requests() {
    let environment = Environment::of([("AWS_LAMBDA_LOG_LEVEL", "TRACE")]);
    let text = written(
        true,
        targets(&environment, "signup_webhook").unwrap(),
        || {
            tracing::trace!(target: "lambda_runtime::layers::api_response", body = "{}", "raw");
            tracing::debug!(target: "hyper::proto", "headers");
            tracing::trace!(target: "signup_webhook::event", "own");
            tracing::trace!(target: "rollcall_domain::database", "own");
        },
    );
    assert_eq!(text.lines().count(), 2, "{text}");
}

#[test]
fn lambdas_level_goes_before_rust_log() {
    let environment = Environment::of([("AWS_LAMBDA_LOG_LEVEL", "FATAL"), ("RUST_LOG", "debug")]);
    let text = written(false, targets(&environment, "backfill").unwrap(), || {
        tracing::warn!(target: "backfill", "not written");
        tracing::error!(target: "backfill", "written");
    });
    assert_eq!(text.lines().count(), 1, "{text}");
}

#[test]
fn a_level_that_cannot_be_understood_or_obeyed_is_named() {
    assert_eq!(
        problem("AWS_LAMBDA_LOG_LEVEL", "LOUD"),
        "AWS_LAMBDA_LOG_LEVEL is not one of TRACE, DEBUG, INFO, WARN, ERROR, FATAL"
    );
    assert_eq!(
        problem("RUST_LOG", "info,hyper=debug"),
        "RUST_LOG asks for debug of `hyper`, but only Rollcall's own lines go below info: \
         a library's would show whole requests"
    );
    assert!(problem("RUST_LOG", "a=b=c").starts_with("RUST_LOG is neither a level"));
    for fine in [
        "debug",
        "warn,rollcall=trace",
        "info,sqlx=warn",
        "signup_webhook=debug",
    ] {
        assert!(targets(&Environment::of([("RUST_LOG", fine)]), "signup_webhook").is_ok());
    }
}
