use std::collections::BTreeMap;

use rollcall_domain::alert::Topic;

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
async fn one_topic_is_enough_for_sns() {
    let endpoint = Endpoint::start(Manner::answer("200 OK", TAKEN)).await;
    let mut variables = sns_at(&endpoint);
    variables.retain(|(name, _)| *name != "DATA_QUALITY_TOPIC_ARN");
    variables.extend(slack_at(&endpoint));
    let channels = channels(variables);
    assert_eq!(channels.names(), ["sns", "slack"]);
    let missing = channels.missing();
    assert_eq!(missing.len(), 1);
    assert_eq!(
        send(&channels, "sns", Topic::DataQuality).await,
        Err(missing[0].clone())
    );
    assert_eq!(send(&channels, "sns", Topic::Incidents).await, Ok(()));
}

#[test]
fn a_topic_that_is_none_is_named() {
    for name in ["INCIDENTS_TOPIC_ARN", "DATA_QUALITY_TOPIC_ARN"] {
        let environment = Environment::of([(name, "arn:aws:sqs:eu-central-1:123456789012:x")]);
        let said = Channels::from_environment(&environment)
            .unwrap_err()
            .to_string();
        let begin = format!("{name} is not the ARN of an SNS topic");
        assert!(said.starts_with(&begin), "{said}");
    }
    let environment = Environment::of([("INCIDENTS_TOPIC_ARN", ON_CALL)]);
    let said = Channels::from_environment(&environment).unwrap_err();
    assert!(said.to_string().starts_with("AWS_ACCESS_KEY_ID is not set"));
}

#[tokio::test]
async fn each_topic_gets_its_alerts_signed_for_its_region() {
    for (topic, arn, region) in [
        (Topic::Incidents, ON_CALL, "eu-central-1"),
        (Topic::DataQuality, DATA, "us-east-1"),
    ] {
        let endpoint = Endpoint::start(Manner::answer("200 OK", TAKEN)).await;
        assert_eq!(
            send(&channels(sns_at(&endpoint)), "sns", topic).await,
            Ok(())
        );
        let asked = endpoint.asked_once();
        let scope = format!("AKIDEXAMPLE/20261120/{region}/sns/aws4_request");
        assert!(asked.header("authorization").contains(&scope), "{asked:?}");
        let form = form(&asked.body);
        let field = |name: &str| form.get(name).map_or("", String::as_str);
        assert_eq!(field("Action"), "Publish");
        assert_eq!(field("TopicArn"), arn);
        let title = "P0: 1,234 people signed up and have no profile";
        assert_eq!(field("Subject"), title);
        assert!(field("Message").starts_with(title));
        assert_eq!(field("MessageAttributes.entry.1.Name"), "severity");
        assert_eq!(field("MessageAttributes.entry.1.Value.StringValue"), "P0");
        assert_eq!(field("MessageAttributes.entry.2.Name"), "news");
        assert_eq!(
            field("MessageAttributes.entry.2.Value.StringValue"),
            "opened"
        );
        let in_order = topic == Topic::DataQuality;
        let alert_id = "00000000-0000-0000-0000-000000000009";
        assert_eq!(field("MessageDeduplicationId") == alert_id, in_order);
        assert_eq!(form.contains_key("MessageGroupId"), in_order);
    }
}

#[tokio::test]
async fn what_sns_does_not_take_is_an_error_that_says_why() {
    let error = |code: &str| {
        format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code>\
             <Message>User: 123456789012 is not authorized</Message></Error></ErrorResponse>"
        )
    };
    for (manner, why) in [
        (
            Manner::answer("403 Forbidden", &error("AuthorizationError")),
            "refused the message: AuthorizationError (HTTP 403)",
        ),
        (
            Manner::answer("404 Not Found", &error("hunter2@example.com")),
            "refused the message: HTTP 404",
        ),
        (
            Manner::answer("500 Internal Server Error", ""),
            "refused the message: HTTP 500",
        ),
        (
            Manner::answer("200 OK", "<html>hunter2</html>"),
            "answered HTTP 200, but not that it took the message",
        ),
        (
            Manner::redirect("http://127.0.0.1:1/"),
            "refused the message: HTTP 302",
        ),
        (Manner::Hang, "did not answer within 0.5 s"),
        (Manner::Drip, "did not answer within 0.5 s"),
        (
            Manner::Close,
            "gave no answer that can be read: connection closed before message completed",
        ),
    ] {
        let endpoint = Endpoint::start(manner).await;
        let sent = send(&channels(sns_at(&endpoint)), "sns", Topic::Incidents).await;
        let sentence = format!("SNS, for the topic of INCIDENTS_TOPIC_ARN, {why}");
        assert_eq!(sent, Err(sentence));
        assert_eq!(endpoint.asked().len(), 1);
    }
}

#[tokio::test]
async fn slack_gets_blocks_as_json() {
    let endpoint = Endpoint::start(Manner::answer("200 OK", "ok")).await;
    let channels = channels(slack_at(&endpoint));
    assert_eq!(channels.names(), ["slack"]);
    assert_eq!(send(&channels, "slack", Topic::Incidents).await, Ok(()));
    let asked = endpoint.asked_once();
    let begin = "POST /services/T0/B0/hunter2 HTTP/1.1\r\n";
    assert!(asked.head.starts_with(begin), "{asked:?}");
    assert_eq!(
        asked.header("content-type"),
        "application/json; charset=utf-8"
    );
    let body: serde_json::Value = serde_json::from_str(&asked.body).unwrap();
    assert_eq!(body["blocks"][0]["type"], "header");
}

#[tokio::test]
async fn what_slack_does_not_take_is_an_error_that_says_why() {
    for (manner, sentence) in [
        (
            Manner::answer("400 Bad Request", "invalid_blocks"),
            "Slack refused the message: invalid_blocks (HTTP 400)",
        ),
        (
            Manner::answer("404 Not Found", "No hunter2 here"),
            "Slack refused the message: HTTP 404",
        ),
        (
            Manner::answer("500 Internal Server Error", ""),
            "Slack refused the message: HTTP 500",
        ),
        (
            Manner::answer("200 OK", "<html>hunter2</html>"),
            "Slack answered HTTP 200, but not that it took the message",
        ),
        (
            Manner::redirect("http://127.0.0.1:1/"),
            "Slack refused the message: HTTP 302",
        ),
        (Manner::Hang, "Slack did not answer within 0.5 s"),
        (
            Manner::Close,
            "Slack gave no answer that can be read: connection closed before message completed",
        ),
    ] {
        let endpoint = Endpoint::start(manner).await;
        let sent = send(&channels(slack_at(&endpoint)), "slack", Topic::Incidents).await;
        assert_eq!(sent, Err(sentence.to_owned()));
        assert_eq!(endpoint.asked().len(), 1);
    }
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
    assert_eq!(
        send(&channels, "slack", Topic::Incidents).await,
        Err("Slack did not answer within 5 s".to_owned())
    );
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
