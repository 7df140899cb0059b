//! A check's history as a strip of bars, one for each day.
//!
//! What came of a day is told by the height of its bar as well as by its colour.

use chrono::{DateTime, TimeDelta, Utc};
use rollcall_domain::history::History;

use crate::words;

/// More bars than this are too thin to see.
const MOST_BARS: i32 = 60;

/// The worst that came of a check in one span of time; worse is greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    NotRun,
    Passed,
    CouldNotLook,
    Failed,
}

/// A bar; lengths are in units of a bar's place and of a tenth of the height.
#[derive(Debug, PartialEq)]
pub(crate) struct Bar {
    pub(crate) x: usize,
    pub(crate) y: u8,
    pub(crate) height: u8,
    pub(crate) class: &'static str,
    pub(crate) title: String,
}

#[derive(Debug)]
pub(crate) struct Strip {
    pub(crate) bars: Vec<Bar>,
    /// What there is to see, in words.
    pub(crate) summary: String,
}

/// The strip of the check of this name.
pub(crate) fn strip(history: &History, check_name: &str) -> Strip {
    let length = history.read_at - history.from;
    let bars = i32::try_from(length.num_days())
        .unwrap_or(i32::MAX)
        .clamp(1, MOST_BARS);
    let each = length / bars;
    let found: Vec<(DateTime<Utc>, Outcome)> = history
        .checks
        .iter()
        .flat_map(|check| {
            let named = check
                .checks
                .iter()
                .filter(|named| named.check_name == check_name);
            named.map(|named| (check.checked_at, outcome(named.passed)))
        })
        .collect();
    let bars: Vec<(DateTime<Utc>, Outcome)> = (0..bars)
        .map(|number| {
            let from = history.from + each * number;
            let until = if number + 1 == bars {
                history.read_at + TimeDelta::seconds(1)
            } else {
                from + each
            };
            let within = found.iter().filter(|(at, _)| (from..until).contains(at));
            (
                from,
                within
                    .map(|(_, outcome)| *outcome)
                    .max()
                    .unwrap_or(Outcome::NotRun),
            )
        })
        .collect();
    let count = |wanted| {
        bars.iter()
            .filter(|(_, outcome)| *outcome == wanted)
            .count()
    };
    let summary = format!(
        "of {} spans, {} failed, {} could not look, {} passed, {} without a check",
        bars.len(),
        count(Outcome::Failed),
        count(Outcome::CouldNotLook),
        count(Outcome::Passed),
        count(Outcome::NotRun)
    );
    let bars = bars.into_iter().enumerate();
    Strip {
        bars: bars
            .map(|(x, (from, outcome))| bar(x, from, from + each, outcome))
            .collect(),
        summary,
    }
}

fn outcome(passed: Option<bool>) -> Outcome {
    match passed {
        Some(true) => Outcome::Passed,
        Some(false) => Outcome::Failed,
        None => Outcome::CouldNotLook,
    }
}

fn bar(x: usize, from: DateTime<Utc>, until: DateTime<Utc>, outcome: Outcome) -> Bar {
    let (y, class, word) = match outcome {
        Outcome::Failed => (0, "failed", "failed"),
        Outcome::CouldNotLook => (3, "blind", "could not look"),
        Outcome::Passed => (6, "passed", "passed"),
        Outcome::NotRun => (9, "not-run", "no check"),
    };
    Bar {
        x,
        y,
        height: 10 - y,
        class,
        title: format!("{} to {}: {word}", words::at(from), words::at(until)),
    }
}
