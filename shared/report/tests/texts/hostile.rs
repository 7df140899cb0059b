//! Whatever a database holds, the page and the draft stay what they are, and give nobody away.

use super::*;

/// Everything that comes from a database, as hostile as it can be.
fn hostile(text: &str) -> History {
    let it = || text.to_owned();
    let mut check = check(1, Some(3));
    check.configuration = it();
    check.trigger_state = Some(it());
    check.trigger_detail = Some(it());
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
    history.refusals = Some(vec![Refusals {
        reason: it(),
        sqlstate: Some(it()),
        in_ledger: 1,
        in_runs: 1,
        oldest_at: Some(now()),
    }]);
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
fn nothing_is_loaded_from_anywhere() {
    let page = page(&hostile("x")).unwrap();
    for needle in [
        "url(", " src=", " href=", "@import", "<script", "<link", "http://", "https://",
    ] {
        assert!(!page.contains(needle), "{needle}");
    }
    assert!(page.contains("default-src 'none'"));
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
