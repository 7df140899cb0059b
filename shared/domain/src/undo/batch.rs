//! One batch of an undo.

use crate::{
    database::Limit,
    error::Error,
    run::{Lease, Progress, Turn},
    unnamed::Unnamed,
};

/// Looks at the next `batch_size` profiles of the plan and removes those that nothing speaks for,
/// all of it or nothing.
pub(super) async fn next(lease: &Lease<'_>, batch_size: i32) -> Result<Turn, Error> {
    const DOING: &str = "removing a batch of profiles";
    let batch = lease
        .database
        .transaction(Limit::Batch, DOING, async |connection| {
            sqlx::query!(
                r#"
                select
                    is_fenced as "is_fenced!", is_locked, is_done, planned, removed, refused, gone
                from rollcall.undo_batch($1, $2, $3)
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
        count(row.removed),
        0,
        count(row.refused),
        count(row.gone),
    );
    Ok(Turn::after(progress, row.is_done))
}
