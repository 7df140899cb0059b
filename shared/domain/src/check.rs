//! The full check: the roll, the triggers, what it comes to, and what to do next.
//!
//! This version looks and reports. Healing, alerts, incidents and the checks beyond the
//! runbook's four are not in it; asking for them is an error, not a silence.

mod parity;

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::{
    alert::Sent,
    backfill::{self, Unfinished},
    cause::Cause,
    configuration::{self, Configuration},
    database::{Database, Limit},
    error::Error,
    heal::Healed,
    incident::Touched,
    pulse,
    roll::{self, Counts, Roll},
    severity::{Found, Severity, Status, assess},
    trigger::{self, State, Triggers},
    words::{counted, grouped},
};

/// How many ghosts a report shows.
const SAMPLES: i32 = 10;

/// One named question and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// The contract's name of the check.
    pub check_name: &'static str,
    /// Whether all is well; null if it could not look.
    pub passed: Option<bool>,
    /// How many things are wrong.
    pub issue_count: i64,
    /// How grave a failure of this check is, in the runbook's words.
    pub severity: &'static str,
    /// The answer in a sentence.
    pub message: String,
    /// How many things were looked at.
    pub examined: Option<i64>,
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
    pub trigger: Triggers,
    pub cause: Option<Cause>,
    pub next_step: Option<String>,
    pub healed: Healed,
    pub incident: Option<Touched>,
    pub alerts: Vec<Sent>,
    pub samples: Vec<Uuid>,
    /// How long the oldest ghost has been one; for the metrics.
    #[serde(skip)]
    pub oldest_ghost_seconds: Option<i64>,
}

/// What a look at a part of it came to.
#[derive(Debug, Clone)]
pub enum Looked<T> {
    /// What was seen.
    Seen(T),
    /// Why it could not be seen.
    CutOff(String),
}

impl<T> Looked<T> {
    /// What was seen, if it was.
    pub fn seen(&self) -> Option<&T> {
        match self {
            Self::Seen(seen) => Some(seen),
            Self::CutOff(_) => None,
        }
    }
}

/// What a check saw, before anything is made of it.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "replaced soon")]
pub struct Seen {
    pub configuration: Configuration,
    pub roll: Looked<Roll>,
    pub triggers: Triggers,
    pub samples: Vec<Uuid>,
    pub unfinished: Vec<Unfinished>,
}

/// Looks at everything once.
pub async fn look(
    database: &Database,
    _canary: Uuid,
    _at_most: Option<std::time::Duration>,
) -> Result<Seen, Error> {
    database
        .transaction(Limit::Survey, "checking", async |connection| {
            Ok(Seen {
                configuration: configuration::read(&mut *connection).await?,
                roll: Looked::Seen(roll::take(&mut *connection).await?),
                triggers: trigger::look(&mut *connection).await?,
                samples: roll::sample_ghosts(&mut *connection, SAMPLES).await?,
                unfinished: backfill::unfinished(&mut *connection).await?,
            })
        })
        .await
}

impl Seen {
    /// What severity is assessed from.
    #[must_use]
    pub fn found(&self) -> Found {
        let Some(roll) = self.roll.seen() else {
            return Found {
                blind: true,
                ..Found::default()
            };
        };
        Found {
            ghosts: roll.ghosts,
            ghosts_old: roll.ghosts_old,
            trigger_inactive: self.triggers.state != State::Active,
            guard_tripped: roll.auth_users == 0,
            lesser: roll.retired + roll.orphaned_profiles + roll.leftover + roll.unexplained(),
            blind: false,
        }
    }

