//! Signature Version 4, recalculated from what came.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256, digest::Output};

/// As whom a call has to be signed.
pub const KEYS: [(&str, &str); 3] = [
    ("AWS_ACCESS_KEY_ID", "AKIACANARY"),
    ("AWS_SECRET_ACCESS_KEY", "canary/secret+key"),
    ("AWS_SESSION_TOKEN", "canary-session-token"),
];

/// Whether the request is signed by [`KEYS`], and why not.
pub(super) fn check(head: &str, body: &str) -> Result<(), String> {
    let mut lines = head.lines();
    let first = lines.next().unwrap_or_default();
    let [method, path, _] = first.split(' ').collect::<Vec<_>>()[..] else {
        return Err(format!("no request: {first}"));
    };
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
        .collect();
    let header = |wanted: &str| {
        let found = headers.iter().find(|(name, _)| name == wanted);
        found
            .map(|(_, value)| value.as_str())
            .ok_or(format!("no {wanted}"))
    };
    let authorization = header("authorization")?;
    let part = |name: &str| {
        let (_, rest) = authorization.split_once(name).ok_or(format!("no {name}"))?;
        Ok::<_, String>(rest.split(',').next().unwrap_or_default())
    };
    let scope = part("Credential=")?
        .strip_prefix(KEYS[0].1)
        .and_then(|scope| scope.strip_prefix('/'))
        .ok_or("another key")?;
    let signed = part("SignedHeaders=")?;
    for name in ["host", "x-amz-date", "x-amz-security-token"] {
        if !signed.split(';').any(|one| one == name) {
            return Err(format!("{name} is not signed"));
        }
    }
    if header("x-amz-security-token")? != KEYS[2].1 {
        return Err("another token".to_owned());
    }
    let mut named = String::new();
    for name in signed.split(';') {
        named.extend([name, ":", header(name)?, "\n"]);
    }
    let hash = hex::encode(Sha256::digest(body));
    let canonical = format!("{method}\n{path}\n\n{named}\n{signed}\n{hash}");
    let to_sign = format!(
        "AWS4-HMAC-SHA256\n{}\n{scope}\n{}",
        header("x-amz-date")?,
        hex::encode(Sha256::digest(canonical))
    );
    let mut key = format!("AWS4{}", KEYS[1].1).into_bytes();
    for part in scope.split('/') {
        key = mac(&key, part.as_bytes()).to_vec();
    }
    if part("Signature=")? == hex::encode(mac(&key, to_sign.as_bytes())) {
        Ok(())
    } else {
        Err("another signature".to_owned())
    }
}

fn mac(key: &[u8], text: &[u8]) -> Output<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any length will do");
    mac.update(text);
    mac.finalize().into_bytes()
}
