//! Do the two plain counts agree, and if not, is all of the difference explained?
//!
//! They may agree by chance, one ghost against one orphan, and may differ for good reasons, like
//! deleted users. So the check passes when the classes explain the difference, and says how.

use super::list::Answer;
use crate::{
    roll::Roll,
    words::{counted, grouped},
};

pub(super) fn count_parity(roll: &Roll) -> Answer {
    Answer {
        issues: roll.ghosts + roll.orphaned_profiles + roll.leftover + roll.unexplained(),
        message: message(roll),
        examined: roll.auth_users + roll.profiles,
    }
}

fn message(roll: &Roll) -> String {
    let parts = [
        (roll.ghosts, "auth user", "without a profile"),
        (roll.orphaned_profiles, "profile", "without an auth user"),
        (
            roll.leftover,
            "profile",
            "of auth users who ought to have none",
        ),
        (
            roll.ineligible_without_profile,
            "auth user",
            "rightly without a profile",
        ),
        (
            roll.stamped_without_user,
            "profile",
            "stamped as deleted, of users who are gone",
        ),
        (roll.unexplained(), "row", "that nothing explains"),
    ];
    let parts = parts
        .iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, noun, words)| format!("{} {words}", counted(*count, noun)))
        .collect::<Vec<_>>();
    if parts.is_empty() {
        return format!("User counts match: {}", grouped(roll.auth_users));
    }
    format!(
        "{} and {}: {}",
        counted(roll.auth_users, "auth user"),
        counted(roll.profiles, "profile"),
        parts.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_counts_do_not_hide_a_ghost_and_an_orphan() {
        let roll = Roll {
            auth_users: 10,
            eligible: 10,
            eligible_with_profile: 9,
            profiles: 10,
            live: 10,
            ghosts: 1,
            orphaned_profiles: 1,
            ..Roll::default()
        };
        let parity = count_parity(&roll);
        assert_eq!(parity.issues, 2);
    }

    #[test]
    fn an_explained_difference_passes() {
        let roll = Roll {
            auth_users: 12,
            eligible: 10,
            eligible_with_profile: 10,
            profiles: 11,
            live: 10,
            ineligible_without_profile: 2,
            stamped_without_user: 1,
            ..Roll::default()
        };
        let parity = count_parity(&roll);
        assert_eq!(parity.issues, 0);
        assert!(
            parity.message.contains("12 auth users and 11 profiles"),
            "{}",
            parity.message
        );
    }

    #[test]
    fn rows_counted_twice_are_not_explained() {
        let roll = Roll {
            auth_users: 3,
            profiles: 5,
            ..Roll::default()
        };
        assert!(count_parity(&roll).issues > 0);
    }
}
