//! Secrets, kept where the functions look for them.

use std::time::Duration;

use chrono::Utc;
use http::Request;
use hyper::body::Bytes;
use rollcall_lambda::{
    Environment,
    aws::{Client, SECRETS_MANAGER},
};
use serde_json::{Value, json};

use crate::Moto;

const REGION: &str = "eu-central-1";

/// Where secrets are kept, as their owner sees it.
#[derive(Debug)]
pub struct Vault {
    moto: &'static Moto,
    client: Client,
}

impl Vault {
    /// None where there is no emulator.
    #[must_use]
    pub fn open() -> Option<Self> {
        let moto = Moto::shared()?;
        let environment = Environment::of(variables(moto));
        let limit = Duration::from_secs(20);
        let client = Client::from_environment(&environment, SECRETS_MANAGER, Some(REGION), limit)
            .expect("moto");
        Some(Self { moto, client })
    }

    /// Makes a secret; its ARN. The name is the test's own.
    pub async fn keep(&self, name: &str, text: &str) -> String {
        let input = json!({"Name": name, "SecretString": text});
        self.make(&input).await
    }

    /// Makes a secret as said; its ARN.
    pub async fn make(&self, input: &Value) -> String {
        let made = self.call("CreateSecret", input).await;
        made["ARN"].as_str().expect("moto").to_owned()
    }

    /// Gives a secret another value.
    pub async fn rotate(&self, arn: &str, text: &str) {
        let input = json!({"SecretId": arn, "SecretString": text});
        self.call("PutSecretValue", &input).await;
    }

    /// Has the service do something with its input.
    pub async fn call(&self, action: &str, input: &Value) -> Value {
        let request = Request::post("/")
            .header("content-type", "application/x-amz-json-1.1")
            .header("x-amz-target", format!("secretsmanager.{action}"))
            .body(Bytes::from(input.to_string()));
        #[expect(
            clippy::disallowed_methods,
            reason = "the emulator has a clock of its own"
        )]
        let now = Utc::now();
        let answer = self
            .client
            .send(request.expect("moto"), now)
            .await
            .expect("moto");
        assert_eq!(answer.status(), 200, "{answer:?}");
        serde_json::from_slice(answer.body()).expect("moto")
    }

    /// What a function has to know, and more.
    #[must_use]
    pub fn variables<'a>(&'a self, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        let account = variables(self.moto).into_iter();
        account.chain(more.iter().copied()).collect()
    }
}

/// Who calls, and where the services are.
fn variables(moto: &Moto) -> [(&'static str, &str); 3] {
    [
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "a-secret"),
        ("AWS_ENDPOINT_URL", moto.url()),
    ]
}
