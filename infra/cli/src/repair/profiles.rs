//! `rollcall repair profiles plan`: which profiles ought not to be there.

use std::time::Instant;

use rollcall_domain::profiles;
use serde_json::json;

use super::show::show;
use crate::{
    backfill::failure,
    clock::{elapsed_ms, new_id},
    connect::{Access, Place},
    deployed::Operation,
    failure::{Failure, Status},
    output::Output,
};

/// Profiles of whoever ought to have none: no auth user, or one who is deleted or left out.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  rollcall repair profiles plan")]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Store which of them to stamp as deleted, and touch none; `rollcall repair apply` does it
    Plan {
        /// Why, for the record
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
}

pub(super) async fn run(
    args: Args,
    access: &Access,
    output: &mut Output,
) -> Result<Status, Failure> {
    let Action::Plan { reason } = args.action;
    let begun = Instant::now();
    let answer = match access.place()? {
        Place::Database(database) => {
            let elapsed = || elapsed_ms(begun);
            let planned = profiles::plan(&database, new_id(), reason.as_deref(), elapsed);
            planned.await.map_err(failure)?
        }
        Place::Stack(stack) => {
            let event = json!({ "action": "profiles.plan", "reason": reason });
            stack.ask(Operation::Repair, &event, output).await?
        }
    };
    if output.is_json() {
        output.json(&answer)?;
    } else {
        show(&answer, output)?;
    }
    Ok(match answer.total().planned {
        0 => Status::Done,
        _ => Status::Found,
    })
}
