//! Who is let in: whoever signs with one of the secrets, or knows one of the tokens.

use chrono::Utc;
use rollcall_tests::{NEXT_SECRET, Reply, SECRET, TOKEN, World, post, shapes, sign_with};

use super::{ADA, Webhook, hook, row};

const OTHER_TOKEN: &str = "another-token-for-the-tests";
const STRANGER: &str = "v1,whsec_c3RyYW5nZXIgdG8gdGhlIHJvbGxjYWxsIHRlc3Rz";
const NOT_AUTHENTIC: &str = r#"{"code":"not_authentic","message":"the request is not authentic: sign it as Standard Webhooks does, or send x-rollcall-token"}"#;

#[expect(clippy::disallowed_methods, reason = "a signature is about now")]
fn now() -> i64 {
    Utc::now().timestamp()
}

async fn webhook(variables: &[(&str, &str)]) -> (World, Webhook) {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    let webhook = Webhook::with(&world.url("rollcall_app"), variables, 1).await;
    (world, webhook)
}

async fn signed(webhook: &Webhook, at: i64, signature: &str) -> Reply {
    let body = hook("after-user-created", ADA).to_string();
    let timestamp = at.to_string();
    let headers = [
        ("webhook-id", "msg_1"),
        ("webhook-timestamp", timestamp.as_str()),
        ("webhook-signature", signature),
    ];
    post(&webhook.url(), &headers, body.as_bytes()).await
}

fn by(secret: &str, at: i64) -> String {
    let body = hook("after-user-created", ADA).to_string();
    sign_with(secret, "msg_1", at, body.as_bytes())
}

fn assert_refused(reply: &Reply) {
    assert_eq!((reply.status, reply.body.as_str()), (401, NOT_AUTHENTIC));
    assert_eq!(reply.header("content-type"), Some("application/json"));
}

#[tokio::test]
async fn a_signature_of_either_secret_is_taken_while_they_are_rotated() {
    let secrets = format!("{SECRET}|{NEXT_SECRET}");
    let (_world, webhook) = webhook(&[("WEBHOOK_SECRETS", &secrets)]).await;
    let at = now();
    for signature in [by(SECRET, at), by(NEXT_SECRET, at)] {
        assert_eq!(signed(&webhook, at, &signature).await.status, 200);
    }
    assert_refused(&signed(&webhook, at, &by(STRANGER, at)).await);
}

#[tokio::test]
async fn two_signatures_are_taken_as_supabase_joins_them_and_as_the_standard_does() {
    let (_world, webhook) = webhook(&[("WEBHOOK_SECRETS", SECRET)]).await;
    let at = now();
    let (ours, theirs) = (by(SECRET, at), by(NEXT_SECRET, at));
    for joint in [", ", " "] {
        for signatures in [[&ours, &theirs], [&theirs, &ours]] {
            let joined = [signatures[0].as_str(), signatures[1]].join(joint);
            let reply = signed(&webhook, at, &joined).await;
            assert_eq!(reply.status, 200, "{joint:?}: {}", reply.body);
        }
    }
}

#[tokio::test]
async fn a_signature_is_good_for_five_minutes() {
    let (_world, webhook) = webhook(&[("WEBHOOK_SECRETS", SECRET)]).await;
    let at = now();
    for near in [at - 280, at + 280] {
        assert_eq!(signed(&webhook, near, &by(SECRET, near)).await.status, 200);
    }
    for far in [at - 310, at + 310, 0] {
        assert_refused(&signed(&webhook, far, &by(SECRET, far)).await);
    }
}

#[tokio::test]
async fn whatever_is_wrong_with_a_signature_has_the_same_answer() {
    let (_world, webhook) = webhook(&[("WEBHOOK_SECRETS", SECRET)]).await;
    let at = now();
    let right = by(SECRET, at);
    assert_refused(&signed(&webhook, at, "").await);
    assert_refused(&signed(&webhook, at, "v1,AAAA").await);
    assert_refused(&signed(&webhook, at, &right.replace("v1,", "v1a,")).await);
    assert_refused(&signed(&webhook, at - 1, &right).await);
    assert_refused(&post(&webhook.url(), &[], b"{}").await);
    assert_refused(&post(&webhook.url(), &[("x-rollcall-token", TOKEN)], b"{}").await);
}

#[tokio::test]
async fn each_of_several_tokens_is_taken_and_nothing_near_them() {
    let tokens = format!("{TOKEN}|{OTHER_TOKEN}");
    let (_world, webhook) = webhook(&[("WEBHOOK_TOKENS", &tokens)]).await;
    let body = row("INSERT", ADA).to_string();
    for token in [TOKEN, OTHER_TOKEN] {
        let headers = [("X-Rollcall-Token", token)];
        let reply = post(&webhook.url(), &headers, body.as_bytes()).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
    }
    for token in [&TOKEN[1..], &tokens, "", "Bearer"] {
        let headers = [("x-rollcall-token", token)];
        assert_refused(&post(&webhook.url(), &headers, body.as_bytes()).await);
    }
    let at = now();
    assert_refused(&signed(&webhook, at, &by(SECRET, at)).await);
}
