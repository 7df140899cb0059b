//! `rollcall repair exclude`, `include`, `acknowledge` and `forget`: what is said of single users.

use chrono::{DateTime, Utc};
use rollcall_domain::{
    forget::forget,
    users::{self, Told, Whom},
    words::{counted, read_moment},
};
use serde_json::json;
use uuid::Uuid;

use crate::{
    backfill::failure,
    clock::now,
    connect::{Access, Place},
    deployed::Operation,
    failure::{Failure, Status},
    output::Output,
};

/// Leaves users out: they are not eligible any more, and nothing of Rollcall's makes them a profile.
///
/// Also those who are not in auth.users yet. A profile that is there stays as it is, and is counted
/// as leftover.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    rollcall repair exclude 3b9bdec9-ef23-42cc-9ede-904171b3b690 --reason 'closed account'\n  \
    rollcall repair exclude --run 0e8f9a60-1111-4222-8333-444455556666 --reason undo")]
pub(super) struct ExcludeArgs {
    #[arg(value_name = "ID", required_unless_present = "run_id")]
    user_ids: Vec<Uuid>,

    /// Whoever this undo of a backfill removed the profile of, in the place of a list
    #[arg(long = "run", value_name = "RUN", conflicts_with = "user_ids")]
    run_id: Option<Uuid>,

    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

/// Takes exclusions away. The next check gives profiles to whoever is eligible and without one.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  rollcall repair include 3b9bdec9-ef23-42cc-9ede-904171b3b690")]
pub(super) struct IncludeArgs {
    #[arg(value_name = "ID", required = true)]
    user_ids: Vec<Uuid>,
}

/// Has users who are without a profile counted and shown until a date, and nobody paged for them.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    rollcall repair acknowledge 3b9bdec9-ef23-42cc-9ede-904171b3b690 --until 2026-11-23 --reason INC-8")]
pub(super) struct AcknowledgeArgs {
    #[arg(value_name = "ID", required = true)]
    user_ids: Vec<Uuid>,

    /// A date, to its end in UTC, or a time as 2026-11-23T08:00:00Z
    #[arg(long, value_name = "DATE", value_parser = read_moment)]
    until: DateTime<Utc>,

    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

/// Wipes every trace of erased people out of runs, records, messages and images.
///
/// Only of those who are no longer in auth.users; it happens by itself within minutes of a deletion.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  rollcall repair forget 3b9bdec9-ef23-42cc-9ede-904171b3b690")]
pub(super) struct ForgetArgs {
    #[arg(value_name = "ID", required = true)]
    user_ids: Vec<Uuid>,
}

pub(super) async fn exclude(
    args: ExcludeArgs,
    access: &Access,
    output: &mut Output,
) -> Result<Status, Failure> {
    let told = match access.place()? {
        Place::Database(database) => {
            let whom = match args.run_id {
                Some(run_id) => Whom::RemovedBy(run_id),
                None => Whom::Named(args.user_ids),
            };
            let told = users::exclude(&database, &whom, args.reason.as_deref()).await;
            told.map_err(failure)?
        }
        Place::Stack(stack) => {
            let user_ids = args.run_id.is_none().then_some(args.user_ids);
            let event = json!({
                "action": "exclude", "user_ids": user_ids, "run_id": args.run_id,
                "reason": args.reason
            });
            stack.ask(Operation::Repair, &event, output).await?
        }
    };
    show("excluded", &told, output)
}

pub(super) async fn include(
    args: IncludeArgs,
    access: &Access,
    output: &mut Output,
) -> Result<Status, Failure> {
    let told = match access.place()? {
        Place::Database(database) => {
            let told = users::include(&database, &args.user_ids).await;
            told.map_err(failure)?
        }
        Place::Stack(stack) => {
            let event = json!({ "action": "include", "user_ids": args.user_ids });
            stack.ask(Operation::Repair, &event, output).await?
        }
    };
    show("included", &told, output)
}

pub(super) async fn acknowledge(
    args: AcknowledgeArgs,
    access: &Access,
    output: &mut Output,
) -> Result<Status, Failure> {
    let AcknowledgeArgs {
        user_ids,
        until,
        reason,
    } = args;
    let told = match access.place()? {
        Place::Database(database) => {
            let reason = reason.as_deref();
            let told = users::acknowledge(&database, &user_ids, until, reason, now()).await;
            told.map_err(failure)?
        }
        Place::Stack(stack) => {
            let event = json!({
                "action": "acknowledge", "user_ids": user_ids, "until": until, "reason": reason
            });
            stack.ask(Operation::Repair, &event, output).await?
        }
    };
    show("acknowledged", &told, output)
}

pub(super) async fn wipe(
    args: ForgetArgs,
    access: &Access,
    output: &mut Output,
) -> Result<Status, Failure> {
    let forgotten = match access.place()? {
        Place::Database(database) => forget(&database, &args.user_ids).await.map_err(failure)?,
        Place::Stack(stack) => {
            let event = json!({ "action": "forget", "user_ids": args.user_ids });
            stack.ask(Operation::Repair, &event, output).await?
        }
    };
    if output.is_json() {
        output.json(&forgotten)?;
    }
    if forgotten.wiped.is_empty() {
        output.line("nothing was known of them")?;
    }
    for wiped in &forgotten.wiped {
        let rows = counted(wiped.rows, "row");
        output.line(format_args!("{rows} of {} wiped", wiped.table))?;
    }
    output.line(&forgotten.next_step)?;
    Ok(Status::Done)
}

fn show(word: &str, told: &Told, output: &mut Output) -> Result<Status, Failure> {
    if output.is_json() {
        output.json(told)?;
    }
    output.line(format_args!(
        "{} named: {} {word} now, {} in auth.users, {} with a profile",
        told.named, told.changed, told.known, told.with_profile
    ))?;
    output.line(&told.next_step)?;
    Ok(Status::Done)
}
