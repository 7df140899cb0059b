//! `rollcall repair trigger`: looks at the triggers, brings them back, tries them.

use rollcall_domain::trigger::{State, Status as Standing, fly_canary, install, status};
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::{
    backfill::failure,
    clock::new_id,
    connect::{Access, Place},
    deployed::{Operation, Stack},
    failure::{Failure, Status},
    output::Output,
};

/// Looks at the triggers on auth.users, brings them back, or tries them.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    rollcall repair trigger status\n  \
    rollcall repair trigger install\n  \
    rollcall repair trigger canary")]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Clone, Copy, clap::Subcommand)]
enum Action {
    /// Say of each trigger how it is, and which others fire beside it
    Status,
    /// Make anew what is not as the installed configuration has it; signups go on meanwhile
    Install,
    /// Have a synthetic user sign up, see whether a profile comes of it, and take it all back
    Canary,
}

pub(super) async fn run(
    args: Args,
    access: &Access,
    output: &mut Output,
) -> Result<Status, Failure> {
    let place = access.place()?;
    match args.action {
        Action::Status => {
            let standing = match place {
                Place::Database(database) => status(&database).await?,
                Place::Stack(stack) => ask(&stack, "trigger.status", output).await?,
            };
            if output.is_json() {
                output.json(&standing)?;
            }
            show(&standing, output)?;
            Ok(of(&standing))
        }
        Action::Install => {
            let installed = match place {
                Place::Database(database) => install(&database).await.map_err(failure)?,
                Place::Stack(stack) => ask(&stack, "trigger.install", output).await?,
            };
            if output.is_json() {
                output.json(&installed)?;
            }
            output.line(&installed.sentence)?;
            for made in &installed.made {
                output.line(format_args!("made {}", made.object))?;
            }
            show(&installed.status, output)?;
            Ok(of(&installed.status))
        }
        Action::Canary => {
            let flown = match place {
                Place::Database(database) => {
                    fly_canary(&database, new_id()).await.map_err(failure)?
                }
                Place::Stack(stack) => ask(&stack, "trigger.canary", output).await?,
            };
            if output.is_json() {
                output.json(&flown)?;
            }
            output.line(&flown.message)?;
            Ok(if flown.passed {
                Status::Done
            } else {
                Status::Found
            })
        }
    }
}

async fn ask<A: DeserializeOwned>(
    stack: &Stack,
    action: &str,
    output: &mut Output,
) -> Result<A, Failure> {
    let event = json!({ "action": action });
    stack.ask(Operation::Repair, &event, output).await
}

fn of(standing: &Standing) -> Status {
    match standing.triggers.state {
        State::Active => Status::Done,
        _ => Status::Found,
    }
}

fn show(standing: &Standing, output: &mut Output) -> std::io::Result<()> {
    let rows = standing.each.iter().map(|trigger| {
        [
            trigger.name.clone(),
            trigger.state.name().to_owned(),
            trigger.detail.clone(),
        ]
    });
    output.table(["trigger", "state", "detail"], &rows.collect::<Vec<_>>())?;
    if !standing.beside.is_empty() {
        output.line(format_args!(
            "not Rollcall's, on the same table: {}",
            standing.beside.join(", ")
        ))?;
    }
    if let Some(step) = &standing.next_step {
        output.line(format_args!("next: {step}"))?;
    }
    Ok(())
}
