//! Doing it: the triggers, the people, the proof, the papers.

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use rollcall_domain::{
    Database, Limit,
    backfill::{self, Answer, Order, Status as Course},
    heal, history, roll,
    severity::Status as Health,
    trigger::{self, State},
    watch::Call,
    words::{counted, grouped},
};
use uuid::Uuid;

use super::{
    Account,
    assess::{Assessment, Trigger},
    or_by_hand,
};
use crate::{
    backfill::{failure, show, to_the_end},
    clock::{elapsed_ms, new_id, now},
    export,
    failure::{Failure, Status},
    output::Output,
    report::DAYS,
    stack::local,
    whole_file,
};

/// All of it, in the runbook's order.
pub(super) async fn all(
    assessment: &Assessment,
    plan: &Answer,
    database: &Database,
    account: &mut Account,
    begun: Instant,
    output: &mut Output,
) -> Result<Status, Failure> {
    let (run_id, planned) = (plan.run_id, plan.progress.planned);
    are_no_worse(assessment, plan, database).await?;
    // What is in the way of a file is known before anything is done.
    let list = match planned {
        0 => None,
        _ => export::File::asked_for(Some(None), run_id, false)?,
    };
    let page = report_file(run_id);
    if page.symlink_metadata().is_ok() {
        return Err(Failure::Usage(format!(
            "nothing was done: {} is there already; move it away{}",
            page.display(),
            or_by_hand(plan)
        )));
    }
    if assessment.trigger == Trigger::Inactive {
        bring_back(database, plan, account, output).await?;
    }
    has_not_moved(assessment, plan, database).await?;
    let order = Order {
        accept_side_effects: true,
        ..Order::default()
    };
    let answer = to_the_end(database, run_id, &order, begun, output).await;
    output.end_progress();
    let mut answer = answer.map_err(failure)?;
    if let Some(list) = list
        && answer.has_ended()
    {
        answer.export = list.after(&answer, database, output).await?;
    }
    if answer.has_ended() && assessment.trigger == Trigger::Inactive {
        account.latecomers = latecomers(assessment, &answer, database, output).await?;
    }
    prove(database, &mut answer, begun, output).await;
    show(&answer, output)?;
    let has_ended = answer.has_ended();
    let status = status(assessment, &answer);
    account.backfill = Some(answer);
    account.outcome = if status == Status::Done {
        "fixed"
    } else {
        "partly_fixed"
    };
    if !has_ended {
        output.line(format_args!(
            "it stands in the midst of the run; its list: rollcall backfill --run-id {run_id} --export"
        ))?;
        return Ok(status);
    }
    write_page(&page, database, account, output).await?;
    if let Trigger::InTheWay(why) = &assessment.trigger {
        output.line(format_args!("the triggers are not back: {why}"))?;
    }
    Ok(status)
}

/// What the screen said of the triggers holds still, or a yes to it was none to this.
async fn are_no_worse(
    assessment: &Assessment,
    plan: &Answer,
    database: &Database,
) -> Result<(), Failure> {
    let triggers = database
        .transaction(
            Limit::Interactive,
            "looking at the triggers again",
            async |connection| trigger::look(connection).await,
        )
        .await?;
    if triggers.state <= assessment.state {
        return Ok(());
    }
    Err(Failure::Stopped(format!(
        "nothing was done: the triggers have changed since it asked: {}. Look again: rollcall fix{}",
        triggers.detail,
        or_by_hand(plan)
    )))
}

/// The triggers come first, or the next signup is the next ghost.
async fn bring_back(
    database: &Database,
    plan: &Answer,
    account: &mut Account,
    output: &mut Output,
) -> Result<(), Failure> {
    output.progress("bringing the triggers back");
    let installed = trigger::install(database).await;
    output.end_progress();
    let installed = installed.map_err(|stop| {
        let failure = failure(stop);
        Failure::Stopped(format!(
            "the triggers are not back, and no profile has been made: {failure}; then again: rollcall \
             fix{}",
            or_by_hand(plan)
        ))
    })?;
    for made in &installed.made {
        output.line(format_args!("made anew: {}", made.object))?;
    }
    let triggers = &installed.status.triggers;
    let (state, detail) = (triggers.state, triggers.detail.clone());
    account.trigger = Some(installed);
    if state == State::Active {
        output.line("the triggers are active again")?;
        return Ok(());
    }
    Err(Failure::Stopped(format!(
        "the triggers were made anew and still do not do their work: {detail}; no profile has been \
         made. Mend that, then again: rollcall fix{}",
        or_by_hand(plan)
    )))
}

