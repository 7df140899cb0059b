//! What stands at the top of the page, and what to do about it.

use super::*;

#[test]
fn a_history_of_nothing_is_no_green() {
    let page = page(&empty()).unwrap();
    let text = read(&page);
    for expected in [
        "Unknown",
        "No full check has been made yet, so nothing is known.",
        "rollcall check",
        "No full check in the last 30 days, so there is nothing to draw.",
        "None was resolved in the last 30 days.",
        "The database accepted every profile.",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    assert!(!page.contains("class=\"verdict healthy\""));
}

#[test]
fn a_healthy_history_says_so_and_since_when() {
    let text = read(&page(&history(vec![check(36, Some(0)), check(12, Some(0))])).unwrap());
    assert!(
        text.contains("Healthy Everybody who ought to have a profile has one."),
        "{text}"
    );
    assert!(
        text.contains("Since 19 Nov 2026, 02:02 UTC, for 1 day 12 hours."),
        "{text}"
    );
    assert!(text.contains("1,234 looked at"), "{text}");
    assert!(!text.contains("Next step"), "{text}");
}

#[test]
fn a_check_of_the_day_before_yesterday_is_no_green() {
    let text = read(&page(&history(vec![check(27, Some(0))])).unwrap());
    assert!(
        text.contains("Unknown The last full check is more than 26 hours old"),
        "{text}"
    );
    assert!(text.contains("for 1 hour."), "{text}");
}

#[test]
fn what_a_pulse_found_since_the_last_full_check_is_no_green() {
    let open = |hours| Incident {
        resolved_at: None,
        opened_at: now() - TimeDelta::hours(hours),
        ..incident()
    };
    let mut history = history(vec![check(12, Some(0))]);
    history.incidents = vec![open(5)];
    let text = read(&page(&history).unwrap());
    let sentence = "Critical P0 The trigger does not do its work. Found after the last check.";
    assert!(text.contains(sentence), "{text}");
    history.incidents = vec![open(13), incident()];
    let text = read(&page(&history).unwrap());
    assert!(
        text.contains("Healthy Everybody"),
        "it was seen before, or is resolved: {text}"
    );
}

#[test]
fn what_a_check_healed_is_told_and_is_over() {
    let healed = |healed| PastCheck {
        healed,
        ..check(12, Some(3))
    };
    let text = read(&page(&history(vec![healed(3)])).unwrap());
    assert!(
        text.contains("3 profiles had to be created; everybody has one now."),
        "{text}"
    );
    assert!(
        text.contains("Healthy") && !text.contains("Next step"),
        "{text}"
    );
    let text = read(&page(&history(vec![healed(2)])).unwrap());
    assert!(
        text.contains("Critical P1 1 user can sign in and has no profile."),
        "{text}"
    );
    let mut other = healed(3);
    other.checks.push(NamedCheck {
        check_name: "trigger_exists_check".to_owned(),
        ..other.checks[0].clone()
    });
    let text = read(&page(&history(vec![other])).unwrap());
    assert!(
        text.contains("Critical P1 Nobody is missing now, but"),
        "{text}"
    );
}

#[test]
fn where_nobody_could_be_counted_nobody_is_said_to_be_there() {
    let blind = PastCheck {
        status: Status::Critical,
        severity: Some(Severity::P1),
        ..check(1, None)
    };
    let text = read(&page(&history(vec![blind])).unwrap());
    assert!(
        text.contains("Critical P1 Signups are not looked after, and who is missing could not"),
        "{text}"
    );
}

#[test]
fn what_pulses_call_does_not_stand_in_for_the_nightly_check() {
    let called = PastCheck {
        is_full: false,
        ..check(1, Some(0))
    };
    let page = page(&history(vec![check(30, Some(0)), called])).unwrap();
    assert!(
        read(&page).contains("Unknown The last full check is more than 26 hours old"),
        "{page}"
    );
}

#[test]
fn ghosts_are_told_with_what_to_do() {
    let mut history = history(vec![check(12, Some(3))]);
    history.incidents = vec![Incident {
        resolved_at: None,
        ..incident()
    }];
    let text = read(&page(&history).unwrap());
    assert!(
        text.contains("Critical P1 3 users can sign in and have no profile."),
        "{text}"
    );
    assert!(text.contains("rollcall backfill --preview"), "{text}");
    assert!(
        text.contains("for 1 day 6 hours."),
        "since the evidence says it began: {text}"
    );
    assert!(
        text.contains("Found after1 hour Open for1 day 6 hours Affected at most12"),
        "{text}"
    );
}
#[test]
fn the_next_step_is_that_of_the_gravest() {
    let failed = |check_name: &str, passed| NamedCheck {
        check_name: check_name.to_owned(),
        passed,
        ..check(1, Some(0)).checks[0].clone()
    };
    let mut latest = check(1, Some(0));
    for (name, passed, sentence, call) in [
        (
            "count_parity_check",
            Some(false),
            "Look again",
            "rollcall check",
        ),
        (
            "orphaned_profiles_check",
            Some(false),
            "See which, and stamp them by the run that this stores",
            "rollcall repair profiles plan",
        ),
        (
            "drifted_profiles_check",
            None,
            "Mend what it names",
            "rollcall check",
        ),
        (
            "guard_check",
            Some(false),
            "If people have signed up, find out what became of auth.users",
            "rollcall doctor",
        ),
    ] {
        latest.checks.push(failed(name, passed));
        let text = read(&page(&history(vec![latest.clone()])).unwrap());
        let (_, step) = text.split_once("Next step ").unwrap();
        assert!(step.starts_with(sentence), "{name}: {step}");
        assert!(step.contains(&format!(". {call} ")), "{name}: {step}");
    }
}
