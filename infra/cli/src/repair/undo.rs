//! `rollcall repair undo`: takes back what a run did.

use std::{sync::atomic::Ordering, time::Instant};

use rollcall_domain::{
    Database,
    undo::{self, Order},
};
use uuid::Uuid;

use super::show::show;
use crate::{
    backfill::{Bar, failure, stop_on_ctrl_c},
    clock::{elapsed_ms, new_id},
    connect::Access,
    failure::{Failure, Status},
    output::Output,
};

/// Removes the profiles that a backfill created and nobody has touched or referred to since.
///
/// The others are listed, with the reason. Ctrl-C ends it after the batch under way, and the same
/// command goes on.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    rollcall repair undo 0e8f9a60-1111-4222-8333-444455556666\n  \
    rollcall repair undo 0e8f9a60-1111-4222-8333-444455556666 --confirm-count 1200")]
pub(super) struct Args {
    /// The backfill, or an undo of it that has not ended
    #[arg(value_name = "RUN")]
    run_id: Uuid,

    /// Stop if the undo is not about just so many profiles
    #[arg(long, value_name = "N")]
    confirm_count: Option<i64>,

    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

pub(super) async fn run(
    args: Args,
    access: &Access,
    output: &mut Output,
) -> Result<Status, Failure> {
    let database = Database::new(access.options()?);
    let order = Order {
        reason: args.reason,
        confirm_count: args.confirm_count,
    };
    let begun = Instant::now();
    let stopped = stop_on_ctrl_c();
    let mut bar = Bar::default();
    let answer = undo::run(
        &database,
        args.run_id,
        new_id(),
        &order,
        || elapsed_ms(begun),
        |progress| {
            output.progress(bar.line(progress, begun.elapsed()));
            !stopped.load(Ordering::Relaxed)
        },
    )
    .await;
    output.end_progress();
    let answer = answer.map_err(failure)?;
    if output.is_json() {
        output.json(&answer)?;
    } else {
        show(&answer, output)?;
    }
    let total = answer.total();
    Ok(match (total.refused, total.remaining) {
        (0, 0) => Status::Done,
        _ => Status::Found,
    })
}
