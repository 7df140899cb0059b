//! Is the number of auth users to be believed?
//!
//! No user at all is what a lost table looks like, also where a cascade took the profiles with it;
//! and so is a table that lost much of itself since the last check. Row security cannot feign
//! either: the database functions turn that into an error.

use super::{Check, Seen, list::Answer};
use crate::{
    database::Looked,
    roll::Roll,
    words::{counted, grouped},
};

impl Seen {
    /// Whether the number of auth users is not to be believed.
    #[must_use]
    pub fn is_guard_tripped(&self) -> bool {
        self.guard_sentence().is_some()
    }

    /// Why the number of auth users is not to be believed, if it is not.
    pub(super) fn guard_sentence(&self) -> Option<String> {
        let previous = self.previous_auth_users.seen().copied().flatten();
        doubt(self.roll.seen()?, previous)
    }

    pub(super) fn guard(&self) -> Check {
        let tripped = self.guard_sentence();
        // Without the last check's number there is still the one that is never right.
        if let (None, Looked::CutOff { why }) = (&tripped, &self.previous_auth_users) {
            let cut_off: Looked<()> = Looked::CutOff { why: why.clone() };
            return Check::of("guard_check", "critical", &cut_off, |()| unreachable!());
        }
        Check::of("guard_check", "critical", &self.roll, |roll| Answer {
            issues: i64::from(tripped.is_some()),
            message: tripped.unwrap_or_else(|| "The number of auth users is plausible".to_owned()),
            examined: roll.auth_users,
        })
    }
}

/// Why the number of auth users is not to be believed, if it is not; `previous` is what the last
/// full check counted.
#[must_use]
pub fn doubt(roll: &Roll, previous: Option<i64>) -> Option<String> {
    match (roll.auth_users, previous) {
        (0, _) => Some(match roll.live {
            0 => "auth.users is empty".to_owned(),
            live => format!(
                "auth.users is empty while there are {}",
                counted(live, "live profile")
            ),
        }),
        (users, Some(previous)) if has_collapsed(users, previous) => Some(format!(
            "auth.users has {}, down from {} at the last full check",
            counted(users, "row"),
            grouped(previous)
        )),
        _ => None,
    }
}

/// Down by more than a tenth.
fn has_collapsed(users: i64, previous: i64) -> bool {
    users.saturating_mul(10) < previous.saturating_mul(9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenth_less_is_believed_and_more_is_not() {
        assert!(!has_collapsed(90, 100));
        assert!(has_collapsed(89, 100));
        assert!(!has_collapsed(100, 89));
        assert!(!has_collapsed(0, 0));
    }
}
