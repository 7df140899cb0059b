//! The list of named checks, in the contract's order.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{Canary, Seen, parity};
use crate::{
    database::Looked,
    roll::Roll,
    trigger::{State, Triggers},
    words::{counted, grouped, moment},
};

/// One named question and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// The contract's name of the check.
    pub check_name: Cow<'static, str>,
    /// Whether all is well; null if it could not look.
    pub passed: Option<bool>,
    /// How many things are wrong.
    pub issue_count: i64,
    /// How grave a failure of this check is, in the runbook's words.
    pub severity: Cow<'static, str>,
    /// The answer in a sentence.
    pub message: String,
    /// How many things were looked at.
    pub examined: Option<i64>,
}

/// What a check says that could look.
pub(super) struct Answer {
    pub(super) issues: i64,
    pub(super) message: String,
    pub(super) examined: i64,
}

impl Check {
    /// It passes if there is no issue. What was cut off is neither passed nor failed.
    pub(super) fn of<T>(
        check_name: &'static str,
        severity: &'static str,
        looked: &Looked<T>,
        answer: impl FnOnce(&T) -> Answer,
    ) -> Self {
        match looked {
            Looked::Seen(seen) => {
                let answer = answer(seen);
                Self {
                    check_name: check_name.into(),
                    passed: Some(answer.issues == 0),
                    issue_count: answer.issues,
                    severity: severity.into(),
                    message: answer.message,
                    examined: Some(answer.examined),
                }
            }
            Looked::CutOff { why } => Self {
                check_name: check_name.into(),
                passed: None,
                issue_count: 0,
                severity: severity.into(),
                message: format!("Could not look: {why}"),
                examined: None,
            },
        }
    }
}

impl Seen {
    /// Every check that was made, in the contract's order.
    #[must_use]
    pub fn checks(&self) -> Vec<Check> {
        let roll = &self.roll;
        let mut checks = vec![
            Check::of("ghost_users_check", "critical", roll, ghost_users),
            Check::of(
                "orphaned_profiles_check",
                "warning",
                roll,
                orphaned_profiles,
            ),
            Check::of("count_parity_check", "critical", roll, parity::count_parity),
            Check::of(
                "trigger_exists_check",
                "critical",
                &self.triggers,
                trigger_exists,
            ),
            Check::of("refused_users_check", "critical", roll, refused_users),
            Check::of("retired_profiles_check", "warning", roll, retired_profiles),
            Check::of(
                "leftover_profiles_check",
                "warning",
                roll,
                leftover_profiles,
            ),
            self.drifted_profiles(),
            self.child_rows(),
        ];
        checks.extend(self.canary());
        checks.push(self.ledger());
        checks.extend(self.deliveries());
        checks.push(self.guard());
        checks
    }

    fn drifted_profiles(&self) -> Check {
        Check::of("drifted_profiles_check", "warning", &self.drift, |drift| {
            Answer {
                issues: drift.drifted,
                message: match drift.drifted {
                    _ if !drift.is_configured => "Nothing configured: no column is kept".to_owned(),
                    0 => "No drifted profiles detected".to_owned(),
                    drifted => format!(
                        "{} with kept columns that differ from the auth user",
                        counted(drifted, "profile")
                    ),
                },
                examined: drift.examined,
            }
        })
    }

    fn canary(&self) -> Option<Check> {
        if self.canary.seen() == Some(&Canary::LeftOut) {
            return None;
        }
        Some(Check::of(
            "canary_check",
            "critical",
            &self.canary,
            |canary| Answer {
                issues: i64::from(*canary != Canary::Returned),
                message: canary.sentence(),
                examined: 1,
            },
        ))
    }

    fn ledger(&self) -> Check {
        Check::of("ledger_check", "warning", &self.ledger, |ledger| {
            let failed = match (ledger.entries, ledger.oldest) {
                (0, _) => "No failed profile writes are recorded".to_owned(),
                (entries, oldest) => format!(
                    "{} since {}, {} due for another attempt",
                    counted(entries, "failed profile write"),
                    oldest.map_or_else(|| "an unknown time".to_owned(), moment),
                    grouped(ledger.due)
                ),
            };
            let message = match ledger.degraded {
                0 => failed,
                degraded => format!(
                    "{failed}; {} without metadata that does not fit",
                    counted(degraded, "profile")
                ),
            };
            Answer {
                issues: ledger.entries,
                message,
                examined: ledger.entries + ledger.degraded,
            }
        })
    }

    fn deliveries(&self) -> Option<Check> {
        if self.deliveries.seen() == Some(&None) {
            return None;
        }
        Some(Check::of(
            "deliveries_check",
            "warning",
            &self.deliveries,
            |deliveries| {
                let (examined, failed) = deliveries.map_or((0, 0), |d| (d.examined, d.failed));
                Answer {
                    issues: failed,
                    message: match failed {
                        0 => "No failed webhook deliveries in the last day".to_owned(),
                        failed => format!(
                            "{} of {} webhook deliveries failed in the last day",
                            grouped(failed),
                            grouped(examined)
                        ),
                    },
                    examined,
                }
            },
        ))
    }
}

fn ghost_users(roll: &Roll) -> Answer {
    let acknowledged = match roll.acknowledged {
        0 => String::new(),
        acknowledged => format!(", {} acknowledged", grouped(acknowledged)),
    };
    let message = match roll.ghosts {
        0 => "No ghost users detected".to_owned(),
        ghosts => format!(
            "{} without a profile, {} of them for longer than allowed{acknowledged}",
            counted(ghosts, "auth user"),
            grouped(roll.ghosts_old)
        ),
    };
    Answer {
        issues: roll.ghosts,
        message,
        examined: roll.auth_users,
    }
}

fn orphaned_profiles(roll: &Roll) -> Answer {
    Answer {
        issues: roll.orphaned_profiles,
        message: match roll.orphaned_profiles {
            0 => "No orphaned profiles detected".to_owned(),
            orphans => format!("{} without an auth user", counted(orphans, "profile")),
        },
        examined: roll.profiles,
    }
}

pub(super) fn trigger_exists(triggers: &Triggers) -> Answer {
    let mut message = triggers.detail.clone();
    if !triggers.beside.is_empty() {
        message += "; not Rollcall's, on the same table: ";
        message += &triggers.beside.join(", ");
    }
    Answer {
        issues: i64::from(triggers.state != State::Active),
        message,
        examined: triggers.examined,
    }
}

fn refused_users(roll: &Roll) -> Answer {
    Answer {
        issues: roll.refused,
        message: match roll.refused {
            0 => "No refused users detected".to_owned(),
            refused => format!(
                "{} whose profile the database does not accept",
                counted(refused, "auth user")
            ),
        },
        examined: roll.ghosts,
    }
}

fn retired_profiles(roll: &Roll) -> Answer {
    Answer {
        issues: roll.retired,
        message: match roll.retired {
            0 => "No retired profiles detected".to_owned(),
            retired => format!(
                "{} stamped as deleted, of auth users who are not",
                counted(retired, "profile")
            ),
        },
        examined: roll.eligible_with_profile,
    }
}

fn leftover_profiles(roll: &Roll) -> Answer {
    Answer {
        issues: roll.leftover,
        message: match roll.leftover {
            0 => "No leftover profiles detected".to_owned(),
            leftover => format!(
                "{} of auth users who ought to have none",
                counted(leftover, "profile")
            ),
        },
        examined: roll.live,
    }
}
