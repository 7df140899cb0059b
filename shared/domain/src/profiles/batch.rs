//! One batch of stamps, or of stamps taken back.

use crate::{
    error::Error,
    run::{Batch, Lease, Turn},
    unnamed::Unnamed,
};

/// Stamps the next profiles of the plan, all of it or nothing.
pub(super) async fn stamp(lease: &Lease<'_>, size: i32) -> Result<Turn, Error> {
    const DOING: &str = "stamping a batch of profiles";
    Batch::ask(lease, size, DOING, async |connection| {
        sqlx::query_as!(
            Batch,
            r#"
            select
                is_fenced as "is_fenced!", is_altered, is_locked, is_done, planned,
                stamped as created, 0::bigint as present, refused, gone
            from rollcall.stamp_batch($1, $2, $3)
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

/// Puts the next profiles back as they were, all of it or nothing.
pub(super) async fn restore(lease: &Lease<'_>, size: i32) -> Result<Turn, Error> {
    const DOING: &str = "putting a batch of profiles back";
    Batch::ask(lease, size, DOING, async |connection| {
        sqlx::query_as!(
            Batch,
            r#"
            select
                is_fenced as "is_fenced!", false as is_altered, is_locked, is_done, planned,
                restored as created, 0::bigint as present, refused, gone
            from rollcall.restore_batch($1, $2, $3)
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
