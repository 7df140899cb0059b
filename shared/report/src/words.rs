//! Times, numbers and names as people read them.

use chrono::{DateTime, TimeDelta, Utc};
use rollcall_domain::severity::{Severity, Status};
pub(crate) use rollcall_domain::words::{counted, grouped, without_addresses};

/// A point in time, for people and for machines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) text: String,
    pub(crate) machine: String,
}

pub(crate) fn moment(time: DateTime<Utc>) -> Moment {
    Moment {
        text: at(time),
        machine: time.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
    }
}

/// As in "20 Nov 2026, 14:02 UTC".
pub(crate) fn at(time: DateTime<Utc>) -> String {
    time.format("%-d %b %Y, %H:%M UTC").to_string()
}

/// As in "20 Nov".
pub(crate) fn day(time: DateTime<Utc>) -> String {
    time.format("%-d %b").to_string()
}

/// How long, in at most two units.
pub(crate) fn span(length: TimeDelta) -> String {
    let minutes = length.num_minutes().max(0);
    let (days, hours, minutes) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    let parts = [(days, "day"), (hours, "hour"), (minutes, "minute")];
    let parts = parts.iter().skip_while(|(number, _)| *number == 0).take(2);
    let parts: Vec<String> = parts
        .filter(|(number, _)| *number > 0)
        .map(|(number, unit)| counted(*number, unit))
        .collect();
    if parts.is_empty() {
        return "less than a minute".to_owned();
    }
    parts.join(" ")
}

/// A code word as the beginning of a sentence: `ghost_users_check` as "Ghost users".
pub(crate) fn title(code: &str) -> String {
    sentence(&code.trim_end_matches("_check").replace('_', " "))
}

/// A text with a capital letter at its beginning, and no e-mail address.
pub(crate) fn sentence(text: &str) -> String {
    let text = without_addresses(text);
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}

pub(crate) fn status(status: Status) -> &'static str {
    match status {
        Status::Healthy => "Healthy",
        Status::Warning => "Warning",
        Status::Critical => "Critical",
        Status::Unknown => "Unknown",
    }
}

pub(crate) fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::P0 => "P0",
        Severity::P1 => "P1",
        Severity::P2 => "P2",
    }
}

/// Why the database would not accept a profile.
pub(crate) fn reason(code: &str) -> String {
    match code {
        "unique_held_by_orphan" => "an orphaned profile holds a value that has to be unique",
        "unique_held_by_live" => "another user's profile holds a value that has to be unique",
        "not_null" => "a column that must not be null would be",
        "cast" => "a value does not fit its column's type",
        "check" => "a check constraint of the profile table says no",
        "foreign_key" => "a row that the profile refers to is not there",
        "row_security" => "row-level security of the profile table says no",
        "permission" => "a right is missing",
        "no_row" => "the insert made no row, and none was there",
        "lock_timeout" => "somebody else held the lock for too long",
        "degraded" => "metadata that did not fit was left out",
        "other" => "anything else; the SQLSTATE says more",
        unknown => return title(unknown),
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_told_in_two_units_at_most() {
        for (seconds, expected) in [
            (-5, "less than a minute"),
            (59, "less than a minute"),
            (60, "1 minute"),
            (3600, "1 hour"),
            (3660, "1 hour 1 minute"),
            (86_400 + 120, "1 day"),
            (2 * 86_400 + 3 * 3600 + 240, "2 days 3 hours"),
        ] {
            assert_eq!(span(TimeDelta::seconds(seconds)), expected);
        }
    }

    #[test]
    fn codes_become_titles() {
        assert_eq!(title("ghost_users_check"), "Ghost users");
        assert_eq!(title("trigger"), "Trigger");
        assert_eq!(title(""), "");
    }
}
