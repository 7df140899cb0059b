//! Asking for one batch.

use sqlx::PgConnection;

use super::{Lease, Progress, Turn};
use crate::{database::Limit, error::Error};

/// What the database says of a batch; the counts are those of the whole run. Where nothing could
/// be done, only the reason is told.
pub(crate) struct Batch {
    pub(crate) is_fenced: bool,
    pub(crate) is_altered: Option<bool>,
    pub(crate) is_locked: Option<bool>,
    pub(crate) is_done: Option<bool>,
    pub(crate) planned: Option<i64>,
    pub(crate) created: Option<i64>,
    pub(crate) present: Option<i64>,
    pub(crate) refused: Option<i64>,
    pub(crate) gone: Option<i64>,
}

impl Batch {
    /// Asks in a transaction of its own, of which all is kept or nothing. `doing` completes the
    /// sentence of an error.
    pub(crate) async fn ask(
        lease: &Lease<'_>,
        size: i32,
        doing: &'static str,
        query: impl AsyncFnOnce(&mut PgConnection) -> sqlx::Result<Self>,
    ) -> Result<Turn, Error> {
        let batch = lease
            .database
            .transaction(Limit::Batch, doing, async |connection| {
                query(connection)
                    .await
                    .map_err(|error| Error::new(doing, error))
            })
            .await;
        match batch {
            Ok(batch) => Ok(batch.turn()),
            Err(error) => Turn::failed(size, error),
        }
    }

    fn turn(&self) -> Turn {
        if self.is_fenced {
            return Turn::Lost;
        }
        if self.is_altered == Some(true) {
            return Turn::Altered;
        }
        if self.is_locked == Some(true) {
            return Turn::Locked;
        }
        let progress = Progress::new(
            self.planned.unwrap_or_default(),
            self.created.unwrap_or_default(),
            self.present.unwrap_or_default(),
            self.refused.unwrap_or_default(),
            self.gone.unwrap_or_default(),
        );
        match self.is_done {
            Some(true) => Turn::Done(progress),
            _ => Turn::Ongoing(progress),
        }
    }
}
