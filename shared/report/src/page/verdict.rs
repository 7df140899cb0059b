//! The state of the whole: a word, a sentence, and since when.

use std::cmp::Reverse;

use chrono::{DateTime, Utc};
use rollcall_domain::{
    history::{FRESH, History},
    severity::Status,
};

use crate::words::{self, Moment, moment, without_addresses};

/// The state of the whole, in words.
#[derive(Debug)]
pub(super) struct Verdict {
    pub(super) class: &'static str,
    pub(super) word: &'static str,
    pub(super) severity: Option<&'static str>,
    pub(super) sentence: String,
    pub(super) cause: Option<String>,
    pub(super) since: Option<Since>,
    pub(super) checked: Option<Moment>,
}

#[derive(Debug)]
pub(super) struct Since {
    pub(super) moment: Moment,
    pub(super) length: String,
}

impl Verdict {
    pub(super) fn of(history: &History) -> Self {
        let status = history.status();
        let latest = history.latest.as_ref();
        let current = latest.filter(|_| !history.is_stale());
        let severity = match history.unchecked() {
            Some(incident) => Some(incident.severity),
            None => current
                .filter(|check| !check.has_healed_all())
                .and_then(|check| check.severity),
        };
        let cause = current.and_then(|check| check.sentence.as_deref());
        Self {
            class: class(status),
            word: words::status(status),
            severity: severity.map(words::severity),
            sentence: sentence(history),
            cause: cause.map(without_addresses),
            since: since(history).map(|from| Since {
                moment: moment(from),
                length: words::span(history.read_at - from),
            }),
            checked: latest.map(|check| moment(check.checked_at)),
        }
    }
}

/// Since when it is as it is: since the evidence says an open incident began, or else since each
/// check has said the same.
fn since(history: &History) -> Option<DateTime<Utc>> {
    if history.is_stale() {
        let latest = history.latest.as_ref()?;
        return Some(history.full_at.unwrap_or(latest.checked_at) + FRESH);
    }
    let latest = history.latest.as_ref();
    if let Some(check) =
        latest.filter(|check| check.has_healed_all() && history.unchecked().is_none())
    {
        return Some(check.checked_at);
    }
    let open = history
        .incidents
        .iter()
        .filter(|incident| incident.resolved_at.is_none());
    let gravest = open.max_by_key(|incident| (incident.severity, Reverse(incident.began_at)));
    match (history.status(), gravest) {
        (Status::Healthy, _) | (_, None) => history.since,
        (_, Some(incident)) => Some(incident.began_at),
    }
}

fn sentence(history: &History) -> String {
    let Some(latest) = history.latest.as_ref() else {
        return "No full check has been made yet, so nothing is known.".to_owned();
    };
    if history.is_stale() {
        return "The last full check is more than 26 hours old, so nothing is known of now."
            .to_owned();
    }
    if let Some(incident) = history.unchecked() {
        let sentence = words::sentence(&incident.sentence);
        return format!("{sentence}. Found after the last check.");
    }
    let counted = latest.count("ghosts");
    let ghosts = counted.unwrap_or(0) - latest.healed;
    if latest.has_healed_all() {
        let created = words::counted(latest.healed, "profile");
        return format!("{created} had to be created; everybody has one now.");
    }
    match latest.status {
        Status::Healthy => "Everybody who ought to have a profile has one.".to_owned(),
        Status::Warning => "Nobody is kept out, but something is off.".to_owned(),
        Status::Critical if ghosts == 1 => "1 user can sign in and has no profile.".to_owned(),
        Status::Critical if ghosts > 0 => {
            format!(
                "{} users can sign in and have no profile.",
                words::grouped(ghosts)
            )
        }
        Status::Critical if counted.is_none() => {
            "Signups are not looked after, and who is missing could not be counted.".to_owned()
        }
        Status::Critical => "Nobody is missing now, but signups are not looked after.".to_owned(),
        Status::Unknown => "The last check could not see whether all is well.".to_owned(),
    }
}

fn class(status: Status) -> &'static str {
    match status {
        Status::Healthy => "healthy",
        Status::Warning => "warning",
        Status::Critical => "critical",
        Status::Unknown => "unknown",
    }
}
