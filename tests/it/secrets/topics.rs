//! Channels that take nothing for a while: the outbox keeps what is to be told.

use rollcall_lambda::settings::NOT_SET_YET;
use rollcall_tests::{Mood, look};
use serde_json::Value;

use super::*;

/// A world in which somebody has no profile and gets none, and the check that is to tell it.
async fn troubled(variables: &[(&str, &str)]) -> (World, Function) {
    let world = world().await;
    world
        .run(
            "postgres",
            "alter table public.users add constraint nobody check (false) not valid",
        )
        .await;
    crate::webhook::sign_up(&world, crate::webhook::ADA, true).await;
    let nightly = start("nightly-check", &world.url("rollcall_app"), variables).await;
    (world, nightly)
}

/// The one alert of a check: whether it was sent, and the error.
async fn told(nightly: &Function) -> (bool, String) {
    let report = nightly.invoke(json!({})).await.unwrap();
    let alerts = report["alerts"].as_array().unwrap();
    let [alert] = &alerts[..] else {
        panic!("{alerts:?}")
    };
    assert_eq!(alert["channel"], "sns");
    let error = alert["error"].as_str().unwrap_or_default();
    (alert["sent"].as_bool().unwrap(), error.to_owned())
}

/// What each run so far has measured: nobody reads the answer to a schedule.
fn unsent(nightly: &Function) -> Vec<i64> {
    let logs = nightly.logs();
    let measured = logs
        .iter()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    measured
        .filter_map(|line| line["AlertsUnsent"].as_i64())
        .collect()
}

async fn again(world: &World) {
    let sql = "update rollcall.outbox set next_attempt_at = now()";
    world.run("postgres", sql).await;
}

const KEPT: &str = "select count(*) from rollcall.outbox where sent_at is null";

#[tokio::test]
async fn a_topic_that_is_gone_gets_the_alert_when_it_is_back() {
    let Some(moto) = Moto::shared() else { return };
    let account = Account::of(moto);
    let topic = format!("arn:aws:sns:{REGION}:123456789012:gone-and-back");
    let mut variables = Account::variables(moto).to_vec();
    variables.push(("INCIDENTS_TOPIC_ARN", &topic));
    let (world, nightly) = troubled(&variables).await;
    let (sent, error) = told(&nightly).await;
    assert!(
        !sent && error.contains("refused the message: NotFound (HTTP 404)"),
        "{error}"
    );
    assert_eq!(world.ask(KEPT).await, "1");
    assert_eq!(unsent(&nightly), [1]);
    let logs = nightly.logs().join("\n");
    assert!(logs.contains("an alert was not sent"), "{logs}");
    assert!(logs.contains("NotFound (HTTP 404)"), "{logs}");
    let (made, queue) = account.topic_with_queue("gone-and-back").await;
    assert_eq!(made, topic);
    again(&world).await;
    assert_eq!(told(&nightly).await, (true, String::new()));
    assert_eq!(account.received(&queue).await.len(), 1);
    assert_eq!(world.ask(KEPT).await, "0");
    assert_eq!(unsent(&nightly), [1, 0]);
}

#[tokio::test]
async fn a_topic_that_is_asked_too_often_gets_the_alert_later_and_once() {
    let liar = Mailbox::open().await;
    let url = liar.url();
    let topic = format!("arn:aws:sns:{REGION}:123456789012:on-call");
    let mut variables = variables_of(&url).to_vec();
    variables.push(("INCIDENTS_TOPIC_ARN", &topic));
    let (world, nightly) = troubled(&variables).await;
    let xml = "content-type: text/xml";
    for (status, code) in [
        ("400 Bad Request", "Throttling"),
        ("503 Service Unavailable", "ServiceUnavailable"),
    ] {
        let refusal = format!("<ErrorResponse><Error><Code>{code}</Code></Error></ErrorResponse>");
        liar.say(status, xml, &refusal);
        let (sent, error) = told(&nightly).await;
        assert!(!sent && error.contains(code), "{error}");
        assert_eq!(world.ask(KEPT).await, "1");
        again(&world).await;
    }
    liar.say(
        "200 OK",
        xml,
        "<PublishResponse><MessageId>7</MessageId></PublishResponse>",
    );
    assert_eq!(told(&nightly).await, (true, String::new()));
    assert_eq!(world.ask(KEPT).await, "0");
    let report = nightly.invoke(look()).await.unwrap();
    assert_eq!(report["alerts"], json!([]));
}

#[tokio::test]
async fn what_waits_for_slack_is_posted_once_somebody_has_put_the_address_there() {
    let Some(vault) = Vault::open() else { return };
    let mailbox = Mailbox::open().await;
    let url = mailbox.url();
    mailbox.be(Mood::Refusing);
    let (world, nightly) = troubled(&[("SLACK_WEBHOOK_URL", &url)]).await;
    nightly.invoke(json!({})).await.unwrap();
    assert_eq!(world.ask(KEPT).await, "1");
    mailbox.be(Mood::Open);
    again(&world).await;

    // Two sandboxes that started before anybody did.
    let slack = vault.keep("slack/later", NOT_SET_YET).await;
    let variables = vault.variables(&[("SLACK_WEBHOOK_URL", &slack)]);
    let early = start("pulse", &world.url("rollcall_app"), &variables).await;
    let late = start("pulse", &world.url("rollcall_app"), &variables).await;
    let report = early.invoke(json!({})).await.unwrap();
    assert_eq!(report["alerts"], json!([]));
    assert_eq!(world.ask(KEPT).await, "1");
    vault.rotate(&slack, &url).await;
    let report = late.invoke(json!({})).await.unwrap();
    assert_eq!(
        report["alerts"],
        json!([{"channel": "slack", "sent": true}])
    );
    assert_eq!(mailbox.take().len(), 1);
    assert_eq!(world.ask(KEPT).await, "0");
}
