//! `rollcall up`: the local stack, until Ctrl-C.

use std::time::Duration;

use serde_json::json;

use crate::{
    clock::now,
    failure::{Failure, Status},
    output::Output,
    people::sign_up,
    stack::{SECRET, Stack, TOKEN, invoke},
};

/// Runs the local stack until Ctrl-C: a PostgreSQL in Supabase's shape with Rollcall installed,
/// the signup webhook on a local port, and the check on a schedule.
///
/// Nothing outside this machine is needed or touched, and nothing is left behind. The database is
/// one of its own: --database-url and `DATABASE_URL` are for the other commands.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    rollcall up\n  \
    rollcall up --port 9000 --check-every 10")]
pub(crate) struct Args {
    /// The webhook's port on 127.0.0.1; 0 takes any free one
    #[arg(long, default_value_t = 9000)]
    port: u16,

    /// Seconds between two checks
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    check_every: u64,
}

pub(crate) async fn run(args: Args, output: &mut Output) -> Result<Status, Failure> {
    let mut say = |text: &str| output.progress(text);
    let (stack, _) = Stack::start(args.port, &mut say).await?;
    let mut auth = stack.connect("supabase_auth_admin").await?;
    let user_id = sign_up(&mut auth, 1).await?;
    output.end_progress();
    let addresses = json!({
        "postgresql": stack.version,
        "database_url": stack.url("postgres"),
        "webhook_url": stack.webhook.url(),
        "webhook_secret": SECRET,
        "webhook_token": TOKEN,
        "check_every_seconds": args.check_every,
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
    output.line(format_args!(
        "checks every {} s; Ctrl-C ends it all",
        args.check_every
    ))?;

    let mut schedule = tokio::time::interval(Duration::from_secs(args.check_every));
    loop {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => return Ok(Status::Done),
            _ = schedule.tick() => {
                let line = match invoke(&stack.check, json!({})).await {
                    Ok(report) => format!(
                        "check: {}, ghosts: {}, trigger: {}",
                        text(&report["status"]),
                        report["counts"]["ghosts"],
                        text(&report["trigger"]["state"]),
                    ),
                    Err(failure) => format!("check: {failure}"),
                };
                output.line(format_args!("{} {line}", now().format("%H:%M:%S")))?;
            }
        }
    }
}

fn text(value: &serde_json::Value) -> &str {
    value.as_str().unwrap_or("?")
}
