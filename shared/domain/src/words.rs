//! Numbers and times as people read them.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};

/// A count and its noun, as in "1 profile" and "1,234 profiles".
#[must_use]
pub fn counted(count: i64, noun: &str) -> String {
    format!(
        "{} {noun}{}",
        grouped(count),
        if count == 1 { "" } else { "s" }
    )
}

/// A number with its thousands set apart by commas.
#[must_use]
pub fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::from(if number < 0 { "-" } else { "" });
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A time to the minute, which is as exact as the pulse is.
#[must_use]
pub fn moment(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M UTC").to_string()
}

/// A time that somebody wrote: a date, which lasts until its end in UTC, or a time as in RFC 3339.
pub fn read_moment(words: &str) -> Result<DateTime<Utc>, &'static str> {
    let date = words.parse::<NaiveDate>().ok();
    let day_after = date.and_then(|date| date.checked_add_days(Days::new(1)));
    if let Some(day) = day_after {
        return Ok(writable(day.and_time(NaiveTime::MIN).and_utc()));
    }
    DateTime::parse_from_rfc3339(words)
        .map(|time| writable(time.to_utc()))
        .map_err(|_unreadable| "write a date, as 2026-11-23, or a time, as 2026-11-23T08:00:00Z")
}

/// The year 10000 has no place in what is written; whoever names the last day means for ever.
fn writable(time: DateTime<Utc>) -> DateTime<Utc> {
    const LAST_SECOND: i64 = 253_402_300_799;
    DateTime::from_timestamp(LAST_SECOND, 0).map_or(time, |last| time.min(last))
}

/// A text without what looks like an e-mail address: whose it is, nobody knows once they are erased.
#[must_use]
pub fn without_addresses(text: &str) -> String {
    let is_address = |word: &str| {
        let at = word.find('@');
        at.is_some_and(|at| at > 0 && at + 1 < word.len())
    };
    let words = text.split_inclusive(char::is_whitespace);
    words
        .map(|word| {
            let end = &word[word.trim_end().len()..];
            if is_address(word.trim_end()) {
                format!("(address left out){end}")
            } else {
                word.to_owned()
            }
        })
        .collect()
}

/// What is stored of an operator's words: ids in them are found again when somebody is forgotten,
/// addresses are not.
pub(crate) fn kept(reason: Option<&str>) -> Option<String> {
    reason.map(without_addresses)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_lasts_until_its_end_and_a_time_is_taken_with_its_zone() {
        let read = |words| read_moment(words).map(|time| time.to_rfc3339());
        assert_eq!(read("2026-11-23").unwrap(), "2026-11-24T00:00:00+00:00");
        let local = read("2026-11-23T08:00:00+02:00").unwrap();
        assert_eq!(local, "2026-11-23T06:00:00+00:00");
        for last in ["9999-12-31", "9999-12-31T23:59:59-10:00"] {
            assert_eq!(read(last).unwrap(), "9999-12-31T23:59:59+00:00");
        }
        for words in ["Monday", "", "2026-13-01", "2026-11-23 08:00"] {
            assert!(read(words).is_err(), "{words}");
        }
    }

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1234), "1,234");
        assert_eq!(grouped(-1_234_567), "-1,234,567");
    }

    #[test]
    fn addresses_are_left_out_and_nothing_else() {
        assert_eq!(
            without_addresses("told ada@example.com,\nand <bob@example.com> @ noon"),
            "told (address left out)\nand (address left out) @ noon"
        );
    }
}
