//! The message to the users of a run.

use rollcall_domain::affected::Tally;
use rollcall_report::message;

use super::*;

fn tally() -> Tally {
    Tally {
        users: 1_240,
        mended: 1_200,
        waiting: 30,
        first: Some(now() - TimeDelta::days(18)),
        last: Some(now()),
    }
}

#[test]
fn it_says_how_many_from_when_to_when_and_who_is_to_get_it() {
    let text = message(Uuid::from_u128(7), &tally()).unwrap();
    for expected in [
        "run `00000000-0000-0000-0000-000000000007`",
        "1,240 users: 1,200 with a profile now, 30 still without one, 10 no longer there.",
        "between 2 November 2026 and 20 November 2026 our sign-up",
        "`created` or `present`",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    assert!(!text.contains('@') && !text.contains("{{"), "{text}");
}

#[test]
fn of_one_day_it_names_that_day() {
    let one_day = Tally {
        first: Some(now() - TimeDelta::hours(1)),
        ..tally()
    };
    let text = message(Uuid::from_u128(7), &one_day).unwrap();
    assert!(
        text.contains("\n\non 20 November 2026 our sign-up"),
        "{text}"
    );
    assert!(text.ends_with("your name\n"), "{text:?}");
}

#[test]
fn without_anybody_it_names_no_day() {
    let text = message(Uuid::from_u128(7), &Tally::default()).unwrap();
    assert!(text.contains("Hello,\n\nour sign-up"), "{text}");
    assert!(!text.contains("between"), "{text}");
}
