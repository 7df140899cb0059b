//! A function that does not start names the variable, and not what is in it.

use rollcall_local::runtime_api::{Function, FunctionSpec};
use rollcall_tests::Deployed;

use super::*;

const URL: &str = "postgres://rollcall_app@127.0.0.1:1/app";

#[tokio::test]
async fn every_variable_that_cannot_be_used_is_named_without_its_value() {
    for (variable, value) in [
        ("DATABASE_URL", "canary"),
        ("DATABASE_URL", "mysql://canary:canary@127.0.0.1/canary"),
        (
            "DATABASE_URL",
            "postgres://canary:canary?canary@127.0.0.1/app",
        ),
        (
            "DATABASE_URL",
            "postgres://canary:canary#canary@127.0.0.1/app",
        ),
        (
            "DATABASE_URL",
            "postgres://canary:canary/canary@127.0.0.1/app",
        ),
        (
            "DATABASE_URL",
            "postgres://canary:canary@127.0.0.1/app?sslmode=canary",
        ),
        (
            "DATABASE_URL",
            "postgres://canary:canary@127.0.0.1/app?port=canary",
        ),
        (
            "DATABASE_URL",
            "{\"username\": \"canary\", \"password\": \"canary\"}",
        ),
        (
            "DATABASE_URL",
            "{\"username\": \"canary\", \"password\": [\"canary\"]",
        ),
        ("DATABASE_CA_CERT", "canary"),
        ("WEBHOOK_SECRETS", "canary"),
        ("WEBHOOK_SECRETS", "v1,whsec_canary***"),
        ("WEBHOOK_SECRETS", "v1,whsec_Y2FuYXJ5"),
        ("WEBHOOK_SECRETS", "v1a,whpk_canary:whsk_canary"),
        ("WEBHOOK_TOKENS", "canary"),
        ("AWS_LAMBDA_LOG_LEVEL", "canary"),
        ("RUST_LOG", "rollcall=canary"),
        ("EXPORT_BUCKET", "s3://canary"),
        ("EXPORT_BUCKET", "canary_exports"),
    ] {
        let function = if variable == "EXPORT_BUCKET" {
            "nightly-check"
        } else {
            "signup-webhook"
        };
        let mut spec = FunctionSpec::new(function, Deployed::binary(function));
        let defaults = [
            ("DATABASE_URL", URL),
            ("WEBHOOK_TOKENS", TOKEN),
            ("RUST_BACKTRACE", "full"),
        ];
        for (name, value) in defaults.into_iter().chain([(variable, value)]) {
            spec.environment.push((name.to_owned(), value.to_owned()));
        }
        let error = Function::start(spec).await.err();
        let said = error
            .unwrap_or_else(|| panic!("{variable}={value} was taken"))
            .to_string();
        assert_silent(&said);
        assert!(
            said.contains(&format!("Misconfigured: {variable} ")),
            "{said}"
        );
    }
}
