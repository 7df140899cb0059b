//! `rollcall repair`: takes back what a run did, and lists whom it was for.

use std::{path::PathBuf, sync::atomic::Ordering, time::Instant};

use rollcall_domain::{
    Database,
    undo::{self, Answer, Order, Status as Course},
};
use uuid::Uuid;

use crate::{
    backfill::{Bar, failure, stop_on_ctrl_c},
    clock::{elapsed_ms, new_id},
    connect::Access,
    export,
    failure::{Failure, Status},
    output::Output,
};

/// Takes back what a run did, or lists whom it was for. Connect as a member of `rollcall_operator`, or as the owner.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Remove the profiles that a backfill created and nobody has touched or referred to since
    Undo(UndoArgs),
    /// List the users of a finished run, for whoever writes to them
    Export(ExportArgs),
}

/// Lists the users of a finished run in a CSV file, with the draft of a message beside it.
///
/// It holds e-mail addresses, so nobody but its owner may read it. No other file is ever written
/// over.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    rollcall repair export 0e8f9a60-1111-4222-8333-444455556666\n  \
    rollcall repair export 0e8f9a60-1111-4222-8333-444455556666 -o affected.csv")]
struct ExportArgs {
    /// The run, completed or cancelled
    #[arg(value_name = "RUN")]
    run_id: Uuid,

    /// Where to; without it, rollcall-affected-<RUN>.csv
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
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
        Action::Export(args) => export::run(args.run_id, args.output, access, output).await,
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
