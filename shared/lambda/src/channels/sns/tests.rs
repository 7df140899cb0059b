use super::*;
use crate::channels::example;
use rollcall_domain::alert::News;

#[test]
fn a_subject_is_short_ascii_on_one_line() {
    let mut message = example::message(News::Opened);
    message.headline = "1 person’s profile – “gone”\nSubject: x é".to_owned();
    assert_eq!(
        subject(&message),
        "P0: 1 person's profile - \"gone\" Subject: x ?"
    );
    message.headline = "ü".repeat(100);
    let subject = subject(&message);
    assert_eq!(subject.len(), 99);
    assert!(subject.starts_with("P0: ???") && subject.ends_with("?..."));
}

#[test]
fn a_topic_is_not_a_subscription_a_queue_or_a_name() {
    for (text, is) in [
        ("arn:aws:sns:eu-central-1:123456789012:on-call_1", true),
        ("arn:aws:sns:eu-central-1:123456789012:on-call.fifo", true),
        ("arn:aws:sns:eu-central-1:123456789012:.fifo", false),
        ("arn:aws:sns:eu-central-1:123456789012:on.call", false),
        ("arn:aws:sns:eu-central-1:123456789012:on-call:1-2-3", false),
        ("arn:aws:sqs:eu-central-1:123456789012:on-call", false),
    ] {
        assert_eq!(is_topic(&Arn::parse(text).unwrap()), is, "{text}");
    }
}

#[test]
fn a_message_that_is_too_long_is_cut() {
    let mut alert = example::alert(NAME, Topic::Incidents);
    alert.message.cause = "ü".repeat(MAX_MESSAGE);
    let form = form("arn", &alert, &alert.message);
    let (_, text) = form_urlencoded::parse(form.as_bytes())
        .find(|(name, _)| name == "Message")
        .unwrap();
    assert!((MAX_MESSAGE - 1..=MAX_MESSAGE).contains(&text.len()));
}