    /// The contract's counts.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.roll.seen().map_or_else(Counts::default, Counts::from)
    }

    /// Why a guard tripped, if one did.
    #[must_use]
    pub fn guard_cause(&self) -> Option<Cause> {
        let roll = self.roll.seen()?;
        (roll.auth_users == 0).then(|| {
            Cause::new(
                "users_lost",
                match roll.live {
                    0 => "auth.users is empty".to_owned(),
                    live => format!(
                        "auth.users is empty while there are {}",
                        counted(live, "live profile")
                    ),
                },
            )
        })
    }

    /// Why the canary failed, if it did.
    #[must_use]
    pub fn canary_cause(&self) -> Option<Cause> {
        None
    }

    /// Why something could not be looked at.
    #[must_use]
    pub fn blind_cause(&self) -> Cause {
        Cause::new("blind", "a check could not look")
    }

    /// Webhook deliveries that failed, where they could be counted.
    #[must_use]
    pub fn failed_deliveries(&self) -> Option<i64> {
        None
    }
}

/// The report of what was seen.
#[must_use]
pub fn report(seen: &Seen, run_id: Uuid, checked_at: DateTime<Utc>, duration_ms: u64) -> Report {
    let (severity, status) = assess(&seen.found(), seen.configuration.burst);
    let none = Roll::default();
    let roll = seen.roll.seen().unwrap_or(&none);
    Report {
        run_id,
        checked_at,
        duration_ms,
        status,
        severity,
        counts: seen.counts(),
        checks: vec![
            ghost_users(roll),
            orphaned_profiles(roll),
            parity::count_parity(roll),
            trigger_exists(&seen.triggers),
        ],
        cause: None,
        next_step: next_step(seen, roll),
        configuration: seen.configuration.digest.clone(),
        trigger: seen.triggers.clone(),
        healed: Healed::default(),
        incident: None,
        alerts: vec![],
        samples: seen.samples.clone(),
        oldest_ghost_seconds: None,
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
        ..Found::default()
    };
    let (severity, status) = assess(&found, seen.configuration.burst);
    Report {
        run_id,
        checked_at,
        duration_ms,
        status,
        severity,
        counts: Counts::default(),
        checks: vec![trigger_exists(&seen.triggers)],
        cause: None,
        next_step: None,
        configuration: seen.configuration.digest.clone(),
        trigger: seen.triggers.clone(),
        healed: Healed::default(),
        incident: None,
        alerts: vec![],
        samples: seen.moved_ghosts.iter().take(10).copied().collect(),
        oldest_ghost_seconds: None,
    }
}

fn ghost_users(roll: &Roll) -> Check {
    let message = match roll.ghosts {
        0 => "No ghost users detected".to_owned(),
        ghosts => format!(
            "{} without a profile, {} of them for longer than allowed",
            counted(ghosts, "auth user"),
            grouped(roll.ghosts_old)
        ),
    };
    Check {
        check_name: "ghost_users_check",
        passed: Some(roll.ghosts == 0),
        issue_count: roll.ghosts,
        severity: "critical",
        message,
        examined: Some(roll.auth_users),
    }
}

fn orphaned_profiles(roll: &Roll) -> Check {
    let message = match roll.orphaned_profiles {
        0 => "No orphaned profiles detected".to_owned(),
        orphans => format!("{} without an auth user", counted(orphans, "profile")),
    };
    Check {
        check_name: "orphaned_profiles_check",
        passed: Some(roll.orphaned_profiles == 0),
        issue_count: roll.orphaned_profiles,
        severity: "warning",
        message,
        examined: Some(roll.profiles),
    }
}

fn trigger_exists(triggers: &Triggers) -> Check {
    let passed = triggers.state == State::Active;
    Check {
        check_name: "trigger_exists_check",
        passed: Some(passed),
        issue_count: i64::from(!passed),
        severity: "critical",
        message: triggers.detail.clone(),
        examined: Some(triggers.examined),
    }
}

fn next_step(seen: &Seen, roll: &Roll) -> Option<String> {
    if roll.auth_users == 0 {
        return Some(
            "if people have signed up, find out what became of auth.users before anything is \
             repaired; if nobody has yet, nothing is wrong"
                .to_owned(),
        );
    }
    if seen.triggers.state != State::Active {
        return Some(bring_back(seen.triggers.state, &seen.configuration.mode).to_owned());
    }
    if let Some(Unfinished { run_id, .. }) = seen.unfinished.first() {
        return Some(format!(
            "go on with the unfinished run: rollcall backfill --run-id {run_id}"
        ));
    }
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
