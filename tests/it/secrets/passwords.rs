//! A password that is changed while functions run.

use rollcall_tests::{Line, TOKEN, look, post, thrown};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    task::JoinSet,
};

use super::*;
use crate::webhook::{ADA, Webhook, hook, row, sign_up};

const FIRST: &str = "canary-the-first";
const SECOND: &str = "canary-the-second";
const THIRD: &str = "canary-the-third";

#[tokio::test]
async fn every_function_takes_its_database_from_a_secret_and_follows_its_rotation() {
    let Some(vault) = Vault::open() else { return };
    let world = world().await;
    let line = Line::open().await;
    for (name, role, event) in [
        ("nightly-check", "rollcall_app", look()),
        ("pulse", "rollcall_app", look()),
        ("diagnose", "rollcall_app", json!({"user_id": ADA})),
        ("backfill", "rollcall_operator", json!({"mode": "preview"})),
        (
            "repair",
            "rollcall_operator",
            json!({"action": "trigger.status"}),
        ),
    ] {
        let world = world.copy().await;
        let login = world.passworded(role, FIRST).await;
        let json = account(line.port(), &world, &login, FIRST);
        let arn = vault.keep(&format!("rotated/{name}"), &json).await;
        let function = start(name, &arn, &vault.variables(&[])).await;
        function.invoke(event.clone()).await.unwrap();

        world.change_password(&login, SECOND).await;
        let rotated = account(line.port(), &world, &login, SECOND);
        vault.rotate(&arn, &rotated).await;
        // The session that is there goes on; the next one needs the new password.
        function.invoke(event.clone()).await.unwrap();
        world.end_sessions(&login).await;
        function
            .invoke(event)
            .await
            .unwrap_or_else(|error| panic!("{name}: {error:?}"));
        let said = function.logs().join("\n");
        assert_eq!(
            said.matches("a rotated secret was read").count(),
            1,
            "{said}"
        );
        assert!(!said.contains("canary"), "{said}");
    }
}

/// The webhook in front of a world whose password is in a secret: its ARN, and the role.
async fn webhook(vault: &Vault, world: &World, name: &str) -> (Webhook, String, String) {
    let login = world.passworded("rollcall_app", FIRST).await;
    let arn = vault.keep(name, &url(world, &login, FIRST)).await;
    let variables = vault.variables(&[("WEBHOOK_TOKENS", TOKEN)]);
    (Webhook::with(&arn, &variables, 1).await, arn, login)
}

#[tokio::test]
async fn no_event_is_lost_to_a_rotation() {
    let Some(vault) = Vault::open() else { return };
    let world = world().await;
    let (webhook, arn, login) = webhook(&vault, &world, "rotated/webhook").await;
    sign_up(&world, ADA, false).await;
    // Before the first connection, so that it is the first that is refused.
    world.change_password(&login, SECOND).await;
    vault.rotate(&arn, &url(&world, &login, SECOND)).await;
    assert_eq!(webhook.plain_outcome(&row("INSERT", ADA)).await, "created");
    assert_eq!(world.ask("select count(*) from public.users").await, "1");
}

#[tokio::test]
async fn a_second_rotation_in_a_minute_is_told_as_such_to_whoever_asks() {
    let Some(vault) = Vault::open() else { return };
    let world = world().await;
    let (webhook, arn, login) = webhook(&vault, &world, "rotated/twice").await;
    sign_up(&world, ADA, false).await;
    world.change_password(&login, SECOND).await;
    vault.rotate(&arn, &url(&world, &login, SECOND)).await;
    assert_eq!(webhook.plain_outcome(&row("INSERT", ADA)).await, "created");
    world.change_password(&login, THIRD).await;
    vault.rotate(&arn, &url(&world, &login, THIRD)).await;
    world.end_sessions(&login).await;

    let event = row("INSERT", ADA).to_string();
    let token = [("x-rollcall-token", TOKEN)];
    let reply = post(&webhook.url(), &token, event.as_bytes()).await;
    assert_eq!(reply.status, 503, "{}", reply.body);
    assert_eq!(reply.header("retry-after"), Some("5"));
    let message = reply.json()["message"].as_str().unwrap().to_owned();
    assert!(
        message.contains("password authentication failed"),
        "{message}"
    );
    assert!(
        message.contains("DATABASE_URL names the secret rotated/twice-")
            && message.contains("which was read again")
            && message.contains("once a minute at most: try again in"),
        "{message}"
    );
    assert!(!message.contains("canary"), "{message}");
    let (status, body) = webhook.send(&hook("after-user-created", ADA)).await;
    let deferred = json!({"user_id": ADA, "outcome": "deferred", "reason": "database_unreachable"});
    assert_eq!((status, body), (200, deferred));
}

