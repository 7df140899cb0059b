//! Requests that `pg_net` really sent, byte for byte.

use base64::{Engine, engine::general_purpose::STANDARD};
use rollcall_tests::{TOKEN, World, send_raw, shapes};
use serde_json::Value;

use super::Webhook;

/// The users that the requests are about, without a profile.
const USERS: &str = "
    set session_replication_role = replica;
    insert into auth.users (id, email, phone, is_anonymous, is_sso_user, created_at) values
        ('11111111-1111-4111-8111-111111111111', 'ada@example.com', null, false, false, now()),
        ('33333333-3333-4333-8333-333333333333', null, '4915112345678', false, false, now()),
        ('44444444-4444-4444-8444-444444444444', null, null, true, false, now()),
        ('66666666-6666-4666-8666-666666666666', null, null, false, false, null),
        ('77777777-7777-4777-8777-777777777777', 'ada@example.com', null, false, true, now()),
        ('88888888-8888-4888-8888-888888888881', 'multi1@example.com', null, false, false, now());
    update auth.users set banned_until = 'infinity' where id::text like '8%'";

fn requests() -> Vec<Value> {
    let text = include_str!("../../fixtures/pgnet-webhook-requests.json");
    let file: Value = serde_json::from_str(text).unwrap();
    let requests = file["requests"].as_array().unwrap().clone();
    // One was too large to be kept.
    let kept = |request: &Value| request.get("raw_base64").is_some();
    requests.into_iter().filter(kept).collect()
}

fn bytes(request: &Value) -> Vec<u8> {
    STANDARD
        .decode(request["raw_base64"].as_str().unwrap())
        .unwrap()
}

/// The same request from a trigger that has one header more.
fn with_token(request: &[u8]) -> Vec<u8> {
    let line = request.windows(2).position(|two| two == b"\r\n").unwrap() + 2;
    let header = format!("x-rollcall-token: {TOKEN}\r\n");
    [&request[..line], header.as_bytes(), &request[line..]].concat()
}

#[tokio::test]
async fn each_is_answered_with_the_outcome_of_the_user_it_names() {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    world.run("supabase_admin", USERS).await;
    let webhook = Webhook::of(&world).await;
    let requests = requests();
    assert_eq!(requests.len(), 10);
    let mut seen = vec![];
    for request in &requests {
        let reply = send_raw(&webhook.url(), &with_token(&bytes(request))).await;
        let (body, name) = (reply.json(), &request["name"]);
        assert_eq!(reply.status, 200, "{name}: {body}");
        let id = body["user_id"].as_str().unwrap().to_owned();
        // The first word of a user creates, every later one finds.
        let expected = if seen.contains(&id) {
            "present"
        } else {
            "created"
        };
        assert_eq!(body["outcome"], expected, "{name}: {body}");
        seen.push(id);
    }
    assert_eq!(world.ask("select count(*) from public.users").await, "6");
    assert_eq!(
        world
            .ask("select count(*) from rollcall.sync_failures")
            .await,
        "0"
    );
}

#[tokio::test]
async fn none_is_taken_from_somebody_without_the_token() {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    world.run("supabase_admin", USERS).await;
    let webhook = Webhook::of(&world).await;
    for request in requests() {
        let reply = send_raw(&webhook.url(), &bytes(&request)).await;
        assert_eq!(reply.status, 401, "{}", request["name"]);
    }
    assert_eq!(world.ask("select count(*) from public.users").await, "0");
}

#[tokio::test]
async fn the_answer_is_about_the_row_and_not_about_the_request() {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    let id = "11111111-1111-4111-8111-111111111111";
    world.run("supabase_admin", USERS).await;
    world
        .run(
            "supabase_admin",
            &format!("update auth.users set email = 'newer@example.com' where id = '{id}'"),
        )
        .await;
    let webhook = Webhook::of(&world).await;
    send_raw(&webhook.url(), &with_token(&bytes(&requests()[0]))).await;
    let email = format!("select email from public.users where id = '{id}'");
    assert_eq!(world.ask(&email).await, "newer@example.com");
}
