//! A count over time as a line. It stops where nobody looked: a gap is not a zero.

use std::fmt::Write as _;

use chrono::{DateTime, TimeDelta, Utc};
use rollcall_domain::history::{FRESH, History};

use crate::words;

/// The plane that the line is drawn in; the page stretches it.
pub(crate) const WIDTH: i32 = 1000;
pub(crate) const HEIGHT: i32 = 200;

#[derive(Debug)]
pub(crate) struct Chart {
    pub(crate) title: &'static str,
    pub(crate) explained: &'static str,
    pub(crate) class: &'static str,
    /// Labels of the two axes: from the top down, and from the left on.
    pub(crate) y_labels: [String; 3],
    pub(crate) x_labels: [String; 3],
    /// The line, and the same closed down to the axis.
    pub(crate) line: String,
    pub(crate) area: String,
    /// What there is to see, in words.
    pub(crate) summary: String,
}

/// The two charts, of what keeps people out and of what they leave behind.
pub(crate) fn charts(history: &History) -> Vec<Chart> {
    [
        (
            "ghosts",
            "Ghosts",
            "auth users who ought to have a profile and have none",
            "ghosts",
        ),
        (
            "orphaned_profiles",
            "Orphaned profiles",
            "live profiles without an auth user",
            "orphans",
        ),
    ]
    .into_iter()
    .filter_map(|(count, title, explained, class)| chart(history, count, title, explained, class))
    .collect()
}

/// How many there were in a span of time.
struct Level {
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    count: i64,
}

fn chart(
    history: &History,
    count: &str,
    title: &'static str,
    explained: &'static str,
    class: &'static str,
) -> Option<Chart> {
    let levels = levels(history, count);
    let most = levels.iter().max_by_key(|level| level.count)?;
    let now = levels.last()?;
    let top = nice(most.count);
    let x = |at: DateTime<Utc>| place(at - history.from, history.read_at - history.from);
    let y = |count: i64| HEIGHT - scaled(count, top, HEIGHT);
    let (mut line, mut area) = (String::new(), String::new());
    let mut last: Option<&Level> = None;
    for level in &levels {
        let (from, until, height) = (x(level.from), x(level.until), y(level.count));
        // Writing to a string cannot fail.
        let _ = if last.is_some_and(|last| last.until >= level.from) {
            write!(line, "V{height}H{until}")
        } else {
            write!(line, "M{from} {height}H{until}")
        };
        let _ = write!(area, "M{from} {HEIGHT}V{height}H{until}V{HEIGHT}Z");
        last = Some(level);
    }
    let middle = history.from + (history.read_at - history.from) / 2;
    Some(Chart {
        title,
        explained,
        class,
        y_labels: [
            words::grouped(top),
            if top > 1 {
                words::grouped(top / 2)
            } else {
                String::new()
            },
            "0".to_owned(),
        ],
        x_labels: [
            words::day(history.from),
            words::day(middle),
            words::day(history.read_at),
        ],
        line,
        area,
        summary: match most.count {
            0 => "none in all of this time".to_owned(),
            count => format!(
                "{} at the last check; {} at most, on {}",
                words::grouped(now.count),
                words::grouped(count),
                words::at(most.from)
            ),
        },
    })
}

/// What each check counted, until the next one, or until it says nothing any more.
fn levels(history: &History, name: &str) -> Vec<Level> {
    let checks = &history.checks;
    let levels = checks.iter().enumerate().filter_map(|(place, check)| {
        let next = checks
            .get(place + 1)
            .map_or(history.read_at, |next| next.checked_at);
        Some(Level {
            from: check.checked_at,
            until: next.min(check.checked_at + FRESH),
            count: check.count(name)?,
        })
    });
    levels.collect()
}

/// The next round number that has a half: 1, 2, 4, 10, 20, 40, 100, …
fn nice(count: i64) -> i64 {
    let mut power = 1_i64;
    loop {
        for step in [1, 2, 4] {
            let top = power.saturating_mul(step);
            if top >= count {
                return top;
            }
        }
        power = power.saturating_mul(10);
    }
}

fn place(after: TimeDelta, whole: TimeDelta) -> i32 {
    scaled(after.num_seconds(), whole.num_seconds(), WIDTH)
}

/// A part of a whole, of so many units, within them.
fn scaled(part: i64, whole: i64, units: i32) -> i32 {
    let scaled = i128::from(part) * i128::from(units) / i128::from(whole.max(1));
    i32::try_from(scaled).unwrap_or(units).clamp(0, units)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_end_at_round_numbers() {
        for (count, top) in [
            (0, 1),
            (1, 1),
            (2, 2),
            (3, 4),
            (5, 10),
            (41, 100),
            (i64::MAX, i64::MAX),
        ] {
            assert_eq!(nice(count), top);
        }
    }

    #[test]
    fn nothing_is_drawn_outside_of_the_plane() {
        assert_eq!(scaled(-1, 10, 100), 0);
        assert_eq!(scaled(20, 10, 100), 100);
        assert_eq!(scaled(1, 0, 100), 100);
    }
}
