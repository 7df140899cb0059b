//! What checks and runs left behind, for people to look back on.
//!
//! It holds ids, counts and Rollcall's own sentences. What people wrote (the reason of a run) and
//! what the application holds (e-mail addresses, metadata) is not in it.

mod read;

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::severity::{Severity, Status};

pub use read::{post_mortem, read};

/// A check that is older says nothing any more.
pub const FRESH: TimeDelta = TimeDelta::hours(26);

/// The checks, incidents and runs of some days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct History {
    /// When it was read.
    pub read_at: DateTime<Utc>,
    /// The beginning of what it holds. Open incidents, and the latest check, may be older.
    pub from: DateTime<Utc>,
    /// The last check, if there ever was one.
    pub latest: Option<PastCheck>,
    /// Since when each check has said the same as the latest.
    pub since: Option<DateTime<Utc>>,
    /// The last check that no pulse called.
    pub full_at: Option<DateTime<Utc>>,
    /// Checks, oldest first.
    pub checks: Vec<PastCheck>,
    /// Incidents, the open ones first.
    pub incidents: Vec<Incident>,
    /// Runs, latest first.
    pub runs: Vec<PastRun>,
    /// Why profiles were not accepted, the most frequent reason first.
    pub refusals: Option<Vec<Refusals>>,
}

impl History {
    /// The status now: that of the latest check, unless nobody looks any more, what it found is
    /// mended, or something graver was found since.
    #[must_use]
    pub fn status(&self) -> Status {
        let latest = self.latest.as_ref().filter(|_| !self.is_stale());
        match (self.unchecked(), latest) {
            (Some(incident), Some(_)) if incident.severity > Severity::P2 => Status::Critical,
            (Some(_), Some(_)) => Status::Warning,
            (None, Some(check)) if check.has_healed_all() => Status::Healthy,
            (None, Some(check)) => check.status,
            (_, None) => Status::Unknown,
        }
    }

    /// The gravest open incident that was opened after the latest check, if it is graver than
    /// what that check found.
    #[must_use]
    pub fn unchecked(&self) -> Option<&Incident> {
        let latest = self.latest.as_ref()?;
        let open = self.incidents.iter().filter(|incident| {
            incident.resolved_at.is_none()
                && incident.opened_at > latest.checked_at
                && Some(incident.severity) > latest.severity
        });
        open.max_by_key(|incident| incident.severity)
    }

    /// Whether there were checks, but the last that no pulse called is too long ago: the pulse looks
    /// at a part, and calls a check only when that seems wrong.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        let is_old = |full_at| full_at + FRESH < self.read_at;
        self.latest.is_some() && self.full_at.is_none_or(is_old)
    }
}

/// One check of the past.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PastCheck {
    /// The id of the check's run.
    pub run_id: Uuid,
    /// Whether it was called for itself, and not by a pulse that saw something.
    pub is_full: bool,
    /// When it looked.
    pub checked_at: DateTime<Utc>,
    /// How long it took, in milliseconds.
    pub duration_ms: i64,
    /// The digest of the configuration at that time.
    pub configuration: String,
    /// What it came to.
    pub status: Status,
    /// How grave that was.
    pub severity: Option<Severity>,
    /// The contract's counts by their names; null is a count that was not taken.
    pub counts: BTreeMap<String, Option<i64>>,
    /// The named checks, in their order.
    pub checks: Vec<NamedCheck>,
    /// The worst state of the triggers; nothing if they could not be looked at.
    pub trigger_state: Option<String>,
    /// One sentence on the triggers.
    pub trigger_detail: Option<String>,
    /// The cause in a word, if there was one.
    pub cause: Option<String>,
    /// The cause in a sentence.
    pub sentence: Option<String>,
    /// Profiles it created.
    pub healed: i64,
    /// Profiles that the database would not accept from it.
    pub refused: i64,
}

impl PastCheck {
    /// A count by its name, if it was taken.
    #[must_use]
    pub fn count(&self, name: &str) -> Option<i64> {
        self.counts.get(name).copied().flatten()
    }

    /// Whether all that it found were ghosts, and it made every profile that was missing.
    #[must_use]
    pub fn has_healed_all(&self) -> bool {
        let ghosts = self.count("ghosts").unwrap_or(0);
        let is_about_ghosts = |check: &NamedCheck| {
            matches!(
                &*check.check_name,
                "ghost_users_check" | "count_parity_check"
            ) && check.issue_count <= ghosts
        };
        let mut failed = self
            .checks
            .iter()
            .filter(|check| check.passed != Some(true));
        ghosts > 0 && self.healed >= ghosts && failed.all(is_about_ghosts)
    }
}

/// A named check as it was stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are those of check::Check")]
pub struct NamedCheck {
    pub check_name: String,
    pub passed: Option<bool>,
    pub issue_count: i64,
    pub severity: String,
    pub message: String,
    pub examined: Option<i64>,
}

/// Something that was wrong, from the first check that found it to the one that proved it mended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Incident {
    /// Its id.
    pub incident_id: Uuid,
    /// The cause in a word.
    pub cause: String,
    /// The cause in a sentence.
    pub sentence: String,
    /// The worst that it came to.
    pub severity: Severity,
    /// Since when, as far as the evidence goes.
    pub began_at: DateTime<Utc>,
    /// When a check first found it.
    pub opened_at: DateTime<Utc>,
    /// When a check last saw it.
    pub last_seen_at: DateTime<Utc>,
    /// When a full check proved it mended.
    pub resolved_at: Option<DateTime<Utc>>,
    /// The most users that one check saw affected.
    pub most_affected: i64,
    /// How many profiles were created by checks.
    pub healed: i64,
    /// What happened, in order.
    pub events: Vec<Event>,
}

/// Something that happened in an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// When.
    pub happened_at: DateTime<Utc>,
    /// One of `opened`, `escalated`, `cause_found`, `healed`, `resolved`.
    pub what: String,
    /// The severity from then on.
    pub severity: String,
    /// The check that saw it.
    pub run_id: Uuid,
    /// What there is to say about it.
    pub sentence: String,
}

/// A run of the past.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the contract's §5 defines the counts")]
pub struct PastRun {
    pub run_id: Uuid,
    /// What it was: `backfill`, …
    pub kind: String,
    /// `planned`, `running` or `completed`.
    pub state: String,
    pub planned: i64,
    pub created: i64,
    pub present: i64,
    pub refused: i64,
    pub gone: i64,
    pub planned_at: DateTime<Utc>,
    pub started_at: Option<DateTime<Utc>>,
    pub finished_at: Option<DateTime<Utc>>,
}

/// How many profiles were not accepted for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refusals {
    /// The reason's code.
    pub reason: String,
    /// The database's own code.
    pub sqlstate: Option<String>,
    /// How many users are in the ledger for it now.
    pub in_ledger: i64,
    /// How many refusals there were in the runs of these days.
    pub in_runs: i64,
    /// The first of them.
    pub oldest_at: Option<DateTime<Utc>>,
}

/// One incident, and the runs that were at work meanwhile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PostMortem {
    /// When it was read.
    pub read_at: DateTime<Utc>,
    /// The incident.
    pub incident: Incident,
    /// Runs from its beginning to its end, oldest first.
    pub runs: Vec<PastRun>,
}
