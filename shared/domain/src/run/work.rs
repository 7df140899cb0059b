//! Carrying a run out, batch after batch.

use tokio::time::Instant;

use super::{
    Lease, Progress, Stop,
    pace::{Answering, LARGEST_BATCH, Patience, Size},
    refuse_while_held,
};
use crate::{
    error::{Error, sqlstate},
    locked::waited_for,
};

/// What the database says of a batch that is too large to be taken to pieces.
const POISONED: &str = "RC002";

/// What came of asking for a batch.
pub(crate) enum Turn {
    /// It was the last one.
    Done(Progress),
    /// There is more to do.
    Ongoing(Progress),
    /// It did not end in time or met somebody else's lock, and nothing of it was kept.
    TooLarge,
    /// It holds a row that is not accepted, and has to be taken to pieces; nothing of it was kept.
    Poisoned,
    /// Another configuration has been installed since the plan was made.
    Altered,
    /// Somebody keeps a whole table locked.
    Locked,
    /// Somebody else has taken the run, or the lease.
    Lost,
}

impl Turn {
    /// What a batch that failed comes to: there may be a way with fewer users.
    pub(crate) fn failed(batch_size: i32, error: Error) -> Result<Self, Error> {
        if code(&error).as_deref() == Some(POISONED) {
            Ok(Self::Poisoned)
        } else if may_do_with_fewer(batch_size, &error) {
            Ok(Self::TooLarge)
        } else {
            Err(error)
        }
    }
}

/// Batch after batch, until the run is done, has to stop, or belongs to somebody else.
pub(crate) async fn work_through<'d>(
    lease: &Lease<'d>,
    mut progress: Progress,
    at_most: Option<i32>,
    next: impl AsyncFn(&Lease<'d>, i32) -> Result<Turn, Error>,
    mut go_on: impl FnMut(&Progress) -> bool,
) -> Result<Progress, Stop> {
    let mut size = Size::at_most(at_most.unwrap_or(LARGEST_BATCH));
    let mut answering = Answering::default();
    let mut patience = Patience::default();
    loop {
        // A run for nobody has nothing to stop, but its end has to be written down.
        if progress.planned > 0 && !go_on(&progress) {
            lease.release().await?;
            return Ok(progress);
        }
        let begun = Instant::now();
        let turn = next(lease, size.get()).await?;
        match turn {
            Turn::Done(done) => return Ok(done),
            Turn::Ongoing(so_far) => {
                progress = so_far;
                patience.renew();
                size.took(begun.elapsed());
                let answer_time = lease.database.answer_time().await?;
                tokio::time::sleep(answering.pause_after(answer_time)).await;
            }
            Turn::TooLarge if size.get() > 1 => size.halve(),
            Turn::Altered => {
                lease.release().await?;
                return Err(Stop::altered(lease.run_id));
            }
            Turn::Poisoned => size.shrink_to_pieces(),
            Turn::Locked | Turn::TooLarge => {
                let Some(pause) = patience.locked() else {
                    // Before the next one comes; whoever cannot be seen does not make it another stop.
                    let what = waited_for(lease.database, lease.run_id).await;
                    lease.release().await?;
                    return Err(Stop::Locked {
                        run_id: lease.run_id,
                        kind: lease.kind,
                        what: what.unwrap_or_else(|_unseen| "a table, or a row of one".to_owned()),
                    });
                };
                tokio::time::sleep(pause).await;
            }
            Turn::Lost => {
                refuse_while_held(lease.database).await?;
                // Whoever had it has finished or let go: the answer tells how the run stands.
                return Ok(progress);
            }
        }
    }
}

/// Whether the statement timeout has struck, a lock was not to be had, or two transactions stood
/// in each other's way.
fn may_do_with_fewer(batch_size: i32, error: &Error) -> bool {
    match code(error).as_deref() {
        Some("57014" | "55P03") => batch_size > 1,
        // Of a single user, too: whoever was in the way is through sooner or later.
        Some("40001" | "40P01") => true,
        _ => false,
    }
}

fn code(error: &Error) -> Option<String> {
    match error {
        Error::Query { source, .. } => sqlstate(source),
        _ => None,
    }
}
