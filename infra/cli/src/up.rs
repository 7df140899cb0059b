//! `rollcall up`: the local stack, until Ctrl-C.

use std::time::Duration;

use serde_json::json;

use crate::{
    clock::now,
    environment,
    failure::{Failure, Status},
    output::Output,
    people::sign_up,
    report,
    stack::{SECRET, Stack, TOKEN, invoke},
};

/// Runs the local stack until Ctrl-C: a PostgreSQL in Supabase's shape with Rollcall installed,
/// the signup webhook and the report on local ports, and the check and the pulse on their schedules.
///
/// Nothing outside this machine is needed, and nothing is left behind. The database is one of its
/// own: --database-url and `DATABASE_URL` are for the other commands. Alerts and reports go where
/// `SLACK_WEBHOOK_URL`, `INCIDENTS_TOPIC_ARN`, `DATA_QUALITY_TOPIC_ARN` and `EXPORT_BUCKET` say,
/// if they are set, by the credentials, region and endpoints of the `AWS_…` variables.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    rollcall up\n  \
    rollcall up --port 9000 --check-every 10")]
pub(crate) struct Args {
    /// The webhook's port on 127.0.0.1; 0 takes any free one
    #[arg(long, default_value_t = 9000)]
    port: u16,

    /// The report's port on 127.0.0.1; 0 takes any free one
    #[arg(long, default_value_t = 9001)]
    report_port: u16,

    /// Seconds between two pulses
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    pulse_every: u64,

    /// Seconds between two full checks
    #[arg(long, default_value_t = 86_400, value_parser = clap::value_parser!(u64).range(1..))]
    check_every: u64,
}

pub(crate) async fn run(args: Args, output: &mut Output) -> Result<Status, Failure> {
    let mut say = |text: &str| output.progress(text);
    let passed_on = environment::for_functions();
    let (mut stack, _) = Stack::start(args.port, &passed_on, &mut say).await?;
    let page = report::serve(&stack.url("rollcall_app"), args.report_port).await?;
    let mut auth = stack.connect("supabase_auth_admin").await?;
    let user_id = sign_up(&mut auth, 1).await?;
    output.end_progress();
    let addresses = json!({
        "postgresql": stack.version,
        "database_url": stack.url("postgres"),
        "webhook_url": stack.webhook.url(),
        "webhook_secret": SECRET,
        "webhook_token": TOKEN,
        "report_url": page.url(),
        "pulse_every_seconds": args.pulse_every,
        "check_every_seconds": args.check_every,
        "passed_on": names(&passed_on),
    });
    if output.is_json() {
        output.json(&addresses)?;
    }
    output.line(format_args!(
        "PostgreSQL {} in Supabase's shape:",
        stack.version
    ))?;
    output.line(format_args!(
        "  export DATABASE_URL='{}'",
        stack.url("postgres")
    ))?;
    output.line("  rollcall check, rollcall backfill and psql \"$DATABASE_URL\" work on it")?;
    output.line(format_args!(
        "the signup webhook, for events signed with {SECRET}:"
    ))?;
    output.line(format_args!("  {}", stack.webhook.url()))?;
    output.line("  or, with the token instead of a signature:")?;
    output.line(format_args!(
        "  curl -H 'x-rollcall-token: {TOKEN}' {} -d \\",
        stack.webhook.url()
    ))?;
    output.line(format_args!(
        r#"    '{{"type":"INSERT","schema":"auth","table":"users","id":"{user_id}"}}'"#
    ))?;
    output.line("  (somebody who has signed up already; insert into auth.users for more)")?;
    output.line(format_args!("the report, as of now: {}", page.url()))?;
    if !passed_on.is_empty() {
        let names = names(&passed_on).join(", ");
        output.line(format_args!("passed on to the functions: {names}"))?;
    }
    output.line(format_args!(
        "a pulse every {} s, a full check now and every {} s; Ctrl-C ends it all",
        args.pulse_every, args.check_every
    ))?;

    let mut pulses = every(args.pulse_every);
    let mut checks = every(args.check_every);
    let mut looks_after_database = every(1);
    loop {
        let (name, function) = tokio::select! {
            _ = tokio::signal::ctrl_c() => return Ok(Status::Done),
            _ = looks_after_database.tick() => {
                stack.has_database()?;
                continue;
            }
            _ = checks.tick() => ("check", &stack.check),
            _ = pulses.tick() => ("pulse", &stack.pulse),
        };
        let line = match invoke(function, json!({})).await {
            Ok(report) => told(&report),
            Err(failure) => {
                // What failed may be the database, and then that is what there is to say.
                stack.has_database()?;
                failure.to_string()
            }
        };
        output.line(format_args!("{} {name}: {line}", now().format("%H:%M:%S")))?;
    }
}

fn names(variables: &[(String, String)]) -> Vec<&str> {
    variables.iter().map(|(name, _)| name.as_str()).collect()
}

fn every(seconds: u64) -> tokio::time::Interval {
    tokio::time::interval(Duration::from_secs(seconds))
}

/// A report in a line.
fn told(report: &serde_json::Value) -> String {
    let mut parts = vec![text(&report["status"]).to_owned()];
    if let Some(ghosts) = report["counts"]["ghosts"].as_i64() {
        parts.push(format!(
            "ghosts: {ghosts}, healed: {}",
            report["healed"]["created"]
        ));
    }
    if let Some(cause) = report["cause"]["sentence"].as_str() {
        parts.push(cause.to_owned());
    }
    parts.join(", ")
}

fn text(value: &serde_json::Value) -> &str {
    value.as_str().unwrap_or("?")
}
