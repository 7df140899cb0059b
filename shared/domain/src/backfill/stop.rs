//! Why a backfill stops without an answer.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::error::Error;

/// Why a backfill did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Stop {
    /// The request itself is wrong.
    #[error("{0}")]
    BadRequest(String),
    /// Another run holds the lease.
    #[error(
        "run {run_id} holds the lease until {held_until}; wait for it, or go on with it by \
         `rollcall backfill --run-id {run_id}`"
    )]
    Busy {
        /// The run that holds it.
        run_id: Uuid,
        /// When the lease ends by itself.
        held_until: DateTime<Utc>,
    },
    /// A safety stop.
    #[error("{0}")]
    Rejected(String),
    /// The database failed or is out of reach.
    #[error(transparent)]
    Database(#[from] Error),
}
