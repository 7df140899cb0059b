//! How much at once, and how long to wait in between.

use std::time::Duration;

/// The most users to a batch: what a batch costs beside its users is then next to nothing.
pub const LARGEST_BATCH: i32 = 20_000;

const FIRST_BATCH: i32 = 1000;

/// As `most_in_pieces` of `rollcall.backfill_batch`.
const IN_PIECES: i32 = 250;

/// How long a batch ought to take. It holds its locks so long, and a call that is killed loses so
/// much.
const TARGET: Duration = Duration::from_millis(250);

/// Slower than this, the database has no time to spare; nobody minds less.
const CALM: Duration = Duration::from_millis(5);

/// How often a batch asks for a table that somebody keeps locked.
const LOCKED_TRIES: u32 = 40;

const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Users to a batch: grows gently towards the target time, and halves when a batch ran out of
/// time.
#[derive(Debug)]
pub(super) struct Size {
    now: i32,
    at_most: i32,
}

impl Size {
    pub(super) fn at_most(at_most: i32) -> Self {
        let now = at_most.min(FIRST_BATCH);
        Self { now, at_most }
    }

    pub(super) fn get(&self) -> i32 {
        self.now
    }

    /// After a batch of this size that took so long.
    pub(super) fn took(&mut self, time: Duration) {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "at most twice a batch, and at least a quarter of one"
        )]
        let fitting = {
            let share = TARGET.as_secs_f64() / time.as_secs_f64().max(1e-6);
            (f64::from(self.now) * share.clamp(0.25, 2.0)).ceil() as i32
        };
        self.now = fitting.clamp(1, self.at_most);
    }

    /// To what the database takes to pieces in one transaction.
    pub(super) fn shrink_to_pieces(&mut self) {
        self.now = self.now.min(IN_PIECES);
    }

    pub(super) fn halve(&mut self) {
        self.now = (self.now / 2).max(1);
    }
}

/// How fast the database answers a question that costs nothing: the fastest so far is what it does
/// when it is at leisure.
#[derive(Debug, Default)]
pub(super) struct Answering {
    fastest: Option<Duration>,
}

impl Answering {
    /// How long to leave the database to others, given how long it took to answer now.
    pub(super) fn pause_after(&mut self, answer: Duration) -> Duration {
        let fastest = self.fastest.map_or(answer, |fastest| fastest.min(answer));
        self.fastest = Some(fastest);
        let calm = CALM.max(fastest * 4);
        (answer.saturating_sub(calm) * 10).min(LONGEST_PAUSE)
    }
}

/// How long a table that somebody keeps locked is waited for: a minute, together with the half
/// second that each try takes.
#[derive(Debug, Default)]
pub(super) struct Patience {
    tries: u32,
}

impl Patience {
    /// How long to wait before the next try, after one that found the table locked; nothing if
    /// it has been waited for long enough.
    pub(super) fn locked(&mut self) -> Option<Duration> {
        self.tries += 1;
        (self.tries < LOCKED_TRIES).then_some(Duration::from_secs(1))
    }

    /// After a try that did not find it locked.
    pub(super) fn renew(&mut self) {
        self.tries = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locked_table_is_waited_for_a_minute_each_time() {
        let mut patience = Patience::default();
        for _ in 0..2 {
            let waits = std::iter::from_fn(|| patience.locked());
            assert_eq!(waits.sum::<Duration>(), Duration::from_secs(39));
            patience.renew();
        }
    }

    const fn ms(number: u64) -> Duration {
        Duration::from_millis(number)
    }

    #[test]
    fn a_batch_at_most_doubles_and_never_leaves_its_bounds() {
        let mut size = Size::at_most(3000);
        assert_eq!(size.get(), 1000);
        size.took(ms(1));
        assert_eq!(size.get(), 2000);
        size.took(ms(1));
        assert_eq!(size.get(), 3000);
        size.took(Duration::ZERO);
        assert_eq!(size.get(), 3000);
        assert_eq!(Size::at_most(7).get(), 7);
    }

    #[test]
    fn a_slow_batch_makes_the_next_one_smaller_down_to_one() {
        let mut size = Size::at_most(3000);
        size.took(ms(500));
        assert_eq!(size.get(), 500);
        for _ in 0..20 {
            size.halve();
        }
        assert_eq!(size.get(), 1);
        size.took(ms(60_000));
        assert_eq!(size.get(), 1);
        size.took(ms(1));
        assert_eq!(size.get(), 2);
    }

    #[test]
    fn whoever_answers_as_fast_as_ever_is_not_waited_for() {
        let mut answering = Answering::default();
        assert_eq!(answering.pause_after(ms(1)), Duration::ZERO);
        assert_eq!(answering.pause_after(ms(5)), Duration::ZERO);
        assert_eq!(answering.pause_after(ms(25)), ms(200));
        assert_eq!(answering.pause_after(ms(60_000)), LONGEST_PAUSE);
        // Far away is not overloaded.
        let mut far = Answering::default();
        assert_eq!(far.pause_after(ms(90)), Duration::ZERO);
        assert_eq!(far.pause_after(ms(100)), Duration::ZERO);
    }
}
