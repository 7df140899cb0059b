//! One batch of a run.

use crate::{
    database::Limit,
    error::Error,
    run::{Lease, Progress, Turn},
    unnamed::Unnamed,
};

/// Profiles for the next `batch_size` users of the plan, all of it or nothing.
pub(super) async fn next(lease: &Lease<'_>, batch_size: i32) -> Result<Turn, Error> {
    const DOING: &str = "backfilling a batch";
    let batch = lease
        .database
        .transaction(Limit::Batch, DOING, async |connection| {
            sqlx::query!(
                r#"
                select
                    is_fenced as "is_fenced!", is_locked, is_done, planned, created, present,
                    refused, gone
                from rollcall.backfill_batch($1, $2, $3)
                "#,
                lease.run_id,
                lease.fence,
                batch_size
            )
            .fetch_one(Unnamed(connection))
            .await
            .map_err(|error| Error::new(DOING, error))
        })
        .await;
    let row = match batch {
        Ok(row) => row,
        Err(error) => return Turn::failed(batch_size, error),
    };
    if row.is_fenced {
        return Ok(Turn::Lost);
    }
    if row.is_locked == Some(true) {
        return Ok(Turn::Locked);
    }
    let count = Option::unwrap_or_default;
    let progress = Progress::new(
        count(row.planned),
        count(row.created),
        count(row.present),
        count(row.refused),
        count(row.gone),
    );
    Ok(Turn::after(progress, row.is_done))
}
