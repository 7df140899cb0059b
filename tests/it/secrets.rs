//! Secrets by their ARN: the real binaries, an emulator of AWS, and a database that asks for
//! passwords.

mod credentials;
mod faults;
mod passwords;
mod topics;

use std::time::Duration;

use chrono::Utc;
use http::Request;
use hyper::body::Bytes;
use rollcall_lambda::{
    Environment,
    aws::{Client, SECRETS_MANAGER},
};
use rollcall_local::runtime_api::Function;
use rollcall_tests::{Deployed, Mailbox, Moto, World, shapes};
use serde_json::{Value, json};

use crate::aws::{Account, REGION};

/// Where secrets are kept, as their owner sees it.
struct Vault {
    moto: &'static Moto,
    client: Client,
}

impl Vault {
    /// None where there is no emulator.
    fn open() -> Option<Self> {
        let moto = Moto::shared()?;
        let environment = Environment::of(Account::variables(moto));
        let limit = Duration::from_secs(20);
        let client =
            Client::from_environment(&environment, SECRETS_MANAGER, Some(REGION), limit).unwrap();
        Some(Self { moto, client })
    }

    /// Makes a secret; its ARN. The name is the test's own.
    async fn keep(&self, name: &str, text: &str) -> String {
        let input = json!({"Name": name, "SecretString": text});
        self.make(&input).await
    }

    async fn make(&self, input: &Value) -> String {
        let made = self.call("CreateSecret", input).await;
        made["ARN"].as_str().unwrap().to_owned()
    }

    /// Gives a secret another value.
    async fn rotate(&self, arn: &str, text: &str) {
        let input = json!({"SecretId": arn, "SecretString": text});
        self.call("PutSecretValue", &input).await;
    }

    async fn call(&self, action: &str, input: &Value) -> Value {
        let request = Request::post("/")
            .header("content-type", "application/x-amz-json-1.1")
            .header("x-amz-target", format!("secretsmanager.{action}"))
            .body(Bytes::from(input.to_string()));
        #[expect(
            clippy::disallowed_methods,
            reason = "the emulator has a clock of its own"
        )]
        let now = Utc::now();
        let answer = self.client.send(request.unwrap(), now).await.unwrap();
        assert_eq!(answer.status(), 200, "{answer:?}");
        serde_json::from_slice(answer.body()).unwrap()
    }

    /// What a function has to know, and more.
    fn variables<'a>(&'a self, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        let account = Account::variables(self.moto).into_iter();
        account.chain(more.iter().copied()).collect()
    }
}

/// Somebody who says whatever a test wants said in AWS's name.
fn variables_of(liar: &str) -> [(&'static str, &str); 3] {
    [
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "a-secret"),
        ("AWS_ENDPOINT_URL", liar),
    ]
}

async fn world() -> World {
    let (sql, toml) = shapes::USERS;
    World::with(sql, toml).await
}

/// The address of a world for a role with a password.
fn url(world: &World, role: &str, password: &str) -> String {
    let address = world.url(role);
    address.replacen('@', &format!(":{password}@"), 1)
}

/// The same as a rotation writes it, through a port.
fn account(port: u16, world: &World, role: &str, password: &str) -> String {
    json!({
        "engine": "postgres", "username": role, "password": password, "host": "127.0.0.1",
        "port": port, "dbname": world.name(), "masterarn": "of no concern",
    })
    .to_string()
}

async fn start(name: &str, database: &str, variables: &[(&str, &str)]) -> Function {
    Deployed::with_url(name, database, variables).await
}
