//! What the database sends, and that the real function takes it.

use std::sync::Arc;

use rollcall_local::function_url::Endpoint;
use rollcall_tests::{
    Deployed, NEXT_SECRET, Reply, SECRET, World, post, project::PG_NET, sign_with,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{ADA, Request, keep_secret, project, queue, sign_up, whole};

/// Sends a request to the function, which takes what these secrets have signed.
async fn send(world: &World, secrets: &str, request: &Request) -> Reply {
    let variables = [("WEBHOOK_SECRETS", secrets)];
    let url = world.url("rollcall_app");
    let function = Deployed::with_url("signup-webhook", &url, &variables).await;
    let endpoint = Endpoint::serve(Arc::new(function), 0).await.unwrap();
    let headers: Vec<(&str, &str)> = request
        .headers
        .iter()
        .filter(|(name, _)| name != "Content-Type")
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    post(&endpoint.url(), &headers, &request.body).await
}

async fn only(world: &World) -> Request {
    let mut queue = queue(world).await;
    assert_eq!(queue.len(), 1, "{queue:?}");
    queue.remove(0)
}

#[tokio::test]
async fn a_signup_calls_the_webhook_and_the_function_makes_its_profile() {
    let world = whole().await;
    let lose = "alter table auth.users disable trigger on_auth_user_created";
    world.run("supabase_admin", lose).await;
    world.run("supabase_auth_admin", &sign_up(ADA)).await;
    let request = only(&world).await;
    assert_eq!(request.url, "https://rollcall.example.com/");
    // The function answers within 4 s.
    assert_eq!(request.timeout, 5000);
    let names: Vec<_> = request.headers.iter().map(|(name, _)| &**name).collect();
    let expected = [
        "Content-Type",
        "webhook-id",
        "webhook-signature",
        "webhook-timestamp",
    ];
    assert_eq!(names, expected);
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(
        body,
        json!({"type": "INSERT", "schema": "auth", "table": "users", "id": ADA})
    );
    let id = request.header("webhook-id");
    assert!(Uuid::try_parse(id).is_ok(), "{id}");
    let sent: i64 = request.header("webhook-timestamp").parse().unwrap();
    assert_eq!(
        request.header("webhook-signature"),
        sign_with(SECRET, id, sent, &request.body)
    );
    let reply = send(&world, SECRET, &request).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(reply.json(), json!({"user_id": ADA, "outcome": "created"}));
}

#[tokio::test]
async fn each_signup_is_called_for_once_and_one_that_is_taken_back_never() {
    let world = whole().await;
    let other = ADA.replace('a', "b");
    world
        .run(
            "supabase_auth_admin",
            &[sign_up(ADA), sign_up(&other)].concat(),
        )
        .await;
    let last = ADA.replace('a', "c");
    let taken_back = format!("begin; {} rollback", sign_up(&last));
    world.run("supabase_auth_admin", &taken_back).await;
    let change = "update auth.users set email = 'new@example.com', last_sign_in_at = now()
        where id = '00000000-0000-4000-8000-00000000000a'; delete from auth.users";
    world.run("supabase_auth_admin", change).await;
    let queue = queue(&world).await;
    assert_eq!(queue.len(), 2, "{queue:?}");
    assert_ne!(queue[0].header("webhook-id"), queue[1].header("webhook-id"));
}

#[tokio::test]
async fn a_secret_is_read_however_it_was_pasted() {
    let world = whole().await;
    let bare = SECRET.trim_start_matches("v1,");
    let unpadded = "v1,whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
    let padded = format!("{unpadded}=");
    let both = format!("{NEXT_SECRET}|{SECRET}");
    let lines = format!(" {NEXT_SECRET} |\n{SECRET}\n");
    let partly = format!("rubbish|{SECRET}");
    for (kept, accepted) in [
        (SECRET, SECRET),
        (bare, SECRET),
        (unpadded, padded.as_str()),
        (&padded, unpadded),
        // As while the function's secret is replaced, on either side.
        (&both, SECRET),
        (&both, NEXT_SECRET),
        (SECRET, &both),
        (&lines, SECRET),
        (&partly, SECRET),
    ] {
        keep_secret(&world, kept).await;
        let clean = "truncate net.http_request_queue; delete from auth.users";
        world.run("supabase_admin", clean).await;
        world.run("supabase_auth_admin", &sign_up(ADA)).await;
        let reply = send(&world, accepted, &only(&world).await).await;
        assert_eq!(reply.status, 200, "{kept:?}, {accepted}: {reply:?}");
    }
    // Or else all of this says nothing.
    let reply = send(&world, NEXT_SECRET, &only(&world).await).await;
    assert_eq!(reply.status, 401);
}

#[tokio::test]
async fn it_is_called_in_the_place_of_a_trigger_that_is_only_watched() {
    let own = "[trigger]\nmode = \"watch\"\nname = \"theirs\"\nfunction = \"public.theirs\"\n";
    let world = project(&[PG_NET, super::VAULT], own).await;
    keep_secret(&world, SECRET).await;
    world.run("supabase_auth_admin", &sign_up(ADA)).await;
    let reply = send(&world, SECRET, &only(&world).await).await;
    assert_eq!(reply.json()["outcome"], "created");
}

#[tokio::test]
async fn pgcrypto_may_lie_anywhere() {
    let world = whole().await;
    for schema in ["crypto", "public", "Odd \"schema\""] {
        let name = schema.replace('"', "\"\"");
        let sql = format!(
            "create schema if not exists \"{name}\"; alter extension pgcrypto set schema \"{name}\";
             truncate net.http_request_queue; delete from auth.users"
        );
        world.run("supabase_admin", &sql).await;
        world.run("supabase_auth_admin", &sign_up(ADA)).await;
        only(&world).await;
    }
}
