//! `rollcall check`: the nightly check, by hand.

use std::time::Instant;

use rollcall_domain::{
    Database, Error,
    check::Report,
    heal::Healed,
    outbox::Nobody,
    severity::{Severity, Status as Health},
    watch::{self, Call},
};

use serde_json::json;

use crate::{
    clock::{elapsed_ms, new_id, now},
    connect::{Access, Place},
    deployed::Operation,
    failure::{Failure, Status},
    output::Output,
};

/// Looks at every user and every trigger, and says what is wrong and what to do next.
///
/// Writes nothing but a line of history, unless told to heal; pages nobody. Connect as a member of
/// `rollcall_app` or `rollcall_operator`, or as the owner.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    rollcall check\n  \
    rollcall check --heal\n  \
    rollcall check --deployed rollcall-prod\n  \
    rollcall check --json | jq .counts")]
pub(crate) struct Args {
    /// Make the missing profiles, as the scheduled check does, if they are few
    #[arg(long)]
    heal: bool,
}

pub(crate) async fn run(
    args: Args,
    access: &Access,
    output: &mut Output,
) -> Result<Status, Failure> {
    let report = match access.place()? {
        Place::Database(database) => look(&database, args.heal).await?,
        Place::Stack(stack) => {
            let event = json!({ "heal": args.heal, "alert": false });
            stack.ask(Operation::Check, &event, output).await?
        }
    };
    if output.is_json() {
        output.json(&report)?;
    } else {
        show(&report, output)?;
    }
    Ok(match report.status {
        Health::Healthy => Status::Done,
        Health::Warning | Health::Critical => Status::Found,
        Health::Unknown => Status::Blind,
    })
}

async fn look(database: &Database, heal: bool) -> Result<Report, Error> {
    let begun = Instant::now();
    let call = Call {
        run_id: new_id(),
        now: now(),
        heal,
        // The schedules tell people; whoever calls this is told by it.
        alert: false,
        channels: &[],
        new_id: &new_id,
        elapsed_ms: &|| elapsed_ms(begun),
        remaining: &|| None,
    };
    watch::check(database, &call, &Nobody).await
}

/// Prints a report for people.
pub(crate) fn show(report: &Report, output: &mut Output) -> std::io::Result<()> {
    let verdict = match (report.status, report.severity) {
        (Health::Healthy, _) => "healthy".to_owned(),
        (status, severity) => format!("{} {}", word(status), severity.map_or("", code)),
    };
    output.line(format_args!(
        "{} at {}, in {} ms",
        verdict.trim_end(),
        report.checked_at.format("%Y-%m-%d %H:%M:%S UTC"),
        report.duration_ms
    ))?;
    let rows = report.checks.iter().map(|check| {
        let passed = match check.passed {
            Some(true) => "ok",
            Some(false) => "FAIL",
            None => "could not look",
        };
        [
            passed.to_owned(),
            check.check_name.to_string(),
            check.issue_count.to_string(),
            check.message.clone(),
        ]
    });
    output.table(
        ["", "check", "issues", "what it found"],
        &rows.collect::<Vec<_>>(),
    )?;
    if let Some(cause) = &report.cause {
        output.line(format_args!("cause: {}", cause.sentence))?;
    }
    if report.healed != Healed::default() {
        output.line(format_args!(
            "healed: {} created, {} refused",
            report.healed.created, report.healed.refused
        ))?;
    }
    if let Some(step) = &report.next_step {
        output.line(format_args!("next: {step}"))?;
    }
    Ok(())
}

fn word(status: Health) -> &'static str {
    match status {
        Health::Healthy => "healthy",
        Health::Warning => "warning",
        Health::Critical => "critical",
        Health::Unknown => "unknown",
    }
}

fn code(severity: Severity) -> &'static str {
    match severity {
        Severity::P0 => "P0",
        Severity::P1 => "P1",
        Severity::P2 => "P2",
    }
}
