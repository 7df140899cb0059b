//! How long this invocation may still take.

use std::time::Duration;

use chrono::{DateTime, Utc};
use lambda_runtime::Context;

/// The moment at which Lambda kills the sandbox, where that is known.
///
/// `cargo lambda watch` sends a constant instead of a time, which reads as January 1970. A
/// deadline that has passed before the work begins is therefore no deadline but an unknown one:
/// believing it would stop every run at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline(Option<DateTime<Utc>>);

impl Deadline {
    /// Reads the deadline; `now` is the time at which the invocation began.
    #[must_use]
    pub fn new(context: &Context, now: DateTime<Utc>) -> Self {
        let at = i64::try_from(context.deadline)
            .ok()
            .and_then(DateTime::from_timestamp_millis);
        Self(at.filter(|at| *at > now))
    }

    /// What is left at `now`: nothing once it has passed, `None` where it is unknown.
    #[must_use]
    pub fn remaining(self, now: DateTime<Utc>) -> Option<Duration> {
        self.0
            .map(|at| (at - now).to_std().unwrap_or(Duration::ZERO))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    fn context(deadline_ms: u64) -> Context {
        let mut context = Context::default();
        context.deadline = deadline_ms;
        context
    }

    #[test]
    fn a_deadline_ahead_counts_down_to_zero() {
        let deadline = Deadline::new(&context(1_795_164_030_000), at(1_795_164_022));
        assert_eq!(
            deadline.remaining(at(1_795_164_025)),
            Some(Duration::from_secs(5))
        );
        assert_eq!(deadline.remaining(at(1_795_164_031)), Some(Duration::ZERO));
    }

    #[test]
    fn a_deadline_in_the_past_or_out_of_range_is_unknown() {
        for deadline_ms in [0, 600_000, u64::MAX] {
            let deadline = Deadline::new(&context(deadline_ms), at(1_795_164_022));
            assert_eq!(deadline.remaining(at(1_795_164_022)), None);
        }
    }
}
