//! What a check found, as troubles that incidents are made of.

use chrono::{DateTime, Utc};

use crate::{
    cause::{self, Cause},
    check::Seen,
    evidence::Evidence,
    heal::Healed,
    incident::{Reach, Trouble},
    roll::Roll,
    severity::{Found, Severity, assess},
    words::counted,
};

/// What was found, before and after healing.
#[derive(Debug, Clone)]
pub(super) struct Findings {
    found: Found,
    cause: Option<Cause>,
    grave: Option<Trouble>,
    lesser: Vec<Trouble>,
    reach: Reach,
    /// Ghosts, acknowledged ones included.
    ghosts: i64,
    /// Those who are left and not acknowledged; nothing where the count is not to be believed.
    unhealed: Option<i64>,
    burst: i64,
}

impl Findings {
    pub(super) fn of(seen: &Seen, evidence: Option<&Evidence>, now: DateTime<Utc>) -> Self {
        let found = seen.found();
        let burst = seen.configuration.burst;
        let cause = cause_of(seen, evidence);
        let (severity, _) = assess(&Found { lesser: 0, ..found }, burst);
        let grave = severity.map(|severity| Trouble {
            cause: cause.clone().unwrap_or_else(not_found),
            severity,
            affected: found.ghosts,
            began_at: evidence.map_or(now, |evidence| cause::began_at(evidence, now)),
            healed: 0,
            is_over: false,
            is_small: found.ghosts <= burst,
        });
        Self {
            found,
            cause,
            grave,
            lesser: lesser(seen, now),
            // What could not be looked at is not over.
            reach: if found.blind {
                Reach::Part
            } else {
                Reach::Whole
            },
            ghosts: seen.roll.seen().map_or(0, |roll| roll.ghosts),
            unhealed: seen
                .roll
                .seen()
                .filter(|_| !found.guard_tripped)
                .map(|_| found.ghosts),
            burst,
        }
    }

    /// Whether the counts are to be believed. Nothing is healed by a check that is half blind.
    pub(super) fn may_heal(&self) -> bool {
        self.ghosts > 0 && !self.found.guard_tripped
    }

    pub(super) fn ghosts(&self) -> i64 {
        self.ghosts
    }

    pub(super) fn unhealed(&self) -> Option<i64> {
        self.unhealed
    }

    pub(super) fn cause(&self) -> Option<&Cause> {
        self.cause.as_ref()
    }

    pub(super) fn reach(&self) -> Reach {
        self.reach
    }

    /// All troubles, the gravest first.
    pub(super) fn troubles(&self) -> Vec<Trouble> {
        self.grave.iter().chain(&self.lesser).cloned().collect()
    }

    /// Whether nothing grave is left.
    pub(super) fn is_over(&self) -> bool {
        self.grave.as_ref().is_none_or(|trouble| trouble.is_over)
    }

    /// Takes in what a second roll says after healing.
    pub(super) fn look_again(&mut self, healed: Healed, roll: &Roll) {
        let after = Found {
            ghosts: roll.ghosts - roll.acknowledged,
            ghosts_old: roll.ghosts_old - roll.acknowledged_old,
            lesser: 0,
            ..self.found
        };
        self.unhealed = Some(after.ghosts);
        if let Some(grave) = &mut self.grave {
            grave.healed = healed.created;
            grave.is_over = assess(&after, self.burst).0.is_none();
        }
    }
}

/// Why, if anything grave was found.
fn cause_of(seen: &Seen, evidence: Option<&Evidence>) -> Option<Cause> {
    seen.guard_cause()
        .or_else(|| evidence.and_then(cause::find))
        .or_else(|| seen.canary_cause())
        .or_else(|| seen.blind_cause())
}

/// No rule is about this; it is grave all the same.
fn not_found() -> Cause {
    Cause::new(cause::UNKNOWN, "the evidence does not say why")
}

/// What keeps nobody from working, class by class.
fn lesser(seen: &Seen, now: DateTime<Utc>) -> Vec<Trouble> {
    let counts = seen.counts();
    let classes = [
        ("retired_profiles", counts.retired, "retired profile"),
        (
            "orphaned_profiles",
            counts.orphaned_profiles,
            "orphaned profile",
        ),
        ("leftover_profiles", counts.leftover, "leftover profile"),
        ("drifted_profiles", counts.drifted, "drifted profile"),
        (
            "orphaned_child_rows",
            counts.orphaned_child_rows,
            "orphaned child row",
        ),
        (
            "failed_deliveries",
            seen.failed_deliveries(),
            "failed webhook delivery",
        ),
    ];
    classes
        .into_iter()
        .filter_map(|(kind, count, noun)| {
            let affected = count.filter(|count| *count > 0)?;
            Some(Trouble {
                cause: Cause::new(kind, counted(affected, noun)),
                severity: Severity::P2,
                affected,
                began_at: now,
                healed: 0,
                is_over: false,
                is_small: true,
            })
        })
        .collect()
}
