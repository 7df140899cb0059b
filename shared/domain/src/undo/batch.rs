//! One batch of an undo.

use crate::{
    error::Error,
    run::{Batch, Lease, Turn},
    unnamed::Unnamed,
};

/// Looks at the next `size` profiles of the plan and removes those that nothing speaks for, all of
/// it or nothing.
pub(super) async fn next(lease: &Lease<'_>, size: i32) -> Result<Turn, Error> {
    const DOING: &str = "removing a batch of profiles";
    Batch::ask(lease, size, DOING, async |connection| {
        sqlx::query_as!(
            Batch,
            r#"
            select
                is_fenced as "is_fenced!", false as is_altered, is_locked, is_done, planned,
                removed as created, 0::bigint as present, refused, gone
            from rollcall.undo_batch($1, $2, $3)
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
