//! Webhook secrets and tokens that are rotated while the function runs.

use rollcall_lambda::settings::NOT_SET_YET;
use rollcall_tests::{NEXT_SECRET, SECRET, TOKEN, post, sign_with};

use super::*;
use crate::webhook::{ADA, Webhook, row, sign_up};

const NEXT_TOKEN: &str = "the-next-token-for-the-tests-of-rollcall";

async fn signed(webhook: &Webhook, secret: &str) -> u16 {
    let body = row("INSERT", ADA).to_string();
    #[expect(
        clippy::disallowed_methods,
        reason = "the function looks at the real clock"
    )]
    let now = Utc::now().timestamp();
    let (signature, now) = (
        sign_with(secret, "msg_1", now, body.as_bytes()),
        now.to_string(),
    );
    let headers = [
        ("webhook-id", "msg_1"),
        ("webhook-timestamp", &now),
        ("webhook-signature", &signature),
    ];
    post(&webhook.url(), &headers, body.as_bytes()).await.status
}

async fn with_token(webhook: &Webhook, token: &str) -> u16 {
    let body = row("INSERT", ADA).to_string();
    let header = [("x-rollcall-token", token)];
    post(&webhook.url(), &header, body.as_bytes()).await.status
}

#[tokio::test]
async fn a_new_secret_counts_from_its_first_request_and_an_old_one_until_then() {
    let Some(vault) = Vault::open() else { return };
    let world = world().await;
    let secrets = vault.keep("webhook/secrets", SECRET).await;
    let tokens = vault.keep("webhook/tokens", TOKEN).await;
    let more = [("WEBHOOK_SECRETS", &*secrets), ("WEBHOOK_TOKENS", &*tokens)];
    let variables = vault.variables(&more);
    let webhook = Webhook::with(&world.url("rollcall_app"), &variables, 1).await;
    assert_eq!(signed(&webhook, SECRET).await, 200);
    assert_eq!(with_token(&webhook, TOKEN).await, 200);

    let both = format!("{SECRET}|{NEXT_SECRET}");
    vault.rotate(&secrets, &both).await;
    assert_eq!(signed(&webhook, SECRET).await, 200);
    assert_eq!(signed(&webhook, NEXT_SECRET).await, 200);
    assert_eq!(signed(&webhook, SECRET).await, 200);

    // At once, without the old one: a new token is known by its first request, and then the old
    // one is not any more.
    vault.rotate(&tokens, NEXT_TOKEN).await;
    assert_eq!(with_token(&webhook, TOKEN).await, 200);
    assert_eq!(with_token(&webhook, NEXT_TOKEN).await, 200);
    assert_eq!(with_token(&webhook, TOKEN).await, 401);
}

#[tokio::test]
async fn whom_a_second_rotation_within_the_minute_turns_away_the_pulse_finds() {
    let Some(vault) = Vault::open() else { return };
    let world = world().await;
    let address = world.url("rollcall_app");
    let tokens = vault.keep("webhook/twice", TOKEN).await;
    let variables = vault.variables(&[("WEBHOOK_TOKENS", &tokens)]);
    let webhook = Webhook::with(&address, &variables, 1).await;
    let pulse = start("pulse", &address, &[]).await;
    pulse.invoke(json!({})).await.unwrap();
    sign_up(&world, ADA, false).await;

    vault
        .rotate(&tokens, "in-between-a-token-for-the-tests")
        .await;
    let status = with_token(&webhook, "of-nobody-a-token-for-the-tests").await;
    assert_eq!(status, 401);
    vault.rotate(&tokens, NEXT_TOKEN).await;
    // Whoever guesses could have it read as often, so it is not read again so soon.
    assert_eq!(with_token(&webhook, NEXT_TOKEN).await, 401);
    let profiles = "select count(*) from public.users";
    assert_eq!(world.ask(profiles).await, "0");

    for _ in 0..3 {
        pulse.invoke(json!({})).await.unwrap();
    }
    assert_eq!(world.ask(profiles).await, "1");
}

#[tokio::test]
async fn a_token_that_is_set_later_counts_from_its_first_request() {
    let Some(vault) = Vault::open() else { return };
    let world = world().await;
    let tokens = vault.keep("webhook/later", NOT_SET_YET).await;
    let more = [("WEBHOOK_SECRETS", SECRET), ("WEBHOOK_TOKENS", &*tokens)];
    let webhook = Webhook::with(&world.url("rollcall_app"), &vault.variables(&more), 1).await;
    assert_eq!(signed(&webhook, SECRET).await, 200);
    vault.rotate(&tokens, TOKEN).await;
    assert_eq!(with_token(&webhook, TOKEN).await, 200);
}

#[tokio::test]
async fn a_webhook_that_has_neither_secret_nor_token_yet_does_not_start() {
    let Some(vault) = Vault::open() else { return };
    let tokens = vault.keep("webhook/never", NOT_SET_YET).await;
    let database = ("DATABASE_URL", "postgres://a@127.0.0.1:1/b");
    let variables = vault.variables(&[database, ("WEBHOOK_TOKENS", &tokens)]);
    let said = super::faults::init_error("signup-webhook", &variables).await;
    assert!(
        said.contains("Misconfigured: WEBHOOK_SECRETS is not set, and WEBHOOK_TOKENS is not"),
        "{said}"
    );
}

#[tokio::test]
async fn whoever_guesses_has_the_secret_read_once_and_nobody_else_is_locked_out() {
    let world = world().await;
    let liar = Mailbox::open().await;
    let url = liar.url();
    let json = "content-type: application/x-amz-json-1.1";
    liar.answer(json, &json!({ "SecretString": TOKEN }));
    let arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:webhook/tokens-AbCdEf";
    let mut variables = variables_of(&url).to_vec();
    variables.push(("WEBHOOK_TOKENS", arn));
    let webhook = Webhook::with(&world.url("rollcall_app"), &variables, 1).await;
    assert_eq!(liar.take().len(), 1);

    let refusal = json!({"__type": "ThrottlingException", "message": "Rate exceeded"});
    liar.say("400 Bad Request", json, &refusal.to_string());
    for _ in 0..5 {
        assert_eq!(with_token(&webhook, NEXT_TOKEN).await, 401);
    }
    assert_eq!(liar.take().len(), 1);
    assert_eq!(with_token(&webhook, TOKEN).await, 200);
    // Neither a signature that is too old nor one without a secret to compare it with is a reason.
    let body = row("INSERT", ADA).to_string();
    assert_eq!(post(&webhook.url(), &[], body.as_bytes()).await.status, 401);
    assert!(liar.take().is_empty());
}
