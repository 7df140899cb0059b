//! The full check: the roll, the triggers, what it comes to, and what to do next.
//!
//! This version looks and reports. Healing, alerts, incidents and the checks beyond the
//! runbook's four are not in it; asking for them is an error, not a silence.

mod parity;

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::{
    backfill::{self, Unfinished},
    configuration::{self, Configuration},
    database::{Database, Limit},
    error::Error,
    heal::Healed,
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
    pub trigger: Triggers,
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
    elapsed_ms: impl Fn() -> u64,
) -> Result<Report, Error> {
    let seen = database
        .transaction(Limit::Survey, "checking", async |connection| {
            Ok(Seen {
                configuration: configuration::read(&mut *connection).await?,
                roll: roll::take(&mut *connection).await?,
                triggers: trigger::look(&mut *connection).await?,
                samples: roll::sample_ghosts(&mut *connection, SAMPLES).await?,
                unfinished: backfill::unfinished(&mut *connection).await?,
            })
        })
        .await?;
    Ok(report(seen, run_id, checked_at, elapsed_ms()))
}

/// What a check saw, before anything is made of it.
struct Seen {
    configuration: Configuration,
    roll: Roll,
    triggers: Triggers,
    samples: Vec<Uuid>,
    unfinished: Vec<Unfinished>,
}

impl Seen {
    /// No user at all is what a lost table looks like, also where a cascade took the profiles with
    /// it. Row security cannot feign it: the database functions turn that into an error.
    fn guard_tripped(&self) -> bool {
        self.roll.auth_users == 0
    }
}

fn report(seen: Seen, run_id: Uuid, checked_at: DateTime<Utc>, duration_ms: u64) -> Report {
    let roll = &seen.roll;
    let found = Found {
        ghosts: roll.ghosts,
        ghosts_old: roll.ghosts_old,
        trigger_inactive: seen.triggers.state != State::Active,
        guard_tripped: seen.guard_tripped(),
        lesser: roll.retired + roll.orphaned_profiles + roll.leftover + roll.unexplained(),
        blind: false,
    };
    let (severity, status) = assess(&found, seen.configuration.burst);
    Report {
        run_id,
        checked_at,
        duration_ms,
        status,
        severity,
        counts: Counts::from(roll),
        checks: vec![
            ghost_users(roll),
            orphaned_profiles(roll),
            parity::count_parity(roll),
            trigger_exists(&seen.triggers),
        ],
        cause: cause(&seen),
        next_step: next_step(&seen),
        configuration: seen.configuration.digest,
        trigger: seen.triggers,
        healed: Healed::default(),
        incident: None,
        alerts: vec![],
        samples: seen.samples,
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

fn cause(seen: &Seen) -> Option<Cause> {
    if seen.guard_tripped() {
        return Some(Cause {
            kind: "users_lost",
            sentence: match seen.roll.live {
                0 => "auth.users is empty".to_owned(),
                live => format!(
                    "auth.users is empty while there are {}",
                    counted(live, "live profile")
                ),
            },
        });
    }
    (seen.triggers.state != State::Active).then(|| Cause {
        kind: "trigger",
        sentence: format!("the trigger does not do its work: {}", seen.triggers.detail),
    })
}

fn next_step(seen: &Seen) -> Option<String> {
    if seen.guard_tripped() {
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
    match (seen.roll.ghosts, seen.roll.refused) {
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
