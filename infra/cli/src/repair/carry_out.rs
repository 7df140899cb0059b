//! `rollcall repair apply`, `undo` and `purge`: carries a repair out, takes it back, or deletes what it
//! put aside.

use std::{sync::atomic::Ordering, time::Instant};

use rollcall_domain::{
    Database, orphans,
    repair::{self, Answer, Order, Status as Course},
    run::Progress,
};
use serde_json::json;
use uuid::Uuid;

use super::show::show;
use crate::{
    backfill::{Bar, failure, stop_on_ctrl_c},
    clock::{elapsed_ms, new_id},
    connect::{Access, Place},
    deployed::{Operation, Work},
    failure::{Failure, Status},
    output::Output,
};

/// Which of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Apply,
    Undo,
    Purge,
}

impl Way {
    /// As the command and the function call it.
    fn word(self) -> &'static str {
        match self {
            Self::Apply => "apply",
            Self::Undo => "undo",
            Self::Purge => "purge",
        }
    }
}

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The run: what a plan answered, or, to be undone or purged, one that was carried out
    #[arg(value_name = "RUN")]
    run_id: Uuid,

    /// Stop if the run is not about just so many rows
    #[arg(long, value_name = "N")]
    confirm_count: Option<i64>,

    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

pub(super) async fn run(
    way: Way,
    args: Args,
    access: &Access,
    output: &mut Output,
) -> Result<Status, Failure> {
    let place = access.place()?;
    let order = Order {
        reason: args.reason,
        confirm_count: args.confirm_count,
    };
    let answer = match place {
        Place::Database(database) => on(&database, way, args.run_id, &order, output).await?,
        Place::Stack(stack) => {
            let action = way.word();
            let work = Work {
                operation: Operation::Repair,
                event: json!({
                    "action": action,
                    "run_id": args.run_id,
                    "reason": order.reason,
                    "confirm_count": order.confirm_count,
                }),
                next: format!("rollcall repair {action} {}", args.run_id),
            };
            stack.finish(&work, output).await?
        }
    };
    tell(&answer, output)
}

async fn on(
    database: &Database,
    way: Way,
    run_id: Uuid,
    order: &Order,
    output: &mut Output,
) -> Result<Answer, Failure> {
    let begun = Instant::now();
    let stopped = stop_on_ctrl_c();
    let mut bar = Bar::default();
    let elapsed = || elapsed_ms(begun);
    let go_on = |progress: &Progress| {
        output.progress(bar.line(progress, begun.elapsed()));
        !stopped.load(Ordering::Relaxed)
    };
    let answer = match way {
        Way::Apply => repair::apply(database, run_id, order, elapsed, go_on).await,
        Way::Purge => orphans::purge(database, run_id, order, elapsed).await,
        Way::Undo => repair::undo(database, run_id, new_id(), order, elapsed, go_on).await,
    };
    output.end_progress();
    answer.map_err(failure)
}

/// Prints an answer, and says whether all of it is done.
pub(super) fn tell(answer: &Answer, output: &mut Output) -> Result<Status, Failure> {
    if output.is_json() {
        output.json(answer)?;
    } else {
        show(answer, output)?;
    }
    let total = answer.total();
    Ok(match (answer.status, total.refused, total.remaining) {
        (Course::Planned, 0, _) | (_, 0, 0) => Status::Done,
        _ => Status::Found,
    })
}
