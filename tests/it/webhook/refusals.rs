//! Requests that get no 200: each status with its body, and never a redirect.

use rollcall_tests::{Reply, TOKEN, World, post, send_raw, shapes};
use serde_json::json;

use super::{ADA, Webhook, hook, row};

async fn webhook() -> (World, Webhook) {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    let webhook = Webhook::of(&world).await;
    (world, webhook)
}

async fn send(webhook: &Webhook, body: &[u8]) -> Reply {
    post(&webhook.url(), &[("x-rollcall-token", TOKEN)], body).await
}

fn assert_refused(reply: &Reply, status: u16, code: &str, words: &str) {
    assert_eq!(reply.status, status, "{}", reply.body);
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(reply.header("location"), None);
    let body = reply.json();
    let message = body["message"].as_str().unwrap();
    assert_eq!(body, json!({"code": code, "message": message}));
    assert!(message.contains(words), "{message}");
}

#[tokio::test]
async fn a_malformed_body_is_a_400_that_says_what_is_wrong() {
    let (_world, webhook) = webhook().await;
    let bad_id = row("INSERT", "7").to_string();
    let no_id = json!({"type": "INSERT", "schema": "auth", "table": "users"}).to_string();
    let no_table = json!({"type": "INSERT", "id": ADA}).to_string();
    for (body, words) in [
        ("", "not a JSON object"),
        ("[]", "not a JSON object"),
        ("{\"type\": \"INSERT\"", "not a JSON object"),
        ("{}", "neither a database webhook"),
        (bad_id.as_str(), "not a UUID"),
        (no_id.as_str(), "names no user id"),
        (no_table.as_str(), "does not name its schema and table"),
        (
            &row("TRUNCATE", ADA).to_string(),
            "not INSERT, UPDATE or DELETE",
        ),
    ] {
        let reply = send(&webhook, body.as_bytes()).await;
        assert_refused(&reply, 400, "malformed", words);
    }
    let reply = send(&webhook, b"\xff{}").await;
    assert_refused(&reply, 400, "malformed", "not UTF-8");
}

#[tokio::test]
async fn another_method_is_a_405_whoever_asks() {
    let (_world, webhook) = webhook().await;
    for method in ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"] {
        for header in ["", &format!("x-rollcall-token: {TOKEN}\r\n")] {
            let request = format!("{method} /any/path HTTP/1.1\r\nHost: a\r\n{header}\r\n");
            let reply = send_raw(&webhook.url(), request.as_bytes()).await;
            assert_refused(&reply, 405, "method_not_allowed", "only POST");
            assert_eq!(reply.header("allow"), Some("post"));
        }
    }
}

#[tokio::test]
async fn a_body_over_five_mebibytes_is_a_413_and_one_of_that_size_is_read() {
    let (_world, webhook) = webhook().await;
    let mut body = row("INSERT", ADA).to_string().into_bytes();
    body.resize(5 * 1024 * 1024, b' ');
    assert_eq!(send(&webhook, &body).await.status, 200);
    body.push(b' ');
    let reply = send(&webhook, &body).await;
    assert_refused(&reply, 413, "too_large", "larger than 5 MiB");
    // Also from somebody unknown: it is not looked at to find out.
    let reply = post(&webhook.url(), &[], &body).await;
    assert_refused(&reply, 413, "too_large", "larger than 5 MiB");
}

#[tokio::test]
async fn another_table_or_hook_is_a_422() {
    let (_world, webhook) = webhook().await;
    for (schema, table) in [("public", "users"), ("auth", "sessions"), ("Auth", "users")] {
        let mut event = row("INSERT", ADA);
        event["schema"] = json!(schema);
        event["table"] = json!(table);
        let reply = send(&webhook, event.to_string().as_bytes()).await;
        assert_refused(&reply, 422, "not_ours", "only webhooks on auth.users");
    }
    let event = hook("customize-access-token", ADA).to_string();
    let reply = send(&webhook, event.as_bytes()).await;
    assert_refused(&reply, 422, "not_ours", "after-user-created");
}

#[tokio::test]
async fn a_database_without_rollcall_is_to_be_asked_again_later() {
    let world = World::bare("").await;
    let webhook = Webhook::of(&world).await;
    let reply = send(&webhook, row("INSERT", ADA).to_string().as_bytes()).await;
    assert_refused(&reply, 503, "unavailable", "rollcall sql");
    let deferred = webhook.outcome(&hook("after-user-created", ADA)).await;
    assert_eq!(
        deferred,
        ("deferred".to_owned(), Some("not_installed".to_owned()))
    );
}
