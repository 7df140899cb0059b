//! A message for the tests, as a check might write it.

use rollcall_domain::{
    alert::{Alert, Message, News, Topic},
    severity::Severity,
};
use uuid::Uuid;

pub(super) fn message(news: News) -> Message {
    let resolved = matches!(news, News::Resolved | News::Healed);
    Message {
        incident_id: Uuid::from_u128(1),
        news,
        severity: Severity::P0,
        headline: "1,234 people signed up and have no profile".to_owned(),
        since: "2026-11-20T01:58:30Z".parse().unwrap(),
        checked_at: "2026-11-20T04:12:31Z".parse().unwrap(),
        cause: "The trigger on_auth_user_created is disabled.".to_owned(),
        counts: vec![
            ("ghosts".to_owned(), if resolved { 0 } else { 1234 }),
            ("refused".to_owned(), 0),
        ],
        samples: if resolved {
            Vec::new()
        } else {
            vec![Uuid::from_u128(2), Uuid::from_u128(3)]
        },
        next_step: (!resolved).then(|| "rollcall fix".to_owned()),
        report: "rollcall report --incident 1".to_owned(),
        link: None,
    }
}

pub(super) fn alert(channel: &str, topic: Topic) -> Alert {
    Alert {
        alert_id: Uuid::from_u128(9),
        channel: channel.to_owned(),
        topic,
        message: message(News::Opened),
    }
}