#[tokio::test]
async fn a_password_that_was_changed_in_the_database_alone_is_told_with_the_mend() {
    let Some(vault) = Vault::open() else { return };
    let world = world().await;
    let (webhook, arn, login) = webhook(&vault, &world, "rotated/half").await;
    sign_up(&world, ADA, false).await;
    world.change_password(&login, SECOND).await;
    let (status, body) = webhook.send(&row("INSERT", ADA)).await;
    let message = body["message"].as_str().unwrap();
    assert_eq!(status, 503);
    assert!(
        message.contains("which says the same as before: put the new value there"),
        "{message}"
    );
    // Another that is wrong, too, for a function that has not asked yet.
    vault.rotate(&arn, &url(&world, &login, THIRD)).await;
    let function = start("pulse", &arn, &vault.variables(&[])).await;
    vault.rotate(&arn, &url(&world, &login, FIRST)).await;
    let (kind, said) = thrown(function.invoke(look()).await);
    assert_eq!(kind, "Unavailable");
    assert!(
        said.contains("what that says by now is refused, too: put there what is right"),
        "{said}"
    );
}

#[tokio::test]
async fn a_secret_that_is_spoilt_does_not_turn_off_what_works() {
    let Some(vault) = Vault::open() else { return };
    let world = world().await;
    let (webhook, arn, login) = webhook(&vault, &world, "rotated/spoilt").await;
    sign_up(&world, ADA, false).await;
    assert_eq!(webhook.plain_outcome(&row("INSERT", ADA)).await, "created");
    vault.rotate(&arn, "{\"password\": \"canary\"}").await;
    world.end_sessions(&login).await;
    // The way that is known still leads there.
    assert_eq!(webhook.plain_outcome(&row("INSERT", ADA)).await, "present");
    // For a moment nobody gets in: what is read then is of no use, and is not used.
    world
        .run("supabase_admin", &format!("alter role {login} nologin"))
        .await;
    world.end_sessions(&login).await;
    let (status, body) = webhook.send(&row("INSERT", ADA)).await;
    let message = body["message"].as_str().unwrap();
    assert_eq!(status, 503);
    assert!(
        message.contains("is JSON without username, host, dbname: it takes"),
        "{message}"
    );
    assert!(!message.contains("canary"), "{message}");
    world
        .run("supabase_admin", &format!("alter role {login} login"))
        .await;
    assert_eq!(webhook.plain_outcome(&row("INSERT", ADA)).await, "present");
}

/// A pooler that knows nobody, and says so as Supabase's does. It listens for as long as the answer
/// is kept.
async fn pooler_of_others() -> (u16, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut accepting = JoinSet::new();
    accepting.spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut hello = [0; 1024];
            let _ = stream.read(&mut hello).await;
            let fields = b"SFATAL\0VFATAL\0CXX000\0MTenant or user not found\0\0";
            let length = u32::try_from(fields.len() + 4).unwrap().to_be_bytes();
            let _ = stream
                .write_all(&[b"E", &length[..], fields].concat())
                .await;
        }
    });
    (port, accepting)
}

#[tokio::test]
async fn a_pooler_that_does_not_know_the_user_has_the_secret_read_again() {
    let Some(vault) = Vault::open() else { return };
    let world = world().await;
    let (port, _pooler) = pooler_of_others().await;
    let wrong = format!("postgres://app:{FIRST}@127.0.0.1:{port}/app?sslmode=disable");
    let arn = vault.keep("rotated/pooler", &wrong).await;
    let function = start("diagnose", &arn, &vault.variables(&[])).await;
    let stays = start("diagnose", &arn, &vault.variables(&[])).await;
    let ask = || json!({"user_id": ADA});
    let (kind, said) = thrown(stays.invoke(ask()).await);
    assert_eq!(kind, "Unavailable");
    assert!(
        said.contains("Tenant or user not found; DATABASE_URL names the secret rotated/pooler-"),
        "{said}"
    );
    let login = world.passworded("rollcall_app", SECOND).await;
    vault.rotate(&arn, &url(&world, &login, SECOND)).await;
    function.invoke(ask()).await.unwrap();
}
