//! The full check: everything is looked at once, then said what it comes to and what to do next.
//!
//! [`look`] asks the database; what a check makes of the answers is pure ([`Seen::found`],
//! [`Seen::checks`], [`Seen::counts`]). A question that was cut off is null and never zero.

pub mod canary;
mod children;
mod evidence;
mod guard;
mod list;
mod look;
mod parity;
mod words;

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::{
    backfill::Unfinished,
    database::Database,
    error::Error,
    roll::Counts,
    severity::{Found, Severity, Status, assess},
    trigger::{State, Triggers},
};
pub use canary::Canary;
pub use evidence::{ChildRows, ChildTable, Deliveries, Drift, Ledger};
pub use list::Check;
pub use look::{Child, Limits, Seen, look};

/// What healing did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Healed {
    /// Profiles created.
    pub created: i64,
    /// Users whose profile the database did not accept.
    pub refused: i64,
}

/// Why it came to this, as far as the evidence goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// A short stable word.
    pub kind: &'static str,
    /// The sentence to read.
    pub sentence: String,
}

/// The result of a full check; the fields are the contract's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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
    pub incident: Option<serde_json::Value>,
    pub alerts: Vec<serde_json::Value>,
    pub samples: Vec<Uuid>,
}

/// Looks at everything once. `run_id` and `checked_at` are the caller's; `elapsed_ms` tells how
/// many milliseconds have passed since the call began.
pub async fn run(
    database: &Database,
    run_id: Uuid,
    checked_at: DateTime<Utc>,
    limits: Limits,
    elapsed_ms: impl Fn() -> u64,
) -> Result<Report, Error> {
    let seen = look(database, run_id, limits).await?;
    Ok(report(seen, run_id, checked_at, elapsed_ms()))
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

fn report(seen: Seen, run_id: Uuid, checked_at: DateTime<Utc>, duration_ms: u64) -> Report {
    let (severity, status) = assess(&seen.found(), seen.configuration.burst);
    Report {
        run_id,
        checked_at,
        duration_ms,
        status,
        severity,
        counts: seen.counts(),
        checks: seen.checks(),
        cause: cause(&seen),
        next_step: next_step(&seen),
        configuration: seen.configuration.digest,
        trigger: seen.triggers.into_seen(),
        healed: Healed::default(),
        incident: None,
        alerts: vec![],
        samples: seen.samples,
    }
}

fn cause(seen: &Seen) -> Option<Cause> {
    if seen.is_guard_tripped() {
        return seen.guard_sentence().map(|sentence| Cause {
            kind: "users_lost",
            sentence,
        });
    }
    let triggers = seen.triggers.seen()?;
    (triggers.state != State::Active).then(|| Cause {
        kind: "trigger",
        sentence: format!("the trigger does not do its work: {}", triggers.detail),
    })
}

fn next_step(seen: &Seen) -> Option<String> {
    if seen.is_guard_tripped() {
        return Some(
            "if people have signed up, find out what became of auth.users before anything is \
             repaired; if nobody has yet, nothing is wrong"
                .to_owned(),
        );
    }
    if let Some(triggers) = seen.triggers.seen()
        && triggers.state != State::Active
    {
        return Some(bring_back(triggers.state, &seen.configuration.mode).to_owned());
    }
    if let Some(Unfinished { run_id, .. }) = seen.unfinished.first() {
        return Some(format!(
            "go on with the unfinished run: rollcall backfill --run-id {run_id}"
        ));
    }
    let roll = seen.roll.seen()?;
    match (roll.ghosts, roll.refused) {
        (0, _) => None,
        (ghosts, refused) if ghosts == refused => Some(
            "the database accepts none of these profiles; see why: \
             select reason, sqlstate, count(*) from rollcall.sync_failures group by 1, 2; \
             mend that, then: rollcall backfill --run"
                .to_owned(),
        ),
        _ => Some("see who would get a profile: rollcall backfill --preview".to_owned()),
    }
}

/// What to do about triggers that do not do their work.
fn bring_back(state: State, mode: &str) -> &'static str {
    match state {
        _ if mode == "watch" => {
            "bring the application's own trigger back by its migration, \
             then see who is missing: rollcall backfill --preview"
        }
        // `rollcall sql` does not write over what somebody else wrote.
        State::Altered | State::Foreign => {
            "find out who changed it; to have Rollcall's again, set adopt = true in \
             rollcall.toml and apply the output of `rollcall sql`"
        }
        _ => {
            "bring the trigger back by applying the output of `rollcall sql`, \
             then see who is missing: rollcall backfill --preview"
        }
    }
}
