//! What people are told of an incident.

use crate::{
    alert::{Message, News},
    check::Report,
    incident::Change,
    next_step,
    words::counted,
};

/// The message about an incident, from the check that changed it.
pub(super) fn message(change: &Change, news: News, report: &Report) -> Message {
    let incident = &change.incident;
    let is_over = matches!(news, News::Resolved | News::Healed);
    Message {
        incident_id: incident.incident_id,
        news,
        severity: incident.severity,
        headline: headline(&incident.cause.kind, incident.most_affected),
        since: incident.began_at,
        checked_at: report.checked_at,
        cause: incident.cause.sentence.clone(),
        counts: counts(report),
        samples: if is_over {
            vec![]
        } else {
            report.samples.clone()
        },
        next_step: next(&incident.cause.kind, is_over, report),
        report: format!("rollcall report --incident {}", incident.incident_id),
        link: None,
    }
}

/// What to do. Profiles that were lost and made anew hold what auth.users says, and nothing of what
/// people had written into them.
fn next(kind: &str, is_over: bool, report: &Report) -> Option<String> {
    match kind {
        "profiles_deleted" | "profiles_truncated" => Some(
            "find out who removed them and what else went: profiles made anew hold only what \
             auth.users says; a backup has the rest"
                .to_owned(),
        ),
        _ if is_over => None,
        // What else is grave in the same check is another incident's affair, unless it is that no
        // number holds: then nobody is to remove anything.
        _ => match next_step::about(kind) {
            Some(step) if !is_guard_tripped(report) => Some(step.to_owned()),
            _ => report.next_step.clone(),
        },
    }
}

fn is_guard_tripped(report: &Report) -> bool {
    let mut checks = report.checks.iter();
    checks.any(|check| check.check_name == "guard_check" && check.passed == Some(false))
}

/// Who is affected, and by what.
fn headline(kind: &str, affected: i64) -> String {
    match (kind, affected) {
        ("users_lost", _) => "auth.users is not what it was".to_owned(),
        ("blind", _) => "a check could not look, so nobody knows whether all is well".to_owned(),
        ("canary_failed", 0) => "a test signup got no profile".to_owned(),
        ("retired_profiles", n) => format!(
            "{} soft-deleted while the user stays",
            counted(n, "profile")
        ),
        ("orphaned_profiles", n) => format!("{} without an auth user", counted(n, "profile")),
        ("leftover_profiles", n) => {
            format!("{} of users who ought to have none", counted(n, "profile"))
        }
        ("drifted_profiles", n) => {
            format!("{} not as the auth user says", counted(n, "profile"))
        }
        ("orphaned_child_rows", n) => format!("{} of users without a profile", counted(n, "row")),
        ("failed_deliveries", n) => format!("{} failed", counted(n, "webhook call")),
        (kind, 0) if kind.starts_with("trigger_") => {
            "a trigger that keeps the profiles does not do its work".to_owned()
        }
        (_, 1) => "1 person can log in and has no profile".to_owned(),
        (_, n) => format!("{} can log in and have no profile", people(n)),
    }
}

fn people(number: i64) -> String {
    format!("{} people", crate::words::grouped(number))
}

/// The counts worth reading: how many users there are, and whatever is not nought.
fn counts(report: &Report) -> Vec<(String, i64)> {
    let counts = &report.counts;
    let all = [
        ("auth users", counts.auth_users, true),
        ("ghosts found", counts.ghosts, true),
        ("healed now", Some(report.healed.created), false),
        ("refused", counts.refused, false),
        ("retired", counts.retired, false),
        ("orphaned profiles", counts.orphaned_profiles, false),
        ("leftover", counts.leftover, false),
        ("drifted", counts.drifted, false),
        ("orphaned child rows", counts.orphaned_child_rows, false),
    ];
    all.into_iter()
        .filter_map(|(name, count, always)| {
            let count = count.filter(|count| always || *count > 0)?;
            Some((name.to_owned(), count))
        })
        .collect()
}
