//! The real function binaries, behind a local Runtime API.

use std::{path::PathBuf, sync::OnceLock, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac};
use rollcall_local::{
    binaries,
    runtime_api::{Function, FunctionSpec},
};
use sha2::Sha256;

use crate::World;

/// A webhook secret made for the tests.
pub const SECRET: &str = "v1,whsec_dGVzdHMgb2YgdGhlIHJvbGxjYWxsIHdlYmhvb2sh";
/// A webhook token made for the tests.
pub const TOKEN: &str = "a-token-for-the-tests-of-rollcall";

/// Starts functions against a world.
#[derive(Debug)]
pub struct Deployed;

impl Deployed {
    /// Starts a function whose database is `world`, as `role`.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn start(name: &str, world: &World, role: &str, more: &[(&str, &str)]) -> Function {
        Self::with_url(name, &world.url(role), more).await
    }

    /// Starts a function with another `DATABASE_URL`.
    pub async fn with_url(name: &str, url: &str, more: &[(&str, &str)]) -> Function {
        let mut spec = FunctionSpec::new(name, binary(name));
        spec.timeout = Duration::from_secs(60);
        spec.environment.push(("DATABASE_URL".to_owned(), url.to_owned()));
        for (variable, value) in more {
            spec.environment.push(((*variable).to_owned(), (*value).to_owned()));
        }
        Function::start(spec).await.unwrap_or_else(|error| panic!("{name}: {error}"))
    }
}

/// Where a function's binary is; all are built once.
fn binary(name: &str) -> PathBuf {
    const NAMES: [&str; 3] = ["signup-webhook", "nightly-check", "backfill"];
    static BINARIES: OnceLock<Vec<PathBuf>> = OnceLock::new();
    let binaries =
        BINARIES.get_or_init(|| binaries::build(&NAMES, &mut |_| {}).expect("the functions build"));
    let at = NAMES.iter().position(|known| *known == name).expect("a known function");
    binaries[at].clone()
}

/// The signature header of Standard Webhooks over a body.
///
/// # Panics
/// If [`SECRET`] is not what it ought to be.
#[must_use]
pub fn sign(id: &str, timestamp: i64, body: &[u8]) -> String {
    let key = STANDARD.decode(SECRET.trim_start_matches("v1,whsec_")).expect("base64");
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("any length will do");
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(body);
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}
