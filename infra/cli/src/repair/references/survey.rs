//! `rollcall repair references survey`: what refers to users, and how well.

use std::io;

use rollcall_domain::{
    Database, Error,
    orphans::Policy,
    survey::{self, Column, Confidence, KnownBy, Limits, Proposal, Survey},
    words::grouped,
};
use rollcall_install::shell;
use serde::Serialize;
use serde_json::json;

use crate::{
    connect::{Access, Place},
    deployed::Operation,
    failure::{Failure, Status},
    output::Output,
};

/// Finds every column that refers to users or ought to, and counts what is orphaned. Changes nothing.
///
/// A column counts by its foreign key, by the configuration, or by its type and name. A table that
/// cannot be counted is shown without its numbers.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    rollcall repair references survey\n  \
    rollcall repair references survey --json")]
pub(super) struct Args {}

pub(super) async fn run(
    Args {}: Args,
    access: &Access,
    output: &mut Output,
) -> Result<Status, Failure> {
    let survey = match access.place()? {
        Place::Database(database) => look(&database, output).await?,
        Place::Stack(stack) => {
            let event = json!({ "action": "references.survey" });
            stack.ask(Operation::Repair, &event, output).await?
        }
    };
    if output.is_json() {
        output.json(&survey)?;
    } else {
        show(&survey, output)?;
    }
    Ok(if survey.orphaned_rows() > 0 {
        Status::Found
    } else if survey.is_blind() {
        Status::Blind
    } else {
        Status::Done
    })
}

async fn look(database: &Database, output: &mut Output) -> Result<Survey, Error> {
    let survey = survey::survey(database, Limits::default(), |next, before, all| {
        output.progress(format_args!(
            "counting {}.{}, column {} of {all}",
            next.table,
            next.column,
            before + 1
        ));
    })
    .await;
    output.end_progress();
    survey
}

fn show(survey: &Survey, output: &mut Output) -> io::Result<()> {
    if survey.tables.is_empty() {
        return output.line("no column refers to users, by a foreign key or by its name");
    }
    let rows: Vec<_> = survey.tables.iter().map(row).collect();
    let headings = [
        "column",
        "type",
        "rows",
        "orphaned",
        "users",
        "in auth",
        "foreign key",
        "index",
        "sure",
        "proposal",
    ];
    output.table(headings, &rows)?;
    for column in &survey.tables {
        output.line(format_args!(
            "{}.{}: {}",
            column.table, column.column, column.why
        ))?;
    }
    advise(survey, output)
}

fn row(column: &Column) -> [String; 10] {
    let number = |count: Option<i64>| count.map_or_else(|| "?".to_owned(), grouped);
    let key = column.foreign_key.as_ref().map_or_else(String::new, |key| {
        let doubt = if key.validated { "" } else { ", not valid" };
        format!("{} ({}{doubt})", key.target, key.on_delete)
    });
    [
        format!("{}.{}", column.table, column.column),
        column.type_name.clone(),
        number(column.rows),
        number(column.orphaned_rows),
        number(column.missing_users),
        number(column.still_in_auth),
        key,
        column.index.clone().unwrap_or_default(),
        word(column.confidence),
        word(column.proposal),
    ]
}

/// A word as the JSON has it.
fn word(word: impl Serialize) -> String {
    let word = serde_json::to_value(word).unwrap_or_default();
    word.as_str().unwrap_or_default().replace('_', " ")
}

/// The call that plans what the survey proposes to mend. A column that is only guessed has to be named.
fn plan(survey: &Survey) -> Option<String> {
    let orphaned = survey.tables.iter().filter(|column| {
        let is_proposed = matches!(
            column.proposal,
            Proposal::CreateProfile | Proposal::Quarantine | Proposal::CreateProfileAndQuarantine
        );
        column.orphaned_rows > Some(0) && (is_proposed || column.known_by != KnownBy::Name)
    });
    let mut names = orphaned
        .map(|column| {
            (column.known_by == KnownBy::Name)
                .then(|| shell::word(&format!("{}.{}", column.table, column.column)))
        })
        .peekable();
    names.peek()?;
    Some(names.flatten().fold(
        "rollcall repair references plan".to_owned(),
        |call, name| format!("{call} --policy {name}={}", Policy::Default.word()),
    ))
}

/// What follows: the next command, and what the configuration does not know yet.
fn advise(survey: &Survey, output: &mut Output) -> io::Result<()> {
    if let Some(plan) = plan(survey) {
        output.line(format_args!("next: {plan}"))?;
    }
    for column in &survey.tables {
        if column.proposal == Proposal::Constrain {
            output.line(format_args!(
                "next: rollcall repair references constrain --table {} --column {}",
                shell::word(&column.table),
                shell::word(&column.column)
            ))?;
        }
    }
    let unknown = survey
        .tables
        .iter()
        .filter(|column| !column.configured && column.confidence >= Confidence::Likely)
        .filter(|column| column.orphaned_rows.is_some());
    for (number, column) in unknown.enumerate() {
        if number == 0 {
            output.line("the check does not count these yet; add them to rollcall.toml:")?;
        }
        output.line("[[references]]")?;
        output.line(format_args!("table = {:?}", column.table))?;
        output.line(format_args!("column = {:?}", column.column))?;
    }
    Ok(())
}
