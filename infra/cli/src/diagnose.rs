//! `rollcall diagnose`: what an error is about, and the call that mends it.

use std::io::{IsTerminal, Read, stdin};

use rollcall_domain::diagnose::{self, Diagnosis, Question};
use serde_json::json;
use uuid::Uuid;

use crate::{
    connect::{Access, Place},
    deployed::Operation,
    failure::{Failure, Status},
    output::Output,
};

/// Says what a violated foreign key (23503) is about, or how one user stands, and which call mends it.
///
/// Paste any text with the error in it: from psql, `PostgREST`, supabase-js, Dart, Prisma, `SQLAlchemy`,
/// a log. It only reads, and nothing of the text is kept or shown but ids. Connect as a member of
/// `rollcall_app` or `rollcall_operator`, or as the owner.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    rollcall diagnose --user-id 0e8f9a60-1111-4222-8333-444455556666\n  \
    rollcall diagnose 'insert or update on table \"orders\" violates foreign key constraint …'\n  \
    rollcall diagnose --deployed rollcall-prod --user-id 0e8f9a60-1111-4222-8333-444455556666\n  \
    pbpaste | rollcall diagnose\n  \
    tail -n 50 postgres.log | rollcall diagnose -")]
pub(crate) struct Args {
    /// The text of the error; from standard input if it is - or left out
    #[arg(value_name = "TEXT", conflicts_with = "user_id")]
    text: Option<String>,

    /// Say how this user stands instead
    #[arg(long, value_name = "ID")]
    user_id: Option<Uuid>,
}

/// More of a log than its last so many bytes is not kept.
const LONGEST: usize = 64 * 1024 * 1024;

pub(crate) async fn run(
    args: Args,
    access: &Access,
    output: &mut Output,
) -> Result<Status, Failure> {
    let place = access.place()?;
    let question = match (args.user_id, args.text) {
        (Some(user_id), _) => Question::User(user_id),
        (None, Some(text)) if text != "-" => Question::Error(text),
        (None, text) => Question::Error(piped(text.is_some(), output)?),
    };
    if matches!(&question, Question::Error(text) if text.trim().is_empty()) {
        return Err(Failure::Usage(
            "there is no text to diagnose; paste the error, all of it, or give --user-id"
                .to_owned(),
        ));
    }
    let answer = match place {
        Place::Database(database) => diagnose::diagnose(&database, &question).await?,
        Place::Stack(stack) => {
            let event = match &question {
                Question::Error(text) => json!({ "error": diagnose::enough(text) }),
                Question::User(user_id) => json!({ "user_id": user_id }),
            };
            stack.ask(Operation::Diagnose, &event, output).await?
        }
    };
    if output.is_json() {
        output.json(&answer)?;
    } else {
        show(&answer, output)?;
    }
    Ok(if answer.is_amiss() {
        Status::Found
    } else {
        Status::Done
    })
}

/// What comes by standard input.
fn piped(is_asked_for: bool, output: &mut Output) -> Result<String, Failure> {
    if stdin().is_terminal() && !is_asked_for {
        output.line("paste the error, all of it, and end it by Ctrl-D on a line of its own:")?;
    }
    let mut bytes = vec![];
    let mut input = stdin().lock();
    while input
        .by_ref()
        .take(LONGEST as u64)
        .read_to_end(&mut bytes)?
        > 0
    {
        bytes.drain(..bytes.len().saturating_sub(LONGEST));
    }
    // A log may hold anything.
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn show(answer: &Diagnosis, output: &mut Output) -> std::io::Result<()> {
    output.line(&answer.sentence)?;
    if let Some(since) = answer.since {
        output.line(format_args!(
            "since: {}",
            since.format("%Y-%m-%d %H:%M:%S UTC")
        ))?;
    }
    for what in &answer.unknown {
        output.line(format_args!("not known: {what}"))?;
    }
    if let Some(mend) = &answer.mend {
        output.line(format_args!("mend: {}", mend.command))?;
    }
    Ok(())
}
