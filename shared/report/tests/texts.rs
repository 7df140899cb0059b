//! The page and the draft, made from plain data.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use rollcall_domain::{
    history::{Event, History, Incident, NamedCheck, PastCheck, PastRun, PostMortem, Refusals},
    severity::{Severity, Status},
};
use rollcall_report::{page, post_mortem};
use uuid::Uuid;

fn now() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 20, 14, 2, 0).unwrap()
}

fn empty() -> History {
    History {
        read_at: now(),
        from: now() - TimeDelta::days(30),
        latest: None,
        since: None,
        full_at: None,
        checks: vec![],
        incidents: vec![],
        runs: vec![],
        refusals: vec![],
    }
}

fn check(hours_ago: i64, ghosts: Option<i64>) -> PastCheck {
    let count = ghosts.unwrap_or(0);
    PastCheck {
        run_id: Uuid::from_u128(hours_ago.unsigned_abs().into()),
        is_full: true,
        checked_at: now() - TimeDelta::hours(hours_ago),
        duration_ms: 12,
        configuration: "c0ffee".to_owned(),
        status: if count > 0 {
            Status::Critical
        } else {
            Status::Healthy
        },
        severity: (count > 0).then_some(Severity::P1),
        counts: [
            ("auth_users", Some(1234)),
            ("live", Some(1234 - count)),
            ("ghosts", ghosts),
            ("orphaned_profiles", Some(0)),
        ]
        .map(|(name, count)| (name.to_owned(), count))
        .into(),
        checks: vec![NamedCheck {
            check_name: "ghost_users_check".to_owned(),
            passed: ghosts.map(|ghosts| ghosts == 0),
            issue_count: count,
            severity: "critical".to_owned(),
            message: "the message".to_owned(),
            examined: Some(1234),
        }],
        trigger_state: "active".to_owned(),
        trigger_detail: "User sync trigger is active".to_owned(),
        cause: None,
        sentence: None,
        healed: 0,
        refused: 0,
    }
}

fn history(checks: Vec<PastCheck>) -> History {
    History {
        latest: checks.last().cloned(),
        since: checks.first().map(|check| check.checked_at),
        full_at: checks
            .iter()
            .rfind(|check| check.is_full)
            .map(|check| check.checked_at),
        checks,
        ..empty()
    }
}

fn incident() -> Incident {
    let at = |hours: i64| now() - TimeDelta::hours(hours);
    Incident {
        incident_id: Uuid::from_u128(7),
        cause: "trigger".to_owned(),
        sentence: "the trigger does not do its work".to_owned(),
        severity: Severity::P0,
        began_at: at(30),
        opened_at: at(29),
        last_seen_at: at(5),
        resolved_at: Some(at(4)),
        most_affected: 12,
        healed: 2,
        events: vec![Event {
            happened_at: at(29),
            what: "opened".to_owned(),
            severity: "P1".to_owned(),
            run_id: Uuid::from_u128(1),
            sentence: "3 ghosts".to_owned(),
        }],
    }
}

fn run() -> PastRun {
    PastRun {
        run_id: Uuid::from_u128(9),
        kind: "backfill".to_owned(),
        state: "completed".to_owned(),
        planned: 12,
        created: 9,
        present: 1,
        refused: 2,
        gone: 0,
        planned_at: now() - TimeDelta::hours(6),
        started_at: Some(now() - TimeDelta::hours(5)),
        finished_at: Some(now() - TimeDelta::minutes(290)),
    }
}

