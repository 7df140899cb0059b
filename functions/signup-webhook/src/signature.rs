//! Standard Webhooks signatures, as Supabase's Auth Hooks send them.
//!
//! The published libraries disagree about what Supabase sends: it joins the signatures of several
//! secrets by a comma and a space where the standard has a space.

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::STANDARD},
};
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::{
    credentials::Problem::{self, Flawed, Unknown},
    request::Request,
};

const ID: &str = "webhook-id";
const TIMESTAMP: &str = "webhook-timestamp";
pub(crate) const SIGNATURE: &str = "webhook-signature";

/// How far the sender's clock may be off, in either direction; exactly this far is still fine.
const TOLERANCE_SECONDS: u64 = 300;

const SHORTEST_SECRET: usize = 24;

/// Secrets are often pasted without their padding. Signatures are not pasted.
const SECRET_BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The secrets that a sender may sign with.
pub(crate) struct SigningSecrets(Vec<Hmac<Sha256>>);

impl SigningSecrets {
    /// Reads `v1,whsec_<base64>`, several joined by `|`. The standard's own form `whsec_<base64>`
    /// is the same secret; bare base64 is not taken, because any token looks like it.
    ///
    /// The error goes on after the variable's name and does not show the secret.
    pub(crate) fn parse(joined: &str) -> Result<Self, String> {
        let secrets = joined.split('|').map(str::trim).enumerate();
        secrets
            .map(|(index, secret)| {
                key(secret)
                    .map_err(|problem| format!("has a secret (number {}) {problem}", index + 1))
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether one of the secrets made one of the signatures over these very bytes, just now.
    pub(crate) fn verify(
        &self,
        request: &Request,
        body: &[u8],
        now: DateTime<Utc>,
    ) -> Result<(), Problem> {
        let id = request.header(ID).filter(|id| !id.is_empty());
        let id = id.ok_or(Flawed("webhook-id is missing"))?;
        let timestamp = request
            .header(TIMESTAMP)
            .ok_or(Flawed("webhook-timestamp is missing"))?;
        let sent =
            seconds(timestamp).ok_or(Flawed("webhook-timestamp is not a number of seconds"))?;
        if now.timestamp().abs_diff(sent) > TOLERANCE_SECONDS {
            return Err(Flawed("webhook-timestamp is more than 300 s from now"));
        }
        let signatures: Vec<Vec<u8>> = request
            .header_values(SIGNATURE)
            .flat_map(signatures)
            .collect();
        // All of them, always: which secret is the right one is nobody's business.
        let matches = self.0.iter().fold(false, |matches, secret| {
            let signed = secret
                .clone()
                .chain_update(id)
                .chain_update(".")
                .chain_update(timestamp)
                .chain_update(".")
                .chain_update(body);
            signatures.iter().fold(matches, |matches, signature| {
                signed.clone().verify_slice(signature).is_ok() | matches
            })
        });
        if matches {
            Ok(())
        } else {
            Err(Unknown("no signature fits"))
        }
    }
}

fn key(secret: &str) -> Result<Hmac<Sha256>, String> {
    let encoded = secret.strip_prefix("v1,").unwrap_or(secret);
    let encoded = encoded
        .strip_prefix("whsec_")
        .ok_or("that does not begin with v1,whsec_")?;
    let bytes = SECRET_BASE64
        .decode(encoded)
        .map_err(|_| "whose part after whsec_ is not base64")?;
    if bytes.len() < SHORTEST_SECRET {
        return Err(format!(
            "of {} bytes: it takes at least {SHORTEST_SECRET}, as from `openssl rand -base64 32`",
            bytes.len()
        ));
    }
    Ok(Hmac::new_from_slice(&bytes).expect("HMAC takes keys of every length"))
}

/// The time, if it is written as every sender writes it. `+1`, `01`, ` 1` and `1.5` are not: what
/// is signed is the text, so two texts must not be one time.
fn seconds(timestamp: &str) -> Option<i64> {
    let canonical = timestamp.bytes().all(|byte| byte.is_ascii_digit())
        && (timestamp == "0" || !timestamp.starts_with('0'));
    canonical.then(|| timestamp.parse().ok()).flatten()
}

/// The signatures of version `v1` in one header value: separated by spaces in the standard, by
/// comma and space from Supabase, and by a comma where two header lines were joined.
fn signatures(header: &str) -> impl Iterator<Item = Vec<u8>> {
    header.split_ascii_whitespace().flat_map(|element| {
        let versions = element.split(',');
        let values = element.split(',').skip(1);
        versions
            .zip(values)
            .filter(|(version, _)| *version == "v1")
            .filter_map(|(_, value)| STANDARD.decode(value).ok())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_found_however_they_are_joined() {
        let found = |header: &str| signatures(header).collect::<Vec<_>>();
        let (a, b) = (vec![0, 0, 0], vec![4, 16, 65]);
        for header in [
            "v1,AAAA v1,BBBB",
            "v1,AAAA, v1,BBBB",
            "v1,AAAA,v1,BBBB",
            " v1,AAAA,  v1a,CCCC garbage v2,CCCC V1,CCCC v1,BBBB,",
        ] {
            assert_eq!(found(header), [a.clone(), b.clone()], "{header}");
        }
        for header in ["", ",", "v1", "v1,", "v1 AAAA", "v1,AAA", "v1,A==="] {
            let found = found(header);
            assert!(found.iter().all(Vec::is_empty), "{header}: {found:?}");
        }
    }

    #[test]
    fn a_time_is_written_in_one_way() {
        assert_eq!(seconds("1795164022"), Some(1_795_164_022));
        for timestamp in [
            "",
            "+1",
            "-1",
            "01",
            " 1",
            "1 ",
            "1.5",
            "1e9",
            "１",
            "99999999999999999999",
        ] {
            assert_eq!(seconds(timestamp), None, "{timestamp}");
        }
    }

    #[test]
    fn a_bad_secret_is_told_by_its_number_and_not_shown() {
        let good = "v1,whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
        let problem = |secrets: &str| SigningSecrets::parse(secrets).err().unwrap();
        assert_eq!(
            SigningSecrets::parse(&format!("{good} | {good}"))
                .ok()
                .unwrap()
                .0
                .len(),
            2
        );
        assert_eq!(
            problem(&format!("{good}|v1,whsec_aHVudGVyMg==")),
            "has a secret (number 2) of 7 bytes: it takes at least 24, as from \
             `openssl rand -base64 32`"
        );
        assert!(problem("v1,whsec_").contains("of 0 bytes"));
        assert!(problem("v1,whsec_hunter2***").ends_with("is not base64"));
        for other in [
            "",
            "hunter2",
            "v1a,whpk_AAAA:whsk_AAAA",
            &format!("{good}|"),
        ] {
            assert!(problem(other).ends_with("begin with v1,whsec_"), "{other}");
        }
    }
}
