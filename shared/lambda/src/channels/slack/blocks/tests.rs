use super::*;
use crate::channels::example;
use rollcall_domain::alert::News;
use uuid::Uuid;

#[test]
fn an_open_incident_is_a_header_the_cause_the_counts_the_users_and_the_next_call() {
    let mrkdwn = |text| json!({"type": "mrkdwn", "text": text, "verbatim": true});
    let section = |text| json!({"type": "section", "text": mrkdwn(text)});
    let title = "P0: 1,234 people signed up and have no profile";
    assert_eq!(
        payload(&example::message(News::Opened)),
        json!({
            "text": title,
            "unfurl_links": false,
            "blocks": [
                {"type": "header", "text": {"type": "plain_text", "text": title}},
                section(
                    "*Cause:* The trigger on_auth_user_created is disabled.\nSince 2026-11-20 \
                     01:58 UTC, 2 h 14 min before the check of 2026-11-20 04:12 UTC."
                ),
                {"type": "section", "fields": [mrkdwn("*ghosts:* 1,234"), mrkdwn("*refused:* 0")]},
                section("*Next:*\n```rollcall fix```"),
                section(
                    "```00000000-0000-0000-0000-000000000002\n\
                     00000000-0000-0000-0000-000000000003```"
                ),
                section("*Report:* `rollcall report --incident 1`"),
                {"type": "context", "elements": [mrkdwn(
                    "P0 since 2026-11-20 01:58 UTC, looked at 2026-11-20 04:12 UTC, incident \
                     `00000000-0000-0000-0000-000000000001`"
                )]},
            ],
        })
    );
}

#[test]
fn what_is_over_has_neither_users_nor_a_next_call() {
    let payload = payload(&example::message(News::Resolved)).to_string();
    assert!(payload.contains("It lasted 2 h 14 min"), "{payload}");
    for word in ["Next", "```"] {
        assert!(!payload.contains(word), "{payload}");
    }
}

#[test]
fn nothing_in_a_message_links_mentions_or_ends_a_code_block() {
    let mut message = example::message(News::Opened);
    let hostile = "<!channel> & <https://evil.example.com|a> ```";
    message.headline = hostile.to_owned();
    message.cause = hostile.to_owned();
    message.counts = vec![(hostile.to_owned(), 1)];
    message.next_step = Some(hostile.to_owned());
    message.report = hostile.to_owned();
    message.link = Some(format!("https://{hostile}"));
    let payload = payload(&message).to_string();
    assert!(!payload.contains(['<', '>']), "{payload}");
    assert!(payload.contains("&lt;!channel&gt; &amp;"), "{payload}");
    // The block of the next call, and that of the users.
    let in_blocks = payload.matches("```").count();
    let in_title_cause_and_count = 4;
    assert_eq!(in_blocks - in_title_cause_and_count, 4, "{payload}");
}

#[test]
fn the_page_is_a_link_above_the_command() {
    let mut message = example::message(News::Opened);
    message.link = Some("https://console.example.com/1?a=b&c=d".to_owned());
    let payload = payload(&message);
    let texts = payload["blocks"].as_array().unwrap().iter();
    let texts: Vec<_> = texts
        .filter_map(|block| block["text"]["text"].as_str())
        .collect();
    assert_eq!(
        texts[texts.len() - 2..],
        [
            "*Page:* <https://console.example.com/1?a=b&amp;c=d|the report as of now>",
            "*Report:* `rollcall report --incident 1`"
        ]
    );
    assert_eq!(page("https://example.com/|a"), "`https://example.com/|a`");
}

#[test]
fn whatever_a_message_holds_fits_into_what_slack_takes() {
    for character in ["a", "&", "\u{1f47b}", "`", "a "] {
        let long = character.repeat(9_000);
        let mut message = example::message(News::Opened);
        message.headline = long.clone();
        message.cause = long.clone();
        message.counts = vec![(long.clone(), i64::MIN); 99];
        message.samples = vec![Uuid::nil(); 99];
        message.next_step = Some(long.clone());
        for report in [long.clone(), format!("https://{long}")] {
            message.link = Some(report.clone());
            message.report = report;
            assert_fits(&payload(&message));
        }
    }
}

/// The limits of Slack's reference of its blocks.
fn assert_fits(payload: &Value) {
    let length = |text: &Value| text["text"].as_str().unwrap().chars().count();
    let blocks = payload["blocks"].as_array().unwrap();
    assert!(blocks.len() <= 50);
    for block in blocks {
        match block["type"].as_str().unwrap() {
            "header" => assert!((1..=150).contains(&length(&block["text"]))),
            "section" if block["fields"].is_null() => {
                assert!((1..=3000).contains(&length(&block["text"])));
            }
            "section" => {
                let fields = block["fields"].as_array().unwrap();
                assert!((1..=10).contains(&fields.len()));
                assert!(fields.iter().all(|field| length(field) <= 2000));
            }
            "context" => assert!(block["elements"].as_array().unwrap().len() <= 10),
            other => panic!("{other}"),
        }
        // No entity is cut into two.
        let text = block.to_string();
        assert_eq!(text.matches('&').count(), text.matches("&amp;").count());
    }
}
