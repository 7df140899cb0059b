//! Whether another batch fits before the deadline.

use std::time::Duration;

/// Kept free before the deadline, beside the time of the slowest batch so far.
const MARGIN: Duration = Duration::from_secs(5);

/// How long batches take here, to begin none that the deadline would cut off.
#[derive(Debug, Default)]
pub struct BatchClock {
    last_begun: Option<Duration>,
    longest: Duration,
}

impl BatchClock {
    /// Whether a batch that begins `now` would end in time. The first always may: a run whose
    /// every call stops at once would never end.
    pub fn allows_another(&mut self, now: Duration, budget: Option<Duration>) -> bool {
        let Some(before) = self.last_begun.replace(now) else {
            return true;
        };
        self.longest = self.longest.max(now.saturating_sub(before));
        budget.is_none_or(|budget| now + self.longest + MARGIN < budget)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_begins_only_if_one_like_the_slowest_would_end_in_time() {
        let second = Duration::from_secs;
        let mut clock = BatchClock::default();
        assert!(clock.allows_another(second(20), Some(second(21))));
        assert!(clock.allows_another(second(23), Some(second(32))));
        // The slowest took three seconds, and the margin is five.
        assert!(!clock.allows_another(second(24), Some(second(32))));
        assert!(clock.allows_another(second(25), None));
    }
}
