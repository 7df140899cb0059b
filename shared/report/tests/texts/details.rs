//! What stands below: runs, refusals, and the lines over time.

use super::*;

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
    history.refusals = Some(vec![Refusals {
        reason: "not_null".to_owned(),
        sqlstate: Some("23502".to_owned()),
        in_ledger: 2,
        in_runs: 5,
        oldest_at: None,
    }]);
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
fn a_ledger_that_could_not_be_read_is_no_empty_one() {
    let mut history = history(vec![check(1, Some(0))]);
    history.refusals = None;
    let text = read(&page(&history).unwrap());
    assert!(
        text.contains("Unknown: the ledger of failed writes"),
        "{text}"
    );
    assert!(!text.contains("accepted every profile"), "{text}");
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

#[test]
fn triggers_that_nobody_could_look_at_are_neither_well_nor_broken() {
    let mut blind = check(1, Some(0));
    blind.trigger_state = None;
    blind.trigger_detail = None;
    let page = page(&history(vec![blind])).unwrap();
    assert!(read(&page).contains("Not looked at"), "{page}");
    assert!(!page.contains("rollcall repair trigger install"), "{page}");
}
