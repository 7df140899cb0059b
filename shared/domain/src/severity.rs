//! How bad it is: one pure function, total and monotone.

use serde::{Deserialize, Serialize};

/// Whom it concerns, and how soon; worse is greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Severity {
    /// Worth a look in working hours.
    P2,
    /// Respond within the hour.
    P1,
    /// Respond at once.
    P0,
}

impl Severity {
    /// The severity of a name that the database holds. Its tables accept no others.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        match name {
            "P0" => Self::P0,
            "P2" => Self::P2,
            _ => Self::P1,
        }
    }
}

/// The state of the whole, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Everything was looked at, and nothing was found.
    Healthy,
    /// Something is off that keeps nobody from working.
    Warning,
    /// Somebody cannot work, or will not be able to.
    Critical,
    /// It could not be seen whether all is well.
    Unknown,
}

/// What a check found, before anything is healed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Found {
    /// Ghosts that nobody has acknowledged.
    pub ghosts: i64,
    /// Of these, how many are older than the configured age or of unknown age.
    pub ghosts_old: i64,
    /// Whether a trigger is not active.
    pub trigger_inactive: bool,
    /// Whether the number of auth users is not to be believed.
    pub guard_tripped: bool,
    /// Everything that is off and keeps nobody from working: retired, orphaned, leftover, …
    pub lesser: i64,
    /// Whether a check could not look.
    pub blind: bool,
}

/// The contract's table, from top to bottom. `burst` is the number of ghosts above which it is P0.
#[must_use]
pub fn assess(found: &Found, burst: i64) -> (Option<Severity>, Status) {
    if found.ghosts > burst || found.ghosts_old > 0 {
        (Some(Severity::P0), Status::Critical)
    } else if found.ghosts > 0 || found.trigger_inactive {
        (Some(Severity::P1), Status::Critical)
    } else if found.guard_tripped || found.blind {
        (Some(Severity::P1), Status::Unknown)
    } else if found.lesser > 0 {
        (Some(Severity::P2), Status::Warning)
    } else {
        (None, Status::Healthy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn severity(found: Found) -> (Option<Severity>, Status) {
        assess(&found, 5)
    }

    #[test]
    fn each_row_of_the_table() {
        let none = Found::default();
        assert_eq!(severity(none), (None, Status::Healthy));
        assert_eq!(
            severity(Found { lesser: 1, ..none }),
            (Some(Severity::P2), Status::Warning)
        );
        assert_eq!(
            severity(Found {
                blind: true,
                ..none
            }),
            (Some(Severity::P1), Status::Unknown)
        );
        assert_eq!(
            severity(Found {
                guard_tripped: true,
                ..none
            }),
            (Some(Severity::P1), Status::Unknown)
        );
        assert_eq!(
            severity(Found {
                trigger_inactive: true,
                ..none
            }),
            (Some(Severity::P1), Status::Critical)
        );
        assert_eq!(
            severity(Found { ghosts: 5, ..none }),
            (Some(Severity::P1), Status::Critical)
        );
        assert_eq!(
            severity(Found { ghosts: 6, ..none }),
            (Some(Severity::P0), Status::Critical)
        );
        assert_eq!(
            severity(Found {
                ghosts: 1,
                ghosts_old: 1,
                ..none
            }),
            (Some(Severity::P0), Status::Critical)
        );
    }

    #[test]
    fn more_is_never_less_severe() {
        let flags = [false, true];
        for ghosts in 0..8 {
            for old in 0..=ghosts {
                for (inactive, guard, blind) in flags
                    .iter()
                    .flat_map(|a| flags.iter().flat_map(move |b| flags.map(|c| (*a, *b, c))))
                {
                    for lesser in 0..2 {
                        let found = Found {
                            ghosts,
                            ghosts_old: old,
                            trigger_inactive: inactive,
                            guard_tripped: guard,
                            lesser,
                            blind,
                        };
                        let here = severity(found).0;
                        for worse in [
                            Found {
                                ghosts: ghosts + 1,
                                ..found
                            },
                            Found {
                                ghosts: ghosts + 1,
                                ghosts_old: old + 1,
                                ..found
                            },
                            Found {
                                trigger_inactive: true,
                                ..found
                            },
                            Found {
                                guard_tripped: true,
                                ..found
                            },
                            Found {
                                blind: true,
                                ..found
                            },
                            Found {
                                lesser: lesser + 1,
                                ..found
                            },
                        ] {
                            assert!(
                                severity(worse).0 >= here,
                                "{worse:?} is milder than {found:?}"
                            );
                        }
                    }
                }
            }
        }
    }
}
