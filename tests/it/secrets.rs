//! Secrets by their ARN: the real binaries, an emulator of AWS, and a database that asks for
//! passwords.

mod credentials;
mod faults;
mod moved;
mod passwords;
mod topics;

use chrono::Utc;
use rollcall_local::runtime_api::Function;
use rollcall_tests::{Deployed, Mailbox, Moto, Vault, World, shapes};
use serde_json::json;

use crate::aws::{Account, REGION};

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
