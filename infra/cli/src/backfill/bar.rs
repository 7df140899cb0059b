//! The line that says how far a run is.

use std::time::Duration;

use rollcall_domain::{run::Progress, words::grouped};

/// Of this many characters.
const WIDTH: usize = 24;

/// How far a run is, how fast it goes, and how long it will take, as far as this call has seen it.
#[derive(Debug, Default)]
pub(crate) struct Bar {
    /// How many were done when this call began.
    before: Option<i64>,
}

impl Bar {
    /// The line, after this much time of this call.
    pub(crate) fn line(&mut self, progress: &Progress, elapsed: Duration) -> String {
        let done = progress.done();
        let before = *self.before.get_or_insert(done);
        let full = usize::try_from(done.saturating_mul(24) / progress.planned.max(1)).unwrap_or(0);
        let full = full.min(WIDTH);
        let mut parts = vec![format!(
            "[{}{}] {} of {}",
            "=".repeat(full),
            " ".repeat(WIDTH - full),
            grouped(done),
            grouped(progress.planned)
        )];
        let rate = per_second(done - before, elapsed);
        if rate > 0 {
            let left = Duration::from_secs(u64::try_from(progress.remaining / rate).unwrap_or(0));
            parts.push(format!("{}/s", grouped(rate)));
            parts.push(format!("{} left", time(left)));
        }
        if progress.refused > 0 {
            parts.push(format!("{} refused", grouped(progress.refused)));
        }
        parts.join(", ")
    }
}

fn per_second(done: i64, elapsed: Duration) -> i64 {
    let ms = i64::try_from(elapsed.as_millis())
        .unwrap_or(i64::MAX)
        .max(1);
    done.saturating_mul(1000) / ms
}

fn time(left: Duration) -> String {
    match left.as_secs() {
        0 => "1 s".to_owned(),
        seconds @ 1..=99 => format!("{seconds} s"),
        seconds => format!("{} min", seconds.div_ceil(60)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(created: i64, refused: i64) -> Progress {
        Progress {
            planned: 1_000_000,
            created,
            refused,
            remaining: 1_000_000 - created - refused,
            ..Progress::default()
        }
    }

    #[test]
    fn it_tells_done_rate_remaining_and_refused() {
        let mut bar = Bar::default();
        assert_eq!(
            bar.line(&progress(0, 0), Duration::ZERO),
            "[                        ] 0 of 1,000,000"
        );
        assert_eq!(
            bar.line(&progress(499_997, 3), Duration::from_secs(5)),
            "[============            ] 500,000 of 1,000,000, 100,000/s, 5 s left, 3 refused"
        );
        assert!(
            bar.line(&progress(1_000_000, 0), Duration::from_secs(9))
                .starts_with(
                    "[========================] 1,000,000 of 1,000,000, 111,111/s, 1 s left"
                )
        );
    }

    #[test]
    fn what_earlier_calls_did_is_no_rate_of_this_one() {
        let mut bar = Bar::default();
        bar.line(&progress(900_000, 0), Duration::ZERO);
        let line = bar.line(&progress(901_000, 0), Duration::from_secs(1));
        assert!(
            line.ends_with("901,000 of 1,000,000, 1,000/s, 99 s left"),
            "{line}"
        );
        let line = bar.line(&progress(901_000, 0), Duration::from_secs(10));
        assert!(line.ends_with("100/s, 17 min left"), "{line}");
    }
}
