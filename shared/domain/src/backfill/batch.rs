//! One batch of a run.

use crate::{
    error::Error,
    run::{Batch, Lease, Turn},
    unnamed::Unnamed,
};

/// Profiles for the next `size` users of the plan, all of it or nothing.
pub(super) async fn next(lease: &Lease<'_>, size: i32) -> Result<Turn, Error> {
    const DOING: &str = "backfilling a batch";
    Batch::ask(lease, size, DOING, async |connection| {
        sqlx::query_as!(
            Batch,
            r#"
            select
                is_fenced as "is_fenced!", false as is_altered, is_locked, is_done, planned, created, present,
                refused, gone
            from rollcall.backfill_batch($1, $2, $3)
            "#,
            lease.run_id,
            lease.fence,
            size
        )
        .fetch_one(Unnamed(connection))
        .await
    })
    .await
}
