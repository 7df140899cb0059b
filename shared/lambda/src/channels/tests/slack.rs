use std::cell::Cell;

use super::*;
use crate::channels::slack::MISSING;

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
            Manner::answer("500 Internal Server Error", "ok"),
            "Slack refused the message: ok (HTTP 500)",
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
async fn an_address_that_nobody_has_put_there_yet_is_looked_for_once_a_minute() {
    let taker = Endpoint::start(Manner::answer("200 OK", "ok")).await;
    let holding = |text: &str| {
        let body = serde_json::json!({ "SecretString": text });
        Manner::answer("200 OK", &body.to_string())
    };
    let manager = Endpoint::start(holding(crate::settings::NOT_SET_YET)).await;
    let arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:slack-AbCdEf";
    let url = manager.url("");
    let mut environment = Environment::of([
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "hunter2"),
        ("AWS_ENDPOINT_URL", &url),
        ("SLACK_WEBHOOK_URL", arn),
    ]);
    let clock = || DateTime::from_timestamp(1_795_164_022 + 60 * MINUTE.get(), 0).unwrap();
    environment.read_secrets(&[SECRET], clock).await.unwrap();
    let channels = Channels::from_environment(&environment).unwrap();
    assert_eq!(channels.missing()[2], MISSING);
    for _ in 0..2 {
        channels.look_for_addresses().await;
        assert!(channels.names().is_empty());
        let sentence = send(&channels, "slack", Topic::Incidents).await;
        assert_eq!(sentence, Err(MISSING.to_owned()));
        assert_eq!(manager.asked().len(), 2);
    }
    manager.be(holding(&taker.url("/services/T0/B0/hunter2")));
    MINUTE.set(1);
    for _ in 0..2 {
        channels.look_for_addresses().await;
        assert_eq!(channels.names(), ["slack"]);
        assert_eq!(manager.asked().len(), 3);
    }
    assert_eq!(send(&channels, "slack", Topic::Incidents).await, Ok(()));
    assert_eq!(taker.asked().len(), 1);
}

thread_local! {
    static MINUTE: Cell<i64> = const { Cell::new(0) };
}
