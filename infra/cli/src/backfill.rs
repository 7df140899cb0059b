//! `rollcall backfill`: the profiles that are missing, previewed or created.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use chrono::{DateTime, Utc};
use rollcall_domain::{
    Database,
    backfill::{self, Answer, LARGEST_BATCH, Order, Scope, Status as Course},
    run::{Progress, Stop},
};
use uuid::Uuid;

use crate::{
    clock::{elapsed_ms, new_id},
    connect::Access,
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
    rollcall backfill --run --max-users 100 --reason 'INC-7'")]
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
    let database = Database::new(access.options()?);
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
    let begun = Instant::now();
    let run_id = args.run_id.unwrap_or_else(new_id);
    let answer = if let Some(run_id) = args.cancel {
        backfill::cancel(&database, run_id, || elapsed_ms(begun)).await
    } else if args.run || args.run_id.is_some() {
        let stopped = stop_on_ctrl_c();
        backfill::run(
            &database,
            run_id,
            &order,
            || elapsed_ms(begun),
            |progress| {
                output.progress(bar(progress, begun));
                !stopped.load(Ordering::Relaxed)
            },
        )
        .await
    } else {
        backfill::preview(&database, run_id, &order, || elapsed_ms(begun)).await
    };
    output.end_progress();
    let answer = answer.map_err(failure)?;
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

/// Prints an answer for people.
pub(crate) fn show(answer: &Answer, output: &mut Output) -> std::io::Result<()> {
    let Progress {
        planned,
        created,
        present,
        refused,
        gone,
        remaining,
    } = answer.progress;
    let run_id = answer.run_id;
    match answer.status {
        Course::NothingToDo => output.line("nobody in question is missing a profile")?,
        Course::Planned => output.line(format_args!(
            "{planned} to get a profile; nobody has been touched"
        ))?,
        Course::Completed | Course::Partial | Course::Cancelled => {
            output.line(format_args!(
                "{planned} planned = {created} created + {present} present + {refused} refused \
                 + {gone} gone + {remaining} remaining"
            ))?;
            let rate = answer.rows_per_second;
            output.line(format_args!(
                "in {} ms, {rate} users a second",
                answer.duration_ms
            ))?;
        }
    }
    let refusals = answer.refusals.iter().map(|refusal| {
        let sqlstate = refusal.sqlstate.clone().unwrap_or_default();
        [
            refusal.user_id.to_string(),
            refusal.reason.clone(),
            sqlstate,
        ]
    });
    if !answer.refusals.is_empty() {
        output.table(
            ["refused user", "reason", "SQLSTATE"],
            &refusals.collect::<Vec<_>>(),
        )?;
    }
    for effect in &answer.side_effects {
        output.line(format_args!("fires for each profile: {effect}"))?;
    }
    if let Some(other) = answer.unfinished_run {
        output.line(format_args!(
            "run {other} is unfinished; to go on with it: rollcall backfill --run-id {other}"
        ))?;
    }
    if matches!(answer.status, Course::Planned | Course::Partial) {
        output.line(format_args!("next: rollcall backfill --run-id {run_id}"))?;
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

/// How far it is, how fast, and how long it will take.
fn bar(progress: &Progress, begun: Instant) -> String {
    let done = progress.planned - progress.remaining;
    let per_second = f64::from(u32::try_from(done).unwrap_or(u32::MAX))
        / begun.elapsed().as_secs_f64().max(0.001);
    let left =
        f64::from(u32::try_from(progress.remaining).unwrap_or(u32::MAX)) / per_second.max(0.001);
    format!(
        "{done} of {} done, {} refused, {per_second:.0} a second, {left:.0} s left",
        progress.planned, progress.refused
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
