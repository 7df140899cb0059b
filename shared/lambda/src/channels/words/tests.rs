use super::*;
use crate::channels::example;

#[test]
fn the_first_line_says_how_grave_what_and_how_many() {
    for (news, begin) in [
        (News::Opened, "P0"),
        (News::Escalated, "P0, worse than before"),
        (News::Resolved, "P0 resolved after 2 h 14 min"),
        (News::Healed, "P0 healed"),
    ] {
        let message = example::message(news);
        let expected = format!("{begin}: 1,234 people signed up and have no profile");
        assert_eq!(title(&message), expected);
        assert_eq!(plain(&message).lines().next(), Some(expected.as_str()));
    }
}

#[test]
fn an_open_incident_reads_from_what_to_why_to_the_next_call() {
    assert_eq!(
        plain(&example::message(News::Opened)),
        "P0: 1,234 people signed up and have no profile

Cause: The trigger on_auth_user_created is disabled.

Since 2026-11-20 01:58 UTC, 2 h 14 min before the check of 2026-11-20 04:12 UTC.

ghosts: 1,234
refused: 0

Next:
    rollcall fix

Users (at most 10 of them):
    00000000-0000-0000-0000-000000000002
    00000000-0000-0000-0000-000000000003

Report: rollcall report --incident 1
Incident: 00000000-0000-0000-0000-000000000001"
    );
}

#[test]
fn the_page_stands_above_the_command() {
    let mut message = example::message(News::Opened);
    message.link = Some("https://console.example.com/1?a=b&c=d".to_owned());
    let text = plain(&message);
    let end = "\n\nPage: https://console.example.com/1?a=b&c=d\nReport: rollcall report";
    assert!(text.contains(end), "{text}");
}

#[test]
fn what_is_over_says_how_long_it_lasted_and_what_proves_it() {
    assert_eq!(
        when(&example::message(News::Resolved)),
        "It lasted 2 h 14 min, from 2026-11-20 01:58 UTC to 2026-11-20 04:12 UTC. The full check \
         of 2026-11-20 04:12 UTC proves that it is over, with ghosts 0, refused 0."
    );
    assert_eq!(
        when(&example::message(News::Healed)),
        "It began at 2026-11-20 01:58 UTC. The check of 2026-11-20 04:12 UTC found it, healed it \
         and looked again, with ghosts 0, refused 0. Nobody has to do anything."
    );
}

#[test]
fn at_most_ten_users_are_named() {
    let mut message = example::message(News::Opened);
    message.samples = vec![uuid::Uuid::nil(); 11];
    assert_eq!(samples(&message).len(), 10);
    assert_eq!(plain(&message).matches(&samples(&message)[0]).count(), 10);
}

#[test]
fn a_length_of_time_is_told_in_its_two_largest_units() {
    for (seconds, told) in [
        (-60, "less than a minute"),
        (59, "less than a minute"),
        (60, "1 min"),
        (3_599, "59 min"),
        (3_600, "1 h 0 min"),
        (86_399, "23 h 59 min"),
        (90_000, "1 d 1 h"),
    ] {
        assert_eq!(duration(TimeDelta::seconds(seconds)), told);
    }
}

#[test]
fn a_line_has_no_breaks_in_it() {
    assert_eq!(on_one_line(" a\r\n\u{b}b\u{0}\tc\u{2028}d "), "a b c d");
}
