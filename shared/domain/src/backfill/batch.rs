//! One batch of a run.

use crate::{
    database::Limit,
    error::{Error, sqlstate},
    run::{Lease, Progress},
    unnamed::Unnamed,
};

/// What came of asking for a batch.
pub(super) enum Turn {
    /// It was the last one.
    Done(Progress),
    /// There is more to do.
    Ongoing(Progress),
    /// It did not end in time or met somebody else's lock, and nothing of it was kept.
    TooLarge,
    /// Somebody keeps the whole profile table locked.
    Locked,
    /// Somebody else has taken the run, or the lease.
    Lost,
}

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
        Err(error) if batch_size > 1 && may_do_with_fewer(&error) => return Ok(Turn::TooLarge),
        Err(error) => return Err(error),
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
    Ok(match row.is_done {
        Some(true) => Turn::Done(progress),
        _ => Turn::Ongoing(progress),
    })
}

/// Whether the statement timeout has struck, a lock was not to be had, or two transactions stood
/// in each other's way.
fn may_do_with_fewer(error: &Error) -> bool {
    let Error::Query { source, .. } = error else {
        return false;
    };
    matches!(
        sqlstate(source).as_deref(),
        Some("57014" | "55P03" | "40001" | "40P01")
    )
}
