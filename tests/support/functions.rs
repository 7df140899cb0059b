//! The real function binaries, behind a local Runtime API.

use std::{path::PathBuf, sync::OnceLock, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use rollcall_local::{
    binaries,
    runtime_api::{Function, FunctionSpec, InvokeError},
};
use sha2::Sha256;

use crate::World;

/// A webhook secret made for the tests.
pub const SECRET: &str = "v1,whsec_dGVzdHMgb2YgdGhlIHJvbGxjYWxsIHdlYmhvb2sh";
/// Another one, as after a rotation.
pub const NEXT_SECRET: &str = "v1,whsec_bmV4dCBzZWNyZXQgb2YgdGhlIHJvbGxjYWxsIHRlc3Rz";
/// A webhook token made for the tests.
pub const TOKEN: &str = "a-token-for-the-tests-of-rollcall";

/// The event that has a check look, and do nothing about what it sees.
#[must_use]
pub fn look() -> serde_json::Value {
    serde_json::json!({"heal": false, "alert": false})
}

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
        Self::as_said(name, url, more, |_| {}).await
    }

    /// Starts a function whose timeout or concurrency is another than usual.
    pub async fn as_said(
        name: &str,
        url: &str,
        more: &[(&str, &str)],
        say: impl FnOnce(&mut FunctionSpec),
    ) -> Function {
        let mut spec = FunctionSpec::new(name, Self::binary(name));
        spec.timeout = Duration::from_mins(1);
        for (variable, value) in [("DATABASE_URL", url)].iter().chain(more) {
            spec.environment
                .push(((*variable).to_owned(), (*value).to_owned()));
        }
        say(&mut spec);
        Function::start(spec)
            .await
            .unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Where a function's binary is; all are built once.
    ///
    /// # Panics
    /// If they do not build.
    #[must_use]
    pub fn binary(name: &str) -> PathBuf {
        const NAMES: [&str; 6] = [
            "signup-webhook",
            "nightly-check",
            "backfill",
            "pulse",
            "repair",
            "diagnose",
        ];
        static BINARIES: OnceLock<Vec<PathBuf>> = OnceLock::new();
        let binaries = BINARIES
            .get_or_init(|| binaries::build(&NAMES, &mut |_| {}).expect("the functions build"));
        let at = NAMES
            .iter()
            .position(|known| *known == name)
            .expect("a known function");
        binaries[at].clone()
    }
}

/// What a function threw, as its type and its sentence.
///
/// # Panics
/// If it threw nothing, or ended in another way.
#[must_use]
pub fn thrown<T: std::fmt::Debug>(outcome: Result<T, InvokeError>) -> (String, String) {
    match outcome {
        Err(InvokeError::Function {
            error_type,
            error_message,
        }) => (error_type, error_message),
        other => panic!("not an error that the function threw: {other:?}"),
    }
}

/// The signature of Standard Webhooks over a body, by [`SECRET`].
#[must_use]
pub fn sign(id: &str, timestamp: i64, body: &[u8]) -> String {
    sign_with(SECRET, id, timestamp, body)
}

/// The signature of Standard Webhooks over a body.
///
/// # Panics
/// If the secret is not of the form `v1,whsec_…`.
#[must_use]
pub fn sign_with(secret: &str, id: &str, timestamp: i64, body: &[u8]) -> String {
    let key = STANDARD
        .decode(secret.trim_start_matches("v1,whsec_"))
        .expect("base64");
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("any length will do");
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(body);
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}
