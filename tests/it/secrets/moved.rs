//! A database that moved: where it was, nobody answers.

use std::{
    pin::pin,
    time::{Duration, Instant},
};

use rollcall_tests::{Line, Mute, TOKEN, Until, look};

use super::*;
use crate::webhook::{ADA, Webhook, hook, row, sign_up};

const PASSWORD: &str = "canary-the-password";

#[tokio::test]
async fn where_nobody_answers_the_secret_is_asked_for_the_way_and_the_event_is_in_time() {
    let Some(vault) = Vault::open() else { return };
    for (number, until) in [Until::Nothing, Until::LetIn].into_iter().enumerate() {
        let world = world().await;
        let login = world.passworded("rollcall_app", PASSWORD).await;
        let mute = Mute::open(until).await;
        let arn = vault.keep(&format!("moved/{number}"), &mute.url()).await;
        let pulse = start("pulse", &arn, &vault.variables(&[])).await;
        let variables = vault.variables(&[("WEBHOOK_TOKENS", TOKEN)]);
        let webhook = Webhook::with(&arn, &variables, 1).await;
        sign_up(&world, ADA, false).await;
        vault.rotate(&arn, &url(&world, &login, PASSWORD)).await;
        pulse.invoke(look()).await.unwrap();
        let begun = Instant::now();
        let event = hook("after-user-created", ADA);
        assert_eq!(webhook.plain_outcome(&event).await, "created");
        assert!(
            begun.elapsed() < Duration::from_secs(3),
            "{:?}",
            begun.elapsed()
        );
    }
}

#[tokio::test]
async fn a_connection_that_was_good_is_given_up_for_the_way_that_the_secret_says_now() {
    let Some(vault) = Vault::open() else { return };
    let world = world().await;
    let login = world.passworded("rollcall_app", PASSWORD).await;
    let line = Line::open().await;
    let before = account(line.port(), &world, &login, PASSWORD);
    let arn = vault.keep("moved/later", &before).await;
    let variables = vault.variables(&[("WEBHOOK_TOKENS", TOKEN)]);
    let webhook = Webhook::with(&arn, &variables, 1).await;
    sign_up(&world, ADA, false).await;
    assert_eq!(webhook.plain_outcome(&row("INSERT", ADA)).await, "created");
    line.hold();
    vault.rotate(&arn, &url(&world, &login, PASSWORD)).await;
    let event = hook("after-user-created", ADA);
    assert_eq!(webhook.plain_outcome(&event).await, "present");
}

#[tokio::test]
async fn a_database_that_is_only_slow_to_let_in_is_waited_for() {
    let world = world().await;
    let line = Line::open().await;
    let liar = Mailbox::open().await;
    let address = liar.url();
    let json = "content-type: application/x-amz-json-1.1";
    let way = json!({ "SecretString": line.url("rollcall_app", &world) });
    liar.answer(json, &way);
    liar.answer(json, &way);
    let arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:moved/not-AbCdEf";
    let nightly = start("nightly-check", arn, &variables_of(&address)).await;
    assert_eq!(liar.take().len(), 1);
    line.hold();
    let doubting = async {
        while liar.take().is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let mut checking = pin!(nightly.invoke(look()));
    tokio::select! {
        answer = &mut checking => panic!("{answer:?}"),
        () = doubting => {}
    }
    line.mend().await;
    checking.await.unwrap();
    assert!(liar.take().is_empty());
}
