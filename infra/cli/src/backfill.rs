//! `rollcall backfill`: the profiles that are missing, previewed or created.

mod bar;
mod by_stack;
mod on_database;
mod show;

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use chrono::{DateTime, Utc};
use rollcall_domain::{
    backfill::{LARGEST_BATCH, Order, Scope, Status as Course},
    run::Stop,
};
use uuid::Uuid;

pub(crate) use bar::Bar;
pub(crate) use on_database::to_the_end;
pub(crate) use show::{show, show_likely};

use crate::{
    clock::new_id,
    connect::{Access, Place},
    failure::{Failure, Status},
    output::Output,
};

/// Shows who would get a profile, or with --run creates the profiles.
///
/// Without --run the set of users is stored as a run and nobody is touched; that very set is
/// then carried out by its --run-id. Ctrl-C ends a run after the batch under way, and the same
/// --run-id goes on. Connect as a member of `rollcall_operator`, or as the owner.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    rollcall backfill\n  \
    rollcall backfill --run-id 0e8f9a60-1111-4222-8333-444455556666\n  \
    rollcall backfill --run --max-users 100 --reason 'INC-7'\n  \
    rollcall backfill --run --deployed rollcall-prod")]
pub(crate) struct Args {
    /// Store the set of users and touch nobody; this is the default
    #[arg(long, conflicts_with_all = ["run", "run_id"])]
    preview: bool,

    /// Plan and create the profiles in one go
    #[arg(long)]
    run: bool,

    /// Carry out a previewed run, or go on with an unfinished one
    #[arg(long, value_name = "ID")]
    run_id: Option<Uuid>,

    /// Only this user; may be given several times
    #[arg(long = "user-id", value_name = "ID")]
    user_ids: Vec<Uuid>,

    /// Only users created at this time or later, as in 2026-11-20T00:00:00Z
    #[arg(long, value_name = "TIME")]
    created_after: Option<DateTime<Utc>>,

    /// Only users created before this time
    #[arg(long, value_name = "TIME")]
    created_before: Option<DateTime<Utc>>,

    /// At most so many users
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
    max_users: Option<i64>,

    /// At most so many users to a batch; without it, as many as the database takes in a moment
    #[arg(long, value_name = "N",
        value_parser = clap::value_parser!(i32).range(1..=i64::from(LARGEST_BATCH)))]
    batch_size: Option<i32>,

    /// Let the application's own triggers fire for more than 100 profiles
    #[arg(long)]
    accept_side_effects: bool,

    /// Stop if the plan is not for just so many users
    #[arg(long, value_name = "N")]
    confirm_count: Option<i64>,

    /// End a run where it is, for good
    #[arg(long, value_name = "ID", conflicts_with_all = ["run", "run_id", "preview"])]
    cancel: Option<Uuid>,

    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,

    /// Once the run has ended, list its users in FILE [default: rollcall-affected-<RUN>.csv]; with
    /// --deployed, in the stack's bucket
    #[arg(long, value_name = "FILE", num_args = 0..=1)]
    #[expect(
        clippy::option_option,
        reason = "not asked for, asked for, and with a name"
    )]
    export: Option<Option<PathBuf>>,
}

pub(crate) async fn run(
    args: Args,
    access: &Access,
    output: &mut Output,
) -> Result<Status, Failure> {
    if let (Some(after), Some(before)) = (args.created_after, args.created_before)
        && before <= after
    {
        return Err(Failure::Usage(
            "--created-before is not later than --created-after, so nobody is between them".into(),
        ));
    }
    let place = access.place()?;
    let order = Order {
        scope: Scope {
            user_ids: (!args.user_ids.is_empty()).then_some(args.user_ids),
            created_after: args.created_after,
            created_before: args.created_before,
            max_users: args.max_users,
        },
        reason: args.reason,
        batch_size: args.batch_size,
        accept_side_effects: args.accept_side_effects,
        confirm_count: args.confirm_count,
    };
    let asked = Asked {
        mode: if args.cancel.is_some() {
            Mode::Cancel
        } else if args.run || args.run_id.is_some() {
            Mode::Run
        } else {
            Mode::Preview
        },
        run_id: args.run_id.or(args.cancel).unwrap_or_else(new_id),
        order,
    };
    let answer = match place {
        Place::Database(database) => asked.on(&database, args.export, output).await?,
        Place::Stack(stack) => asked.by(&stack, args.export, output).await?,
    };
    if output.is_json() {
        output.json(&answer)?;
    } else {
        show(&answer, output)?;
    }
    Ok(match answer.status {
        Course::Partial => Status::Found,
        _ if answer.progress.refused > 0 => Status::Found,
        _ => Status::Done,
    })
}

/// What is to be done with which run.
struct Asked {
    mode: Mode,
    run_id: Uuid,
    order: Order,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Preview,
    Run,
    Cancel,
}

/// Set once somebody has pressed Ctrl-C.
pub(crate) fn stop_on_ctrl_c() -> Arc<AtomicBool> {
    let stopped = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stopped);
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            flag.store(true, Ordering::Relaxed);
        }
    });
    stopped
}

pub(crate) fn failure(stop: Stop) -> Failure {
    match stop {
        Stop::Database(error) => Failure::Blind(error),
        Stop::BadRequest(sentence) => Failure::Usage(sentence),
        // The functions have fields where the command has options.
        Stop::Unconfirmed { why, lift } => {
            Failure::Stopped(format!("{why}; if that is wanted, {}", lift.as_option()))
        }
        Stop::Rejected(_)
        | Stop::Busy { .. }
        | Stop::Locked { .. }
        | Stop::InTheWay(_)
        | Stop::Interrupted { .. } => Failure::Stopped(stop.to_string()),
    }
}
