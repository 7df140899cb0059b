//! `rollcall repair`: takes back what a run did.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use rollcall_domain::{
    Database,
    run::{Progress, Stop},
    undo::{self, Answer, Order, Status as Course},
};
use uuid::Uuid;

use crate::{
    clock::{elapsed_ms, new_id},
    connect::Access,
    failure::{Failure, Status},
    output::Output,
};

/// Takes back what a run did. Connect as a member of `rollcall_operator`, or as the owner.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Remove the profiles that a backfill created and nobody has touched or referred to since
    Undo(UndoArgs),
}

/// Removes the profiles that a backfill created and nobody has touched or referred to since.
///
/// The others are listed, with the reason. Ctrl-C ends it after the batch under way, and the same
/// command goes on.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    rollcall repair undo 0e8f9a60-1111-4222-8333-444455556666\n  \
    rollcall repair undo 0e8f9a60-1111-4222-8333-444455556666 --confirm-count 1200")]
struct UndoArgs {
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

pub(crate) async fn run(
    args: Args,
    access: &Access,
    output: &mut Output,
) -> Result<Status, Failure> {
    match args.action {
        Action::Undo(args) => undo(args, access, output).await,
    }
}

async fn undo(args: UndoArgs, access: &Access, output: &mut Output) -> Result<Status, Failure> {
    let database = Database::new(access.options()?);
    let order = Order {
        reason: args.reason,
        confirm_count: args.confirm_count,
    };
    let begun = Instant::now();
    let stopped = stop_on_ctrl_c();
    let answer = undo::run(
        &database,
        args.run_id,
        new_id(),
        &order,
        || elapsed_ms(begun),
        |progress| {
            output.progress(bar(progress));
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

/// Prints an answer for people.
fn show(answer: &Answer, output: &mut Output) -> std::io::Result<()> {
    if answer.status == Course::NothingToDo {
        output.line(
            "nothing is left to undo: no profile that this run created is there as its own",
        )?;
        return Ok(());
    }
    let total = answer.total();
    output.line(format_args!(
        "{} planned = {} removed + {} refused + {} gone + {} remaining",
        total.planned, total.created, total.refused, total.gone, total.remaining
    ))?;
    if !answer.refusals.is_empty() {
        let rows = answer.refusals.iter().map(|refusal| {
            [
                refusal.key.to_string(),
                refusal.reason.clone(),
                refusal.referred_by.clone().unwrap_or_default(),
                refusal.sqlstate.clone().unwrap_or_default(),
            ]
        });
        output.table(
            ["profile left", "reason", "referred to by", "SQLSTATE"],
            &rows.collect::<Vec<_>>(),
        )?;
    }
    for reason in &answer.reasons {
        output.line(format_args!(
            "{} {}: {}",
            reason.profiles, reason.reason, reason.mend
        ))?;
    }
    for effect in &answer.side_effects {
        output.line(format_args!("fires for each profile: {effect}"))?;
    }
    if let Some(step) = &answer.next_step {
        output.line(step)?;
    }
    if answer.status == Course::Partial {
        output.line(format_args!("next: rollcall repair undo {}", answer.run_id))?;
    }
    Ok(())
}

/// Set once somebody has pressed Ctrl-C.
fn stop_on_ctrl_c() -> Arc<AtomicBool> {
    let stopped = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stopped);
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            flag.store(true, Ordering::Relaxed);
        }
    });
    stopped
}

fn bar(progress: &Progress) -> String {
    format!(
        "{} of {} done, {} refused",
        progress.done(),
        progress.planned,
        progress.refused
    )
}

fn failure(stop: Stop) -> Failure {
    match stop {
        Stop::Database(error) => Failure::Blind(error),
        Stop::BadRequest(sentence) => Failure::Usage(sentence),
        Stop::Rejected(_) | Stop::Busy { .. } | Stop::Locked { .. } | Stop::Interrupted { .. } => {
            Failure::Stopped(stop.to_string())
        }
    }
}
