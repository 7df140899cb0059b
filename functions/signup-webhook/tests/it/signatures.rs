//! Every Standard Webhooks vector, through the whole function.
//!
//! An authentic request whose body is no event of ours is answered with 400 or 422 and never
//! reaches the database, so "accepted" is every status but 401.

use std::fs;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::*;

#[derive(Deserialize)]
struct Vectors {
    sign: Vec<Sign>,
    now: i64,
    verify: Vec<Verify>,
}

#[derive(Deserialize)]
struct Sign {
    name: String,
    secret: String,
    id: String,
    ts: i64,
    body: Option<String>,
    body_repeat: Option<(String, usize)>,
    sig_pypi: String,
}

#[derive(Deserialize)]
struct Verify {
    name: String,
    secret: String,
    headers: Value,
    body: String,
    should_accept: bool,
}

fn vectors() -> Vectors {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/fixtures/standardwebhooks-vectors.json"
    );
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

async fn status(secrets: &str, headers: &Value, body: &str, now: i64) -> i64 {
    let app = app(&[("WEBHOOK_SECRETS", secrets)]).unwrap();
    let event = json!({"headers": headers, "body": body});
    send_at(&app, &event, at(now)).await.unwrap().status_code
}

#[tokio::test]
async fn every_request_to_verify_is_accepted_or_not_as_it_should_be() {
    let vectors = vectors();
    assert!(vectors.verify.len() > 25);
    for vector in vectors.verify {
        // Such secrets do not come to verify anything: the function does not start with them.
        if ["secret_bad_base64", "secret_empty_signed_with_empty_key"].contains(&&*vector.name) {
            assert!(!vector.should_accept);
            assert!(app(&[("WEBHOOK_SECRETS", &vector.secret)]).is_err());
            continue;
        }
        let status = status(&vector.secret, &vector.headers, &vector.body, vectors.now).await;
        assert_eq!(
            status != 401,
            vector.should_accept,
            "{}: {status}",
            vector.name
        );
    }
}

#[tokio::test]
async fn every_signature_of_the_reference_libraries_is_accepted() {
    for vector in vectors().sign {
        // Where the contract is stricter than the libraries: a secret of fewer than 24 bytes can
        // be guessed, and one without whsec_ may be anything. Neither starts.
        let refused = match vector.name.as_str() {
            "secret_1_byte" => Some("of 1 bytes"),
            "secret_without_prefix" => Some("does not begin with v1,whsec_"),
            _ => None,
        };
        if let Some(why) = refused {
            let error = app(&[("WEBHOOK_SECRETS", &vector.secret)]).unwrap_err();
            assert!(error.to_string().contains(why), "{error}");
            continue;
        }
        let repeated = vector.body_repeat.map(|(text, times)| text.repeat(times));
        let body = vector.body.or(repeated).unwrap();
        let headers = json!({
            "webhook-id": vector.id,
            "webhook-timestamp": vector.ts.to_string(),
            "webhook-signature": vector.sig_pypi,
        });
        let rotated = format!("v1,whsec_{}|{}", "A".repeat(32), vector.secret);
        for secrets in [&vector.secret, &rotated] {
            for (now, accepted) in [
                (0, true),
                (300, true),
                (-300, true),
                (301, false),
                (-301, false),
            ] {
                let status = status(secrets, &headers, &body, vector.ts + now).await;
                assert_eq!(
                    status != 401,
                    accepted,
                    "{} at {now}: {status}",
                    vector.name
                );
            }
        }
        let other = format!("v1,whsec_{}", "A".repeat(32));
        assert_eq!(status(&other, &headers, &body, vector.ts).await, 401);
    }
}
