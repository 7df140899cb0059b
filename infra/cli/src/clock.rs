//! The clock and the dice, for whoever needs them.

use std::time::Instant;

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// The time.
#[expect(
    clippy::disallowed_methods,
    reason = "the command reads the clock here and nowhere else"
)]
pub(crate) fn now() -> DateTime<Utc> {
    Utc::now()
}

/// A random id.
pub(crate) fn new_id() -> Uuid {
    Uuid::new_v4()
}

/// Milliseconds since `begun`.
pub(crate) fn elapsed_ms(begun: Instant) -> u64 {
    u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX)
}