/// What a reader sees: the page without its markup, in one line.
fn read(page: &str) -> String {
    let body = &page[page.find("<body>").unwrap()..];
    let mut text = String::new();
    for piece in body.split('<').skip(1) {
        text.push_str(piece.split_once('>').unwrap().1);
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

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
            "List them, and delete or stamp each by hand",
            "select * from public.check_orphaned_profiles()",
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
fn runs_and_refusals_are_told_in_full() {
    let mut history = history(vec![check(1, Some(0))]);
    history.runs = vec![
        run(),
        PastRun {
            state: "running".to_owned(),
            finished_at: None,
            ..run()
        },
    ];
    history.refusals = vec![Refusals {
        reason: "not_null".to_owned(),
        sqlstate: Some("23502".to_owned()),
        in_ledger: 2,
        in_runs: 5,
        oldest_at: None,
    }];
    let text = read(&page(&history).unwrap());
    assert!(
        text.contains(
            "Completed 12 9 1 there already, 2 refused 20 Nov 2026, 09:02 UTC 10 minutes"
        ),
        "{text}"
    );
    assert!(text.contains("not ended"), "{text}");
    assert!(text.contains("not_null 23502 2 5 unknown"), "{text}");
    assert!(
        text.contains("rollcall backfill --run-id 00000000-0000-0000-0000-000000000009"),
        "{text}"
    );
}

#[test]
fn a_line_stops_where_nobody_looked_and_where_nothing_was_counted() {
    let d = |checks| {
        let page = page(&history(checks)).unwrap();
        let line = page.split("class=\"line\" d=\"").nth(1).unwrap();
        line.split('"').next().unwrap().to_owned()
    };
    let starts = |checks| d(checks).matches('M').count();
    assert_eq!(
        starts(vec![
            check(40, Some(1)),
            check(20, Some(3)),
            check(1, Some(0))
        ]),
        1
    );
    assert_eq!(
        starts(vec![check(100, Some(1)), check(20, Some(3))]),
        2,
        "a night was left out"
    );
    assert_eq!(
        starts(vec![check(40, Some(1)), check(20, None), check(1, Some(0))]),
        2
    );
}

/// Everything that comes from a database, as hostile as it can be.
fn hostile(text: &str) -> History {
    let it = || text.to_owned();
    let mut check = check(1, Some(3));
    check.configuration = it();
    check.trigger_state = it();
    check.trigger_detail = it();
    check.sentence = Some(it());
    for name in ["check_name", "message"] {
        let mut named = check.checks[0].clone();
        if name == "message" {
            named.message = it();
        } else {
            named.check_name = it();
        }
        named.severity = it();
        check.checks.push(named);
    }
    let mut history = history(vec![check]);
    let mut incident = incident();
    incident.cause = it();
    incident.sentence = it();
    incident.events[0].what = it();
    incident.events[0].severity = it();
    incident.events[0].sentence = it();
    history.incidents = vec![
        incident.clone(),
        Incident {
            resolved_at: None,
            ..incident
        },
    ];
    history.runs = vec![PastRun {
        kind: it(),
        state: it(),
        ..run()
    }];
    history.refusals = vec![Refusals {
        reason: it(),
        sqlstate: Some(it()),
        in_ledger: 1,
        in_runs: 1,
        oldest_at: Some(now()),
    }];
    history
}

#[test]
fn nothing_that_is_shown_can_become_markup() {
    let harmless = page(&hostile("x")).unwrap();
    let page = page(&hostile(
        "x\"'><script>alert(1)</script><img src=//evil.example>&amp;",
    ))
    .unwrap();
    let count = |page: &str, what: &str| page.matches(what).count();
    for what in ["<", ">", "\"", "<script", "<img", " src="] {
        let expected = count(&harmless, what)
            + if what == " src=" {
                count(&page, " src=")
            } else {
                0
            };
        assert_eq!(count(&page, what), expected, "{what}");
    }
    assert_eq!(count(&page, "<script"), 0);
    assert!(count(&page, "script") > 10, "it is shown as text");
}

#[test]
fn no_address_leaves_with_the_page_or_the_draft() {
    let text = "row of ada@example.com is broken";
    let page = page(&hostile(text)).unwrap();
    let history = hostile(text);
    let draft = post_mortem(&PostMortem {
        read_at: now(),
        incident: history.incidents[0].clone(),
        runs: history.runs,
    });
    for made in [page, draft.unwrap()] {
        assert!(made.contains("(address left out) is broken"), "{made}");
        assert!(!made.contains("ada@"), "{made}");
    }
}

#[test]
fn the_draft_tells_what_is_known_and_asks_for_the_rest() {
    let post_mortem = |incident| {
        post_mortem(&PostMortem {
            read_at: now(),
            incident,
            runs: vec![run()],
        })
        .unwrap()
    };
    let draft = post_mortem(incident());
    for expected in [
        "# Post-mortem: the trigger does not do its work\n",
        "| Severity | P0 |\n| Began | 19 Nov 2026, 08:02 UTC |\n",
        "| Detected | 19 Nov 2026, 09:02 UTC, after 1 hour |\n",
        "| Resolved | 20 Nov 2026, 10:02 UTC, after 1 day 2 hours (1 day 1 hour from detection) |\n",
        "| Affected | 12 users at most in one check |\n",
        "\n- 19 Nov 2026, 08:02 UTC: began, as far as the evidence goes\n\
         - 19 Nov 2026, 09:02 UTC: opened (P1): 3 ghosts\n\
         - 20 Nov 2026, 08:02 UTC: backfill `00000000-0000-0000-0000-000000000009` planned: 12 users\n",
        "- Scheduled checks created 2 profiles.\n",
        "- The backfill `00000000-0000-0000-0000-000000000009`: 9 profiles created, 1 there already, \
         2 refused, 0 no longer eligible.\n",
    ] {
        assert!(draft.contains(expected), "{expected}\n---\n{draft}");
    }
    assert!(draft.matches("**TO FILL IN:**").count() >= 6, "{draft}");
    let open = post_mortem(Incident {
        resolved_at: None,
        ..incident()
    });
    assert!(
        open.contains("| Resolved | not yet; open for 1 day 6 hours |\n"),
        "{open}"
    );
}

#[test]
fn the_draft_takes_no_markup_from_outside() {
    let sentence = "a|b `c` <b>*d*</b>\n# [e](http://evil.example)".to_owned();
    let incident = Incident {
        sentence,
        ..incident()
    };
    let draft = post_mortem(&PostMortem {
        read_at: now(),
        incident,
        runs: vec![],
    })
    .unwrap();
    let title = draft.lines().next().unwrap();
    assert_eq!(
        title,
        r"# Post-mortem: a\|b \`c\` \<b\>\*d\*\</b\> \# \[e\](http://evil.example)"
    );
    assert!(
        draft.contains("- Scheduled checks created 2 profiles.\n"),
        "{draft}"
    );
}

#[test]
fn nothing_is_loaded_from_anywhere() {
    let page = page(&hostile("x")).unwrap();
    for needle in [
        "url(", " src=", " href=", "@import", "<script", "<link", "http://", "https://",
    ] {
        assert!(!page.contains(needle), "{needle}");
    }
    assert!(page.contains("default-src 'none'"));
}

/// The share of light that a colour gives back, as WCAG 2 reckons it.
fn luminance(hex: &str) -> f64 {
    let part = |at: usize| {
        let value = f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
        if value <= 0.04045 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * part(0) + 0.7152 * part(2) + 0.0722 * part(4)
}

#[test]
fn every_text_stands_out_in_light_and_dark() {
    let css = include_str!("../templates/style.css");
    let (light, dark) = css
        .split_once("@media (prefers-color-scheme: dark)")
        .unwrap();
    for scheme in [light, dark] {
        let colour = |name: &str| {
            let value = scheme.split(&format!("--{name}: #")).nth(1);
            luminance(&value.unwrap_or_else(|| panic!("no {name}"))[..6])
        };
        let mut pairs = vec![];
        for ground in ["page", "sheet"] {
            for ink in [
                "text", "quiet", "accent", "healthy", "warning", "critical", "unknown",
            ] {
                pairs.push((ink.to_owned(), ground.to_owned()));
            }
        }
        for status in ["healthy", "warning", "critical", "unknown"] {
            pairs.push((status.to_owned(), format!("{status}-tint")));
            pairs.push(("text".to_owned(), format!("{status}-tint")));
        }
        for (ink, ground) in pairs {
            let (a, b) = (colour(&ink), colour(&ground));
            let contrast = (a.max(b) + 0.05) / (a.min(b) + 0.05);
            assert!(contrast >= 4.5, "{ink} on {ground}: {contrast:.2}");
        }
    }
}
