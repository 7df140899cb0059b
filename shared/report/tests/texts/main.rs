//! The page and the draft, made from plain data.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod affected;
mod colours;
mod details;
mod draft;
mod hostile;
mod verdict;

use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use rollcall_domain::{
    history::{Event, History, Incident, NamedCheck, PastCheck, PastRun, PostMortem, Refusals},
    severity::{Severity, Status},
};
use rollcall_report::{page, post_mortem};
use uuid::Uuid;

fn now() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 20, 14, 2, 0).unwrap()
}

fn empty() -> History {
    History {
        read_at: now(),
        from: now() - TimeDelta::days(30),
        latest: None,
        since: None,
        full_at: None,
        checks: vec![],
        incidents: vec![],
        runs: vec![],
        refusals: Some(vec![]),
    }
}

fn check(hours_ago: i64, ghosts: Option<i64>) -> PastCheck {
    let count = ghosts.unwrap_or(0);
    PastCheck {
        run_id: Uuid::from_u128(hours_ago.unsigned_abs().into()),
        is_full: true,
        checked_at: now() - TimeDelta::hours(hours_ago),
        duration_ms: 12,
        configuration: "c0ffee".to_owned(),
        status: if count > 0 {
            Status::Critical
        } else {
            Status::Healthy
        },
        severity: (count > 0).then_some(Severity::P1),
        counts: [
            ("auth_users", Some(1234)),
            ("live", Some(1234 - count)),
            ("ghosts", ghosts),
            ("orphaned_profiles", Some(0)),
        ]
        .map(|(name, count)| (name.to_owned(), count))
        .into(),
        checks: vec![NamedCheck {
            check_name: "ghost_users_check".to_owned(),
            passed: ghosts.map(|ghosts| ghosts == 0),
            issue_count: count,
            severity: "critical".to_owned(),
            message: "the message".to_owned(),
            examined: Some(1234),
        }],
        trigger_state: Some("active".to_owned()),
        trigger_detail: Some("User sync trigger is active".to_owned()),
        cause: None,
        sentence: None,
        healed: 0,
        refused: 0,
    }
}

fn history(checks: Vec<PastCheck>) -> History {
    History {
        latest: checks.last().cloned(),
        since: checks.first().map(|check| check.checked_at),
        full_at: checks
            .iter()
            .rfind(|check| check.is_full)
            .map(|check| check.checked_at),
        checks,
        ..empty()
    }
}

fn incident() -> Incident {
    let at = |hours: i64| now() - TimeDelta::hours(hours);
    Incident {
        incident_id: Uuid::from_u128(7),
        cause: "trigger".to_owned(),
        sentence: "the trigger does not do its work".to_owned(),
        severity: Severity::P0,
        began_at: at(30),
        opened_at: at(29),
        last_seen_at: at(5),
        resolved_at: Some(at(4)),
        most_affected: 12,
        healed: 2,
        events: vec![Event {
            happened_at: at(29),
            what: "opened".to_owned(),
            severity: "P1".to_owned(),
            run_id: Uuid::from_u128(1),
            sentence: "3 ghosts".to_owned(),
        }],
    }
}

fn run() -> PastRun {
    PastRun {
        run_id: Uuid::from_u128(9),
        kind: "backfill".to_owned(),
        state: "completed".to_owned(),
        planned: 12,
        created: 9,
        present: 1,
        refused: 2,
        gone: 0,
        planned_at: now() - TimeDelta::hours(6),
        started_at: Some(now() - TimeDelta::hours(5)),
        finished_at: Some(now() - TimeDelta::minutes(290)),
    }
}

/// What a reader sees: the page without its markup, in one line.
fn read(page: &str) -> String {
    let body = &page[page.find("<body>").unwrap()..];
    let mut text = String::new();
    for piece in body.split('<').skip(1) {
        text.push_str(piece.split_once('>').unwrap().1);
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
