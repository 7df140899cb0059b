//! What could not be looked at, in a sentence.

use super::Check;

/// More reasons than this are counted only.
const AT_MOST: usize = 3;

/// Each reason with the checks that it kept from looking: one lost right may blind many.
pub(super) fn sentence(checks: &[Check]) -> String {
    let mut reasons: Vec<(&str, Vec<&str>)> = vec![];
    for check in checks.iter().filter(|check| check.passed.is_none()) {
        match reasons.iter_mut().find(|(why, _)| *why == check.message) {
            Some((_, names)) => names.push(&check.check_name),
            None => reasons.push((&check.message, vec![&check.check_name])),
        }
    }
    let more = reasons.len().saturating_sub(AT_MOST);
    let named = reasons.iter().take(AT_MOST);
    let named = named.map(|(why, names)| format!("{why} ({})", names.join(", ")));
    let more = (more > 0).then(|| format!("and {more} more"));
    named.chain(more).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(check_name: &'static str, passed: Option<bool>, message: &str) -> Check {
        Check {
            check_name: check_name.into(),
            passed,
            issue_count: 0,
            severity: "warning".into(),
            message: message.to_owned(),
            examined: None,
        }
    }

    #[test]
    fn every_reason_is_named_once_with_its_checks() {
        let mut checks = vec![
            check("ghost_users_check", None, "Locked"),
            check("trigger_exists_check", Some(true), "Active"),
            check("retired_profiles_check", None, "Locked"),
            check("child_rows_check", None, "Gone"),
        ];
        let both = "Locked (ghost_users_check, retired_profiles_check); Gone (child_rows_check)";
        assert_eq!(sentence(&checks), both);
        checks.push(check("ledger_check", None, "Late"));
        assert_eq!(sentence(&checks), format!("{both}; Late (ledger_check)"));
        checks.push(check("guard_check", None, "Denied"));
        checks.push(check("canary_check", None, "Lost"));
        assert_eq!(
            sentence(&checks),
            format!("{both}; Late (ledger_check); and 2 more")
        );
    }
}
