use super::*;

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
