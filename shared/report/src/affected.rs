//! What customer success writes to the users of a run: a draft without anybody's data.

use askama::Template;
use chrono::{DateTime, Utc};
use rollcall_domain::affected::Tally;
use uuid::Uuid;

use crate::words::{counted, grouped};

#[derive(Debug, Template)]
#[template(path = "affected.md", escape = "none")]
pub(crate) struct Message {
    version: &'static str,
    run_id: Uuid,
    users: String,
    parts: String,
    /// From the first day to the last, if anybody is known to have been affected.
    period: Option<String>,
}

impl Message {
    pub(crate) fn of(run_id: Uuid, tally: &Tally) -> Self {
        let gone = tally.users - tally.mended - tally.waiting;
        let parts = [
            (tally.mended, "with a profile now"),
            (tally.waiting, "still without one"),
            (gone, "no longer there"),
        ];
        let parts = parts.map(|(users, what)| format!("{} {what}", grouped(users)));
        Self {
            version: env!("CARGO_PKG_VERSION"),
            run_id,
            users: counted(tally.users, "user"),
            parts: parts.join(", "),
            period: tally.first.zip(tally.last).map(|(first, last)| {
                match (day(first), day(last.max(first))) {
                    (first, last) if first == last => format!("on {first}"),
                    (first, last) => format!("between {first} and {last}"),
                }
            }),
        }
    }
}

/// As in "2 November 2026".
fn day(time: DateTime<Utc>) -> String {
    time.format("%-d %B %Y").to_string()
}
