//! A message as text, which has to be understood by somebody who was asleep a minute ago.

use chrono::{DateTime, TimeDelta, Utc};
use rollcall_domain::{
    alert::{Message, News},
    severity::Severity,
    words::grouped,
};

/// The first line: how grave, what became of it, who is affected by what.
pub(super) fn title(message: &Message) -> String {
    let severity = severity(message.severity);
    let news = match message.news {
        News::Opened => severity.to_owned(),
        News::Escalated => format!("{severity}, worse than before"),
        News::Resolved => format!("{severity} resolved after {}", lasted(message)),
        News::Healed => format!("{severity} healed"),
    };
    format!("{news}: {}", on_one_line(&message.headline))
}

/// When it was; of what is over, also how long it lasted and what proves it.
pub(super) fn when(message: &Message) -> String {
    let (since, checked) = (time(message.since), time(message.checked_at));
    let lasted = lasted(message);
    match message.news {
        News::Opened | News::Escalated => {
            format!("Since {since}, {lasted} before the check of {checked}.")
        }
        News::Resolved => format!(
            "It lasted {lasted}, from {since} to {checked}. The full check of {checked} proves \
             that it is over{}.",
            found(message)
        ),
        News::Healed => format!(
            "It began at {since}. The check of {checked} found it, healed it and looked \
             again{}.{}",
            found(message),
            if message.next_step.is_some() {
                ""
            } else {
                " Nobody has to do anything."
            }
        ),
    }
}

fn found(message: &Message) -> String {
    let counts: Vec<_> = message
        .counts
        .iter()
        .map(|(name, count)| format!("{name} {}", grouped(*count)))
        .collect();
    match counts.as_slice() {
        [] => String::new(),
        counts => format!(", with {}", counts.join(", ")),
    }
}

/// The whole message as plain text, for an e-mail.
pub(super) fn plain(message: &Message) -> String {
    let mut paragraphs = vec![
        title(message),
        format!("Cause: {}", on_one_line(&message.cause)),
        when(message),
    ];
    let counts = message.counts.iter();
    let counts = counts.map(|(name, count)| format!("{name}: {}", grouped(*count)));
    paragraphs.extend(list(counts));
    if let Some(call) = &message.next_step {
        paragraphs.push(format!("Next:\n    {call}"));
    }
    let samples = samples(message);
    if !samples.is_empty() {
        let samples = samples.iter().map(|id| format!("    {id}"));
        let samples = list(samples).unwrap_or_default();
        paragraphs.push(format!("Users (at most {SAMPLES} of them):\n{samples}"));
    }
    let page = message.link.iter().map(|link| format!("Page: {link}"));
    let rest = [
        format!("Report: {}", message.report),
        format!("Incident: {}", message.incident_id),
    ];
    paragraphs.extend(list(page.chain(rest)));
    paragraphs.join("\n\n")
}

fn list(lines: impl Iterator<Item = String>) -> Option<String> {
    let lines: Vec<_> = lines.collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// How many users a message names.
const SAMPLES: usize = 10;

/// At most ten of the users, whatever the message holds.
pub(super) fn samples(message: &Message) -> Vec<String> {
    let samples = message.samples.iter().take(SAMPLES);
    samples.map(ToString::to_string).collect()
}

/// The word for how grave it is.
pub(super) fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::P0 => "P0",
        Severity::P1 => "P1",
        Severity::P2 => "P2",
    }
}

/// The word for what has become of it.
pub(super) fn news(news: News) -> &'static str {
    match news {
        News::Opened => "opened",
        News::Escalated => "escalated",
        News::Resolved => "resolved",
        News::Healed => "healed",
    }
}

/// A point in time to the minute, in UTC like the logs.
pub(super) fn time(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M UTC").to_string()
}

fn lasted(message: &Message) -> String {
    duration(message.checked_at - message.since)
}

/// A length of time in its two largest units.
fn duration(length: TimeDelta) -> String {
    let (days, hours, minutes) = (length.num_days(), length.num_hours(), length.num_minutes());
    match (days, hours, minutes) {
        (1.., _, _) => format!("{days} d {} h", hours % 24),
        (_, 1.., _) => format!("{hours} h {} min", minutes % 60),
        (_, _, 1..) => format!("{minutes} min"),
        _ => "less than a minute".to_owned(),
    }
}

/// Without line breaks and other control characters.
pub(super) fn on_one_line(text: &str) -> String {
    let words: Vec<_> = text
        .split(|character: char| character.is_whitespace() || character.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    words.join(" ")
}

#[cfg(test)]
mod tests;
