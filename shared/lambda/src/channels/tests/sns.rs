use super::*;

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
            Manner::answer("500 Internal Server Error", TAKEN),
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
