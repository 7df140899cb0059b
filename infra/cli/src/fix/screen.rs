//! The one screen: what was found, what it will do, and what it leaves alone.

use rollcall_domain::{
    backfill::Answer,
    check::Report,
    next_step,
    severity::Status as Health,
    words::{counted, grouped},
};

use super::{
    Account,
    assess::{Assessment, Trigger},
    carry_out::report_file,
};
use crate::{
    backfill::show_likely,
    check,
    failure::{Failure, Status},
    output::Output,
};

/// Says that nobody is missing, and what else there is.
pub(super) fn nothing_to_do(account: &Account, output: &mut Output) -> Result<Status, Failure> {
    let Some(report) = &account.assessed else {
        return Ok(Status::Done);
    };
    check::show(report, output)?;
    output.line(
        "nothing to do: nobody is missing a profile, and no trigger is Rollcall's to bring back",
    )?;
    leaves_alone(report, output)?;
    Ok(match report.status {
        Health::Healthy => Status::Done,
        Health::Warning | Health::Critical => Status::Found,
        Health::Unknown => Status::Blind,
    })
}

/// Shows all of it.
pub(super) fn show(
    assessment: &Assessment,
    plan: &Answer,
    account: &Account,
    output: &mut Output,
) -> std::io::Result<()> {
    let Some(report) = &account.assessed else {
        return Ok(());
    };
    check::show(report, output)?;
    output.heading("what it will do, in this order")?;
    let detail = report
        .trigger
        .as_ref()
        .map_or("", |triggers| &*triggers.detail);
    match &assessment.trigger {
        Trigger::Active => output.line("the triggers are active, and stay as they are")?,
        Trigger::Inactive => {
            output.line(format_args!("bring the triggers back: {detail}"))?;
            output.line(format_args!(
                "  and create profiles for those who sign up until then, if no more than {} are missing",
                grouped(assessment.configuration.heal_limit)
            ))?;
        }
        Trigger::InTheWay(why) => output.line(format_args!(
            "nothing about the triggers, which it cannot bring back: {why}; until then the next signup \
             is the next ghost"
        ))?,
        Trigger::Theirs => output.line(format_args!(
            "nothing about the triggers, which are the application's own (mode = \"watch\"): {detail}; \
             bring them back by its migration, or the next signup is the next ghost"
        ))?,
    }
    let run_id = plan.run_id;
    if plan.progress.planned > 0 {
        output.line(format_args!(
            "create {}, and change none that is there: run {run_id}",
            counted(plan.progress.planned, "profile")
        ))?;
        for effect in &plan.side_effects {
            output.line(format_args!("  fires for each profile: {effect}"))?;
        }
        show_likely(plan, output)?;
    }
    output.line("check everybody again, and bring the open incidents up to date")?;
    if plan.progress.planned > 0 {
        output.line(format_args!(
            "write rollcall-affected-{run_id}.csv (with e-mail addresses, for you only), beside it a \
             message to these people, and {}",
            report_file(run_id).display()
        ))?;
    } else {
        output.line(format_args!("write {}", report_file(run_id).display()))?;
    }
    leaves_alone(report, output)
}

/// What it finds and does not touch, each with its call.
fn leaves_alone(report: &Report, output: &mut Output) -> std::io::Result<()> {
    let failed = report
        .checks
        .iter()
        .filter(|check| check.passed == Some(false));
    let steps: Vec<_> = failed
        .filter_map(|check| Some((check, next_step::after_check(&check.check_name)?)))
        .collect();
    if steps.is_empty() {
        return Ok(());
    }
    output.heading("what it leaves alone")?;
    for (check, step) in steps {
        output.line(format_args!("{}: {step}", check.message))?;
    }
    Ok(())
}
