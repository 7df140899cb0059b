mod slack;
mod sns;

use std::collections::BTreeMap;

use rollcall_domain::alert::Topic;
use tokio::time::Instant;

use super::*;
use crate::https::endpoint::{Endpoint, Manner};

const ON_CALL: &str = "arn:aws:sns:eu-central-1:123456789012:on-call";
const DATA: &str = "arn:aws:sns:us-east-1:123456789012:data.fifo";
const TAKEN: &str = "<PublishResponse><PublishResult><MessageId>7</MessageId></PublishResult>";

fn sns_at(endpoint: &Endpoint) -> Vec<(&'static str, String)> {
    [
        ("INCIDENTS_TOPIC_ARN", ON_CALL),
        ("DATA_QUALITY_TOPIC_ARN", DATA),
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "hunter2"),
        ("AWS_ENDPOINT_URL", &endpoint.url("")),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .to_vec()
}

fn slack_at(endpoint: &Endpoint) -> Vec<(&'static str, String)> {
    let url = endpoint.url("/services/T0/B0/hunter2");
    vec![("SLACK_WEBHOOK_URL", url)]
}

fn channels(variables: Vec<(&'static str, String)>) -> Channels {
    let limit = Duration::from_millis(500);
    Channels::with_limit(&Environment::of(variables), limit).unwrap()
}

async fn send(channels: &Channels, channel: &str, topic: Topic) -> Result<(), String> {
    let now = "2026-11-20T04:12:33Z".parse().unwrap();
    let sent = channels.send(&example::alert(channel, topic), now).await;
    if let Err(sentence) = &sent {
        for secret in ["hunter2", "T0", "example.com", "127.0.0.1", "123456789012"] {
            assert!(!sentence.contains(secret), "{sentence}");
        }
        assert!(!sentence.contains(['\n', '@']), "{sentence}");
    }
    sent
}

fn form(body: &str) -> BTreeMap<String, String> {
    form_urlencoded::parse(body.as_bytes())
        .into_owned()
        .collect()
}

#[tokio::test]
async fn nothing_is_needed_and_what_is_not_there_is_said() {
    let none = channels(vec![]);
    assert!(none.names().is_empty());
    assert_eq!(
        none.missing(),
        [
            "INCIDENTS_TOPIC_ARN is not set: P0 and P1 go to nobody by SNS",
            "DATA_QUALITY_TOPIC_ARN is not set: P2 and what healed by itself go to nobody by SNS",
            "SLACK_WEBHOOK_URL is not set: nothing is posted to Slack",
        ]
    );
    for (channel, topic, missing) in [
        ("sns", Topic::Incidents, 0),
        ("sns", Topic::DataQuality, 1),
        ("slack", Topic::Incidents, 2),
    ] {
        let sentence = send(&none, channel, topic).await.unwrap_err();
        assert_eq!(sentence, none.missing()[missing]);
    }
    assert!(send(&none, "pager", Topic::Incidents).await.is_err());
}

#[tokio::test]
async fn a_channel_that_hangs_does_not_stop_the_other() {
    let hangs = Endpoint::start(Manner::Hang).await;
    let takes = Endpoint::start(Manner::answer("200 OK", TAKEN)).await;
    let channels = channels([sns_at(&takes), slack_at(&hangs)].concat());
    let (slack, sns) = tokio::join!(
        send(&channels, "slack", Topic::Incidents),
        send(&channels, "sns", Topic::Incidents),
    );
    assert!(slack.is_err());
    assert_eq!(sns, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn an_alert_has_five_seconds() {
    let hangs = Endpoint::start(Manner::Hang).await;
    let channels = Channels::from_environment(&Environment::of(slack_at(&hangs))).unwrap();
    // The clock of this test stands still while anybody works, and is set on while all wait.
    let begun = Instant::now();
    assert_eq!(
        send(&channels, "slack", Topic::Incidents).await,
        Err("Slack did not answer within 5 s".to_owned())
    );
    assert_eq!(begun.elapsed().as_secs(), 5);
}

#[tokio::test]
async fn no_address_gets_out_by_either_channel() {
    let address = "ada.lovelace@example.com";
    for (channel, answer) in [("sns", TAKEN), ("slack", "ok")] {
        let endpoint = Endpoint::start(Manner::answer("200 OK", answer)).await;
        let channels = channels([sns_at(&endpoint), slack_at(&endpoint)].concat());
        let mut alert = example::alert(channel, Topic::Incidents);
        let message = &mut alert.message;
        message.headline = format!("{address} has no profile");
        message.cause = format!("Key (email)=({address}) already exists.");
        message.counts = vec![(address.to_owned(), 1)];
        message.next_step = Some(format!("rollcall backfill --user {address}"));
        message.report = format!("https://example.com/?user={address}");
        let now = message.checked_at;
        assert_eq!(channels.send(&alert, now).await, Ok(()));
        let body = endpoint.asked_once().body;
        let body = if channel == "sns" {
            form(&body).into_values().collect()
        } else {
            body
        };
        assert!(body.contains("has no profile"), "{body}");
        assert!(!body.contains(['@', '%']), "{body}");
        assert!(!body.contains("lovelace"), "{body}");
    }
}
