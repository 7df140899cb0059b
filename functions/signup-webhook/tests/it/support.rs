use aws_lambda_events::event::lambda_function_urls::LambdaFunctionUrlResponse;
use chrono::{DateTime, Utc};
use lambda_runtime::Context;
use rollcall_lambda::{Environment, Failure, Invocation, SettingsError};
use serde_json::{Value, json, value::RawValue};
use signup_webhook::{App, handle};

pub(crate) const TOKEN: &str = "a-token-of-enough-characters";
pub(crate) const ID: &str = "6b9f8f3e-2c1d-4e4b-9a3e-0f6f0d5c1a2b";

/// Refuses every connection at once.
pub(crate) const NOBODY: &str = "postgres://rollcall:hunter2@127.0.0.1:1/app";

pub(crate) fn now() -> DateTime<Utc> {
    at(1_795_164_022)
}

pub(crate) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap()
}

pub(crate) fn app(variables: &[(&str, &str)]) -> Result<App, SettingsError> {
    let url = [("DATABASE_URL", NOBODY)];
    let variables = url.iter().chain(variables);
    App::from_environment(&Environment::of(variables.copied()))
}

pub(crate) fn app_with_token() -> App {
    app(&[("WEBHOOK_TOKENS", TOKEN)]).unwrap()
}

pub(crate) fn request(body: &str) -> Value {
    json!({
        "version": "2.0",
        "requestContext": {"http": {"method": "POST", "path": "/"}},
        "headers": {"x-rollcall-token": TOKEN},
        "body": body,
        "isBase64Encoded": false,
    })
}

pub(crate) fn insert() -> Value {
    json!({"type": "INSERT", "schema": "auth", "table": "users", "id": ID})
}

pub(crate) fn hook(name: &str) -> Value {
    json!({"metadata": {"uuid": ID, "name": name}, "user": {"id": ID}})
}

pub(crate) async fn send_at(
    app: &App,
    event: &Value,
    now: DateTime<Utc>,
) -> Result<LambdaFunctionUrlResponse, Failure> {
    let payload = RawValue::from_string(event.to_string()).unwrap();
    handle(app, Invocation::new(payload, Context::default()), now).await
}

/// The status, the headers and the body of the answer.
pub(crate) async fn send(app: &App, event: &Value) -> (i64, http::HeaderMap, Value) {
    let response = send_at(app, event, now()).await.unwrap();
    let body = serde_json::from_str(response.body.as_deref().unwrap()).unwrap();
    assert_eq!(response.headers["content-type"], "application/json");
    assert!(!response.is_base64_encoded);
    (response.status_code, response.headers, body)
}