/// Between the question and now, some may have signed up; many are a surprise.
async fn has_not_moved(
    assessment: &Assessment,
    plan: &Answer,
    database: &Database,
) -> Result<(), Failure> {
    let planned = plan.progress.planned;
    let ghosts = ghosts(database).await?;
    let few = assessment
        .configuration
        .heal_limit
        .max(assessment.configuration.burst)
        .max(planned / 10);
    if ghosts - planned <= few {
        return Ok(());
    }
    Err(Failure::Stopped(format!(
        "{} had no profile when it asked, and {} have none now, so something is going on; no profile \
         has been made. Look again: rollcall fix{}",
        counted(planned, "user"),
        grouped(ghosts),
        or_by_hand(plan)
    )))
}

async fn ghosts(database: &Database) -> Result<i64, Failure> {
    let roll = database
        .transaction(
            Limit::Survey,
            "counting who is missing",
            async |connection| roll::take(connection).await,
        )
        .await?;
    Ok(roll.ghosts)
}

/// Profiles for those who signed up between the plan and the triggers' return, if they are few, as
/// a scheduled check makes them.
async fn latecomers(
    assessment: &Assessment,
    answer: &Answer,
    database: &Database,
    output: &mut Output,
) -> Result<i64, Failure> {
    let ghosts = ghosts(database).await?;
    let limit = assessment.configuration.heal_limit;
    if ghosts <= answer.progress.refused || ghosts > limit {
        return Ok(0);
    }
    let healed = heal::heal(database, ghosts, limit, || true).await?;
    if healed.created > 0 {
        output.line(format_args!(
            "created {} of people who signed up before the triggers were back, and are not on the list",
            counted(healed.created, "profile")
        ))?;
    }
    Ok(healed.created)
}

async fn prove(database: &Database, answer: &mut Answer, begun: Instant, output: &mut Output) {
    output.progress("looking who is left");
    let check = Call {
        run_id: new_id(),
        now: now(),
        heal: false,
        alert: true,
        channels: &[],
        new_id: &new_id,
        elapsed_ms: &|| elapsed_ms(begun),
        remaining: &|| None,
    };
    backfill::prove(database, answer, &check).await;
    output.end_progress();
}

fn status(assessment: &Assessment, answer: &Answer) -> Status {
    let Some(proof) = answer.proof.as_ref() else {
        return if answer.status == Course::Partial {
            Status::Found
        } else {
            Status::Blind
        };
    };
    let is_whole = proof.ghosts == Some(0)
        && answer.progress.refused == 0
        && matches!(assessment.trigger, Trigger::Active | Trigger::Inactive);
    match proof.status {
        Health::Unknown => Status::Blind,
        // What it leaves alone was found, too, as by a call that has nothing to do.
        Health::Healthy if is_whole => Status::Done,
        Health::Healthy | Health::Warning | Health::Critical => Status::Found,
    }
}

/// Where the report goes: nothing is ever written over.
pub(super) fn report_file(run_id: Uuid) -> PathBuf {
    format!("rollcall-report-{run_id}.html").into()
}

async fn write_page(
    file: &Path,
    database: &Database,
    account: &mut Account,
    output: &mut Output,
) -> Result<(), Failure> {
    let unwritten = |problem: &dyn std::fmt::Display| {
        Failure::Stopped(format!(
            "all else is done, only the report is not written: {problem}; write it by `rollcall report`"
        ))
    };
    let history = history::read(database, now(), DAYS).await;
    let history = history.map_err(|error| unwritten(&error))?;
    let page = rollcall_report::page(&history).map_err(local);
    let page = page.map_err(|error| unwritten(&error))?;
    whole_file::write(file, &page).map_err(|error| unwritten(&error))?;
    account.report = Some(file.display().to_string());
    output.line(format_args!("wrote {}", file.display()))?;
    Ok(())
}
