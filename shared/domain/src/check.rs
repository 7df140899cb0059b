//! The full check: everything is looked at once, then said what it comes to and what to do next.
//!
//! [`look`] asks the database; what a check makes of the answers is pure ([`Seen::found`],
//! [`Seen::checks`], [`Seen::counts`]). A question that was cut off is null and never zero.

mod blind;
pub mod canary;
mod children;
mod evidence;
mod guard;
mod list;
mod look;
mod parity;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    alert::Sent,
    cause::Cause,
    database::Looked,
    heal::Healed,
    incident::Touched,
    next_step, pulse,
    roll::Counts,
    severity::{Found, Severity, Status, assess},
    trigger::{State, Triggers},
};
pub use canary::Canary;
pub use evidence::{ChildRows, ChildTable, Deliveries, Drift, Ledger, previous_auth_users};
pub use guard::doubt;
pub use list::Check;
pub use look::{Child, Limits, Seen, look};

/// The result of a full check; the fields are the contract's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the contract's §5 defines each field")]
pub struct Report {
    pub run_id: Uuid,
    pub checked_at: DateTime<Utc>,
    pub duration_ms: u64,
    pub configuration: String,
    pub status: Status,
    pub severity: Option<Severity>,
    pub counts: Counts,
    pub checks: Vec<Check>,
    /// Null if it could not be seen.
    pub trigger: Option<Triggers>,
    pub cause: Option<Cause>,
    pub next_step: Option<String>,
    pub healed: Healed,
    pub incident: Option<Touched>,
    pub alerts: Vec<Sent>,
    pub samples: Vec<Uuid>,
    /// How many ghosts are left after healing, as far as is known, without those that an operator
    /// acknowledged; for the metrics.
    #[serde(skip)]
    pub unhealed_ghosts: Option<i64>,
    /// How long the oldest ghost has been one; for the metrics.
    #[serde(skip)]
    pub oldest_ghost_seconds: Option<i64>,
}

impl Seen {
    /// What it comes to, for [`assess`].
    #[must_use]
    pub fn found(&self) -> Found {
        let mut found = Found {
            trigger_inactive: self.is_trigger_inactive() || self.is_canary_lost(),
            guard_tripped: self.is_guard_tripped(),
            blind: self.is_blind(),
            ..Found::default()
        };
        if let Some(roll) = self.roll.seen() {
            found.ghosts = roll.ghosts - roll.acknowledged;
            found.ghosts_old = roll.ghosts_old - roll.acknowledged_old;
            found.lesser += roll.acknowledged
                + roll.retired
                + roll.orphaned_profiles
                + roll.leftover
                + roll.unexplained();
        }
        found.lesser += self.drift.seen().map_or(0, |drift| drift.drifted);
        found.lesser += self.known_orphaned_rows();
        found.lesser += self.ledger.seen().map_or(0, |ledger| ledger.entries);
        if let Some(Some(deliveries)) = self.deliveries.seen() {
            found.lesser += deliveries.failed;
        }
        found
    }

    /// The contract's counts; null is what could not be taken.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts {
            drifted: self.drift.seen().map(|drift| drift.drifted),
            orphaned_child_rows: self.orphaned_rows(),
            ..self.roll.seen().map(Counts::from).unwrap_or_default()
        }
    }

    /// Whether a trigger was seen that does not do its work.
    #[must_use]
    pub fn is_trigger_inactive(&self) -> bool {
        self.triggers
            .seen()
            .is_some_and(|triggers| triggers.state != State::Active)
    }

    /// Whether a synthetic signup got no profile.
    #[must_use]
    pub fn is_canary_lost(&self) -> bool {
        matches!(self.canary.seen(), Some(Canary::Lost { .. }))
    }

    /// Why the numbers are not to be believed, if they are not.
    #[must_use]
    pub fn guard_cause(&self) -> Option<Cause> {
        self.guard_sentence()
            .map(|sentence| Cause::new("users_lost", sentence))
    }

    /// Why a synthetic signup got no profile, if it got none.
    #[must_use]
    pub fn canary_cause(&self) -> Option<Cause> {
        let canary = self.canary.seen().filter(|_| self.is_canary_lost())?;
        Some(Cause::new("canary_failed", canary.sentence()))
    }

    /// What could not be looked at and why, if anything could not.
    #[must_use]
    pub fn blind_cause(&self) -> Option<Cause> {
        let sentence = || blind::sentence(&self.checks());
        self.is_blind().then(|| Cause::new("blind", sentence()))
    }

    /// Webhook deliveries that failed, where they could be counted.
    #[must_use]
    pub fn failed_deliveries(&self) -> Option<i64> {
        let deliveries = self.deliveries.seen()?.as_ref()?;
        Some(deliveries.failed)
    }

    /// Whether any question was cut off.
    #[must_use]
    pub fn is_blind(&self) -> bool {
        self.roll.is_cut_off()
            || self.triggers.is_cut_off()
            || self.drift.is_cut_off()
            || self.orphaned_rows().is_none()
            || self.ledger.is_cut_off()
            || self.deliveries.is_cut_off()
            || self.previous_auth_users.is_cut_off()
            || self.canary.is_cut_off()
    }
}

/// The report of what was seen.
#[must_use]
pub fn report(seen: &Seen, run_id: Uuid, checked_at: DateTime<Utc>, duration_ms: u64) -> Report {
    let (severity, status) = assess(&seen.found(), seen.configuration.burst);
    let oldest = seen.roll.seen().and_then(|roll| roll.oldest_ghost);
    Report {
        run_id,
        checked_at,
        duration_ms,
        status,
        severity,
        counts: seen.counts(),
        checks: seen.checks(),
        cause: None,
        next_step: next_step::of(seen),
        configuration: seen.configuration.digest.clone(),
        trigger: seen.triggers.seen().cloned(),
        healed: Healed::default(),
        incident: None,
        alerts: vec![],
        samples: seen.samples.clone(),
        unhealed_ghosts: None,
        oldest_ghost_seconds: oldest.map(|oldest| (checked_at - oldest).num_seconds().max(0)),
    }
}

/// The report of a pulse that saw nothing to follow up. It counted nobody.
#[must_use]
pub fn of_pulse(
    seen: &pulse::Seen,
    run_id: Uuid,
    checked_at: DateTime<Utc>,
    duration_ms: u64,
) -> Report {
    let found = Found {
        trigger_inactive: seen.triggers.state != State::Active,
        ghosts: i64::try_from(seen.moved_ghosts.len()).unwrap_or(i64::MAX),
        lesser: seen.ledger_entries,
        ..Found::default()
    };
    let (severity, status) = match (assess(&found, seen.configuration.burst), seen.open()) {
        // What a full check found is not over because a pulse does not see it.
        ((severity, _), Some(open)) => (severity.max(Some(open)), Status::Critical),
        (assessed, None) => assessed,
    };
    let triggers = Looked::Seen(seen.triggers.clone());
    Report {
        run_id,
        checked_at,
        duration_ms,
        status,
        severity,
        counts: Counts::default(),
        checks: vec![Check::of(
            "trigger_exists_check",
            "critical",
            &triggers,
            list::trigger_exists,
        )],
        cause: None,
        next_step: None,
        configuration: seen.configuration.digest.clone(),
        trigger: triggers.into_seen(),
        healed: Healed::default(),
        incident: None,
        alerts: vec![],
        samples: seen.moved_ghosts.iter().take(10).copied().collect(),
        unhealed_ghosts: Some(seen.unhealed_ghosts()),
        oldest_ghost_seconds: None,
    }
}
