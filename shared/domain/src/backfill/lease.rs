//! The right to carry out a run, and the batches that it is good for.

use uuid::Uuid;

use super::{Progress, Stop};
use crate::{
    database::{Database, Limit},
    error::{Error, sqlstate},
    unnamed::Unnamed,
};

/// The lease of one run, with the fence that tells its holder from earlier ones.
pub(super) struct Lease<'d> {
    pub(super) database: &'d Database,
    run_id: Uuid,
    fence: i64,
}

/// What came of asking for a batch.
pub(super) enum Turn {
    /// It was the last one.
    Done(Progress),
    /// There is more to do.
    Ongoing(Progress),
    /// It did not end in time, and nothing of it was kept.
    TooLarge,
    /// Somebody else has taken the run, or the lease.
    Lost,
}

impl<'d> Lease<'d> {
    /// Takes the lease, also from whoever holds it for the same run: that one's next batch is
    /// turned away. Another run that holds it is [`Stop::Busy`].
    pub(super) async fn take(database: &'d Database, run_id: Uuid) -> Result<Self, Stop> {
        const DOING: &str = "taking the lease";
        // As patient as a batch: the one under way has to end first.
        let row = database
            .transaction(Limit::Batch, DOING, async |connection| {
                sqlx::query!(
                    "select fence, holder, held_until from rollcall.take_lease($1)",
                    run_id
                )
                .fetch_one(Unnamed(connection))
                .await
                .map_err(|error| Error::new(DOING, error))
            })
            .await?;
        match (row.fence, row.holder, row.held_until) {
            (Some(fence), ..) => Ok(Self {
                database,
                run_id,
                fence,
            }),
            (None, Some(run_id), Some(held_until)) => Err(Stop::Busy { run_id, held_until }),
            (None, ..) => Err(Stop::BadRequest(format!("there is no run {run_id}"))),
        }
    }

    /// Lets go, so that the next one need not wait.
    pub(super) async fn release(&self) -> Result<(), Error> {
        const DOING: &str = "releasing the lease";
        self.database
            .transaction(Limit::Interactive, DOING, async |connection| {
                sqlx::query!(
                    "select rollcall.release_lease($1, $2)",
                    self.run_id,
                    self.fence
                )
                .fetch_one(Unnamed(connection))
                .await
                .map_err(|error| Error::new(DOING, error))
            })
            .await?;
        Ok(())
    }

    /// Profiles for the next `batch_size` users of the plan, all of it or nothing.
    pub(super) async fn next_batch(&self, batch_size: i32) -> Result<Turn, Error> {
        const DOING: &str = "backfilling a batch";
        let batch = self
            .database
            .transaction(Limit::Batch, DOING, async |connection| {
                sqlx::query!(
                    r#"
                    select
                        is_fenced as "is_fenced!", is_done, planned, created, present, refused,
                        gone
                    from rollcall.backfill_batch($1, $2, $3)
                    "#,
                    self.run_id,
                    self.fence,
                    batch_size
                )
                .fetch_one(Unnamed(connection))
                .await
                .map_err(|error| Error::new(DOING, error))
            })
            .await;
        let row = match batch {
            Ok(row) => row,
            Err(error) if batch_size > 1 && ran_out_of_time(&error) => return Ok(Turn::TooLarge),
            Err(error) => return Err(error),
        };
        if row.is_fenced {
            return Ok(Turn::Lost);
        }
        let count = Option::unwrap_or_default;
        let progress = Progress::new(
            count(row.planned),
            count(row.created),
            count(row.present),
            count(row.refused),
            count(row.gone),
        );
        Ok(match row.is_done {
            Some(true) => Turn::Done(progress),
            _ => Turn::Ongoing(progress),
        })
    }
}

/// Whether the server's statement timeout has struck.
fn ran_out_of_time(error: &Error) -> bool {
    matches!(error, Error::Query { source, .. } if sqlstate(source).as_deref() == Some("57014"))
}
