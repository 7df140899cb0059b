//! The right to carry out a run.

use uuid::Uuid;

use super::{Stop, find};
use crate::{
    database::{Database, Limit},
    error::Error,
    unnamed::Unnamed,
};

/// The lease of one run, with the fence that tells its holder from earlier ones.
#[derive(Debug)]
pub(crate) struct Lease<'d> {
    pub(crate) database: &'d Database,
    pub(crate) run_id: Uuid,
    /// What the run does: `backfill`, `undo`.
    pub(crate) kind: &'static str,
    pub(crate) fence: i64,
}

impl<'d> Lease<'d> {
    /// Takes the lease, also from whoever holds it for the same run: that one's next batch is
    /// turned away. Another run that holds it is [`Stop::Busy`].
    pub(crate) async fn take(
        database: &'d Database,
        run_id: Uuid,
        kind: &'static str,
    ) -> Result<Self, Stop> {
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
                kind,
                fence,
            }),
            (None, Some(holder), Some(held_until)) => {
                let kind = find(database, holder).await?.map(|run| run.kind);
                Err(Stop::Busy {
                    run_id: holder,
                    kind: kind.unwrap_or_default(),
                    held_until,
                })
            }
            (None, ..) => Err(Stop::Rejected(format!(
                "run {run_id} has ended meanwhile: the same call again tells how"
            ))),
        }
    }

    /// Lets go, so that the next one need not wait.
    pub(crate) async fn release(&self) -> Result<(), Error> {
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
}
