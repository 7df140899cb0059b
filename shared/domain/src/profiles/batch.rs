//! One batch of stamps, or of stamps taken back.

use crate::{
    database::Limit,
    error::Error,
    run::{Lease, Progress, Turn},
    unnamed::Unnamed,
};

/// What the database says of a batch.
struct Batch {
    is_fenced: bool,
    is_altered: Option<bool>,
    is_locked: Option<bool>,
    is_done: Option<bool>,
    planned: Option<i64>,
    done: Option<i64>,
    refused: Option<i64>,
    gone: Option<i64>,
}

/// Stamps the next profiles of the plan, all of it or nothing.
pub(super) async fn stamp(lease: &Lease<'_>, batch_size: i32) -> Result<Turn, Error> {
    const DOING: &str = "stamping a batch of profiles";
    let batch = lease
        .database
        .transaction(Limit::Batch, DOING, async |connection| {
            sqlx::query_as!(
                Batch,
                r#"
                select
                    is_fenced as "is_fenced!", is_altered, is_locked, is_done, planned,
                    stamped as done, refused, gone
                from rollcall.stamp_batch($1, $2, $3)
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
    turn(batch, batch_size)
}

/// Puts the next profiles back as they were, all of it or nothing.
pub(super) async fn restore(lease: &Lease<'_>, batch_size: i32) -> Result<Turn, Error> {
    const DOING: &str = "putting a batch of profiles back";
    let batch = lease
        .database
        .transaction(Limit::Batch, DOING, async |connection| {
            sqlx::query_as!(
                Batch,
                r#"
                select
                    is_fenced as "is_fenced!", false as is_altered, is_locked, is_done, planned,
                    restored as done, refused, gone
                from rollcall.restore_batch($1, $2, $3)
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
    turn(batch, batch_size)
}

fn turn(batch: Result<Batch, Error>, batch_size: i32) -> Result<Turn, Error> {
    let batch = match batch {
        Ok(batch) => batch,
        Err(error) => return Turn::failed(batch_size, error),
    };
    if batch.is_fenced {
        return Ok(Turn::Lost);
    }
    if batch.is_altered == Some(true) {
        return Ok(Turn::Altered);
    }
    if batch.is_locked == Some(true) {
        return Ok(Turn::Locked);
    }
    let count = Option::unwrap_or_default;
    let progress = Progress::new(
        count(batch.planned),
        count(batch.done),
        0,
        count(batch.refused),
        count(batch.gone),
    );
    Ok(Turn::after(progress, batch.is_done))
}
