//! `rollcall fix`: the ten-minute checklist in one call.
//!
//! It looks, says on one screen all that it will do, asks once, and does it in the order in which the
//! runbook has it: the triggers, the people, the proof, the papers. It stops at the first thing that
//! is not as it was when it asked, and says where it stands. Each step is one that a command of its
//! own does, so whatever is left can be gone on with by that.

mod assess;
mod carry_out;
mod screen;

use std::{
    io::{IsTerminal, stdin},
    time::Instant,
};

use rollcall_domain::{Database, backfill::Answer, check::Report, trigger::Installed};
use serde::Serialize;

use crate::{
    connect::Access,
    failure::{Failure, Status},
    output::Output,
};
use assess::Assessment;

/// Looks who is missing and why, brings the triggers back, creates the profiles, proves it, and
/// leaves the list of the affected and the report.
///
/// It shows all that it will do, and asks once. It stops at the first surprise and says where it
/// stands; Ctrl-C ends it after the batch under way. Orphaned profiles and child rows it leaves
/// alone, and names the call for them. Connect as a member of `rollcall_operator`, or as the owner.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    rollcall fix\n  \
    rollcall fix --yes --reason INC-7")]
pub(crate) struct Args {
    /// Do it without asking, as in a script
    #[arg(long)]
    yes: bool,

    /// With --yes, let the application's own triggers fire for more than 100 profiles
    #[arg(long, requires = "yes")]
    accept_side_effects: bool,

    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

/// Everything that was seen and done, for --json.
#[derive(Debug, Default, Serialize)]
struct Account {
    /// How it ended: `nothing_to_do`, `asked` (and did nothing), `stopped`, `fixed`, `partly_fixed`.
    outcome: &'static str,
    /// What the check saw at first.
    assessed: Option<Report>,
    /// The stored plan.
    plan: Option<Answer>,
    /// What was done about the triggers.
    trigger: Option<Installed>,
    /// The run, with the proof.
    backfill: Option<Answer>,
    /// Profiles of people who signed up while the triggers were not back yet.
    latecomers: i64,
    /// The report's file.
    report: Option<String>,
    /// Why it stopped, and how to go on.
    stopped: Option<String>,
}

pub(crate) async fn run(
    args: Args,
    access: &Access,
    output: &mut Output,
) -> Result<Status, Failure> {
    let database = Database::new(access.options()?);
    let mut account = Account::default();
    let ended = Box::pin(fix(&args, &database, &mut account, output)).await;
    output.end_progress();
    let ended = match ended {
        Err(failure) if account.assessed.is_some() && !matches!(failure, Failure::Output(_)) => {
            account.outcome = "stopped";
            account.stopped = Some(failure.to_string());
            output.error(&failure)?;
            Ok(failure.status())
        }
        ended => ended,
    };
    if output.is_json() && account.assessed.is_some() {
        output.json(&account)?;
    }
    ended
}

async fn fix(
    args: &Args,
    database: &Database,
    account: &mut Account,
    output: &mut Output,
) -> Result<Status, Failure> {
    let begun = Instant::now();
    let assessment = assess::look(database, account, output).await?;
    let Some(assessment) = assessment else {
        account.outcome = "nothing_to_do";
        return screen::nothing_to_do(account, output);
    };
    let plan = assess::plan(database, args.reason.clone(), account, output).await?;
    screen::show(&assessment, &plan, account, output)?;
    account.outcome = "asked";
    if !may_go_on(args, &assessment, &plan, output)? {
        return Ok(Status::Found);
    }
    carry_out::all(&assessment, &plan, database, account, begun, output).await
}

/// Whether it was told to, by --yes or by an answer.
fn may_go_on(
    args: &Args,
    assessment: &Assessment,
    plan: &Answer,
    output: &mut Output,
) -> Result<bool, Failure> {
    if args.yes {
        // Nobody has read what would fire.
        if assess::is_loud(plan) && !args.accept_side_effects {
            return Err(Failure::Stopped(format!(
                "nothing was done: {} profiles would fire the application's own triggers ({}); add \
                 --accept-side-effects if that is wanted, or call it without --yes and answer{}",
                plan.progress.planned,
                plan.side_effects.join(", "),
                or_by_hand(plan)
            )));
        }
        return Ok(true);
    }
    if output.is_json() || !stdin().is_terminal() {
        return Err(Failure::Stopped(format!(
            "nothing was done, because nobody can be asked here: add --yes to have it done{}",
            or_by_hand(plan)
        )));
    }
    if output.ask(&assessment.question(plan))? {
        return Ok(true);
    }
    output.line(format_args!("nothing was done{}", or_by_hand(plan)))?;
    Ok(false)
}

/// How to do without this command what is planned, if anything is.
fn or_by_hand(plan: &Answer) -> String {
    let run_id = plan.run_id;
    match plan.progress.planned {
        0 => String::new(),
        _ => format!("; run {run_id} holds the plan: rollcall backfill --run-id {run_id} --export"),
    }
}
