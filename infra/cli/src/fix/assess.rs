//! Looking, and whatever keeps it from going on.

use std::time::Instant;

use rollcall_domain::{
    Database, Limit,
    backfill::{self, Answer, FEW, Order},
    check::Report,
    configuration::{self, Configuration},
    next_step,
    outbox::Nobody,
    run,
    trigger::{self, State},
    watch::{self, Call},
    words::counted,
};

use super::Account;
use crate::{
    backfill::failure,
    clock::{elapsed_ms, new_id, now},
    failure::Failure,
    output::Output,
};

/// What there is to do.
#[derive(Debug)]
pub(super) struct Assessment {
    pub(super) configuration: Configuration,
    pub(super) trigger: Trigger,
    /// How they were when it asked.
    pub(super) state: State,
}

/// What there is to do about the triggers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trigger {
    /// They do their work.
    Active,
    /// They are Rollcall's to bring back.
    Inactive,
    /// They cannot be brought back: why, and the mend.
    InTheWay(String),
    /// The application's own does not do its work.
    Theirs,
}

impl Assessment {
    /// The one question.
    pub(super) fn question(&self, plan: &Answer) -> String {
        let profiles = counted(plan.progress.planned, "profile");
        match (&self.trigger, plan.progress.planned) {
            (Trigger::Inactive, 0) => "Bring the triggers back?".to_owned(),
            (Trigger::Inactive, _) => format!("Bring the triggers back and create {profiles}?"),
            _ => format!("Create {profiles}?"),
        }
    }
}

/// Looks at everything; nothing if there is nothing that it could do.
pub(super) async fn look(
    database: &Database,
    account: &mut Account,
    output: &mut Output,
) -> Result<Option<Assessment>, Failure> {
    output.progress("looking at every user and every trigger");
    let begun = Instant::now();
    let call = Call {
        run_id: new_id(),
        now: now(),
        heal: false,
        alert: false,
        channels: &[],
        new_id: &new_id,
        elapsed_ms: &|| elapsed_ms(begun),
        remaining: &|| None,
    };
    let report = watch::check(database, &call, &Nobody).await?;
    let (configuration, unfinished) = database
        .transaction(Limit::Interactive, "assessing", async |connection| {
            Ok((
                configuration::read(&mut *connection).await?,
                run::unfinished(connection).await?,
            ))
        })
        .await?;
    output.end_progress();
    let report = account.assessed.insert(report);
    let (ghosts, state) = believable(report).inspect_err(|_| {
        // What it saw says what to mend.
        let _ = crate::check::show(report, output);
    })?;
    if let Some(run) = unfinished.first() {
        let until = run.held_until.map_or_else(String::new, |until| {
            format!("; somebody is at it until {}", until.format("%H:%M:%S UTC"))
        });
        let mut go_on = run::go_on(&run.kind, run.run_id);
        // Whose profiles it makes are to be on a list, too.
        if run.kind == "backfill" {
            go_on.push_str(" --export");
        }
        return Err(Failure::Stopped(format!(
            "nothing was done: run {} ({}) was begun and has not ended{until}. Go on with it by \
             `{go_on}`, then again: rollcall fix",
            run.run_id, run.kind
        )));
    }
    let trigger = match (state, &*configuration.mode) {
        (State::Active, _) => Trigger::Active,
        (_, "watch") => Trigger::Theirs,
        // What cannot be asked now, the installation itself will tell.
        _ => match trigger::obstacle(database).await.unwrap_or_default() {
            Some(why) => Trigger::InTheWay(why),
            None => Trigger::Inactive,
        },
    };
    let is_needed = ghosts > 0 || trigger == Trigger::Inactive;
    Ok(is_needed.then_some(Assessment {
        configuration,
        trigger,
        state,
    }))
}

/// What it relies on: the ghosts' number and the triggers' state, seen, and not to be doubted.
fn believable(report: &Report) -> Result<(i64, State), Failure> {
    let guard = report
        .checks
        .iter()
        .find(|check| check.check_name == "guard_check");
    if let Some(guard) = guard
        && guard.passed == Some(false)
    {
        return Err(Failure::Stopped(format!(
            "nothing was done: {}; {}",
            guard.message,
            next_step::GUARD
        )));
    }
    let seen = report.counts.ghosts.zip(report.trigger.as_ref());
    let is_guarded = guard.is_none_or(|guard| guard.passed.is_some());
    match seen {
        Some((ghosts, triggers)) if is_guarded => Ok((ghosts, triggers.state)),
        _ => Err(Failure::Unseen(
            "nothing was done: it could not be seen who is missing, or how the triggers are; mend what \
             the check names, then again: rollcall fix"
                .to_owned(),
        )),
    }
}

/// Stores whom it is for.
pub(super) async fn plan(
    database: &Database,
    reason: Option<String>,
    account: &mut Account,
    output: &mut Output,
) -> Result<Answer, Failure> {
    output.progress("looking who is missing a profile, and whom the database would refuse");
    let begun = Instant::now();
    let order = Order {
        reason: Some(reason.unwrap_or_else(|| "rollcall fix".to_owned())),
        ..Order::default()
    };
    let plan = backfill::preview(database, new_id(), &order, || elapsed_ms(begun)).await;
    output.end_progress();
    let plan = plan.map_err(failure)?;
    account.plan = Some(plan.clone());
    Ok(plan)
}

/// Whether triggers of the application's would fire for more than a few.
pub(super) fn is_loud(plan: &Answer) -> bool {
    plan.progress.planned > FEW && !plan.side_effects.is_empty()
}
