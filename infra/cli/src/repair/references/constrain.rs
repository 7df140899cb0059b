//! `rollcall repair references constrain`: a foreign key to the profile table, added beside the
//! running application.

use std::cell::RefCell;

use clap::ValueEnum;
use rollcall_domain::Error;
use rollcall_install::{
    constrain::{self, OnDelete, Order, Outcome, Patience, Step, Stop, Told},
    names::{Name, NameError, Qualified},
};
use serde_json::json;
use sqlx::{Connection, PgConnection};

use crate::{
    connect::Access,
    failure::{Failure, Status},
    output::Output,
};

/// Adds a foreign key from a child table to the profile table, without stopping the application.
///
/// In steps, each by itself: the key, not valid yet, under a lock so short that nobody notices; a count of the
/// orphans from before; an index, built concurrently; the validation. The same command goes on
/// where it was stopped. Connect as the table's owner.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    rollcall repair references constrain --table public.orders --column user_id\n  \
    rollcall repair references constrain --table public.orders --column user_id --on-delete cascade")]
pub(super) struct Args {
    /// The child table, as schema.name, spelled as in the database
    #[arg(long, value_name = "TABLE")]
    table: String,

    /// Its column that names a user
    #[arg(long, value_name = "COLUMN")]
    column: String,

    /// What becomes of a row whose profile is deleted [default: no-action]
    #[arg(long, value_enum, value_name = "RULE")]
    on_delete: Option<Rule>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Rule {
    /// The deletion fails
    NoAction,
    /// The deletion fails at once
    Restrict,
    /// The row is deleted, too
    Cascade,
    /// The column is cleared
    SetNull,
}

impl From<Rule> for OnDelete {
    fn from(rule: Rule) -> Self {
        match rule {
            Rule::NoAction => Self::NoAction,
            Rule::Restrict => Self::Restrict,
            Rule::Cascade => Self::Cascade,
            Rule::SetNull => Self::SetNull,
        }
    }
}

pub(super) async fn run(
    args: Args,
    access: &Access,
    output: &mut Output,
) -> Result<Status, Failure> {
    let wrong = |option: &str, error: NameError| Failure::Usage(format!("{option} {error}"));
    let order = Order {
        table: Qualified::parse(&args.table).map_err(|error| wrong("--table", error))?,
        column: Name::new(args.column).map_err(|error| wrong("--column", error))?,
        on_delete: args.on_delete.map(OnDelete::from),
    };
    let mut connection = connect(access).await?;
    let steps = RefCell::new(Vec::<Told>::new());
    let work = constrain::constrain(
        &mut connection,
        &order,
        Patience::default(),
        tokio::time::sleep,
        |told| {
            show(told, output);
            steps.borrow_mut().push(told.clone());
        },
    );
    let ended = tokio::select! {
        ended = work => Some(ended),
        _ = tokio::signal::ctrl_c() => None,
    };
    output.end_progress();
    let steps = steps.into_inner();
    match ended {
        Some(Ok(outcome)) => finish(&outcome, &steps, &order, output),
        Some(Err(stop)) => Err(failure(stop)),
        None => {
            interrupted(&steps, &order, access).await;
            Err(Failure::Stopped(where_it_stands(&steps)))
        }
    }
}

/// Connects without a limit for long statements, which the role may have; a pooler may not know of
/// such words, and then it has to do without.
async fn connect(access: &Access) -> Result<PgConnection, Failure> {
    let options = access.options()?.options([("statement_timeout", "0")]);
    match PgConnection::connect_with(&options).await {
        Ok(connection) => Ok(connection),
        Err(_) => access.connect().await,
    }
}

/// What is done stays on the screen; what goes on is a line of progress.
fn show(told: &Told, output: &mut Output) {
    output.end_progress();
    if told.is_done {
        // What cannot be shown must not end the work.
        let _ = output.line(format_args!("{}: {}", word(told.step), told.sentence));
    } else {
        output.progress(&told.sentence);
    }
}

const fn word(step: Step) -> &'static str {
    match step {
        Step::Look => "look",
        Step::Constraint => "constraint",
        Step::Orphans => "orphans",
        Step::Index => "index",
        Step::Validate => "validate",
    }
}

fn finish(
    outcome: &Outcome,
    steps: &[Told],
    order: &Order,
    output: &mut Output,
) -> Result<Status, Failure> {
    let next_step = (!outcome.validated).then(|| next_step(outcome, order));
    if output.is_json() {
        output.json(&json!({
            "table": order.table.text(),
            "column": order.column.text(),
            "status": if outcome.validated { "completed" } else { "partial" },
            "constraint": outcome.constraint,
            "index": outcome.index,
            "orphaned_rows": outcome.orphaned_rows,
            "spelled_otherwise_rows": outcome.spelled_otherwise,
            "steps": steps,
            "next_step": next_step,
        }))?;
    }
    match next_step {
        Some(next) => {
            output.line(next)?;
            Ok(Status::Found)
        }
        None => Ok(Status::Done),
    }
}

/// What has to be mended before the key can be valid.
fn next_step(outcome: &Outcome, order: &Order) -> String {
    let key = &outcome.constraint;
    match &outcome.respell {
        Some(sql) if outcome.orphaned_rows == 0 => format!(
            "{key} keeps such spellings out, and is not valid for those from before; `{sql}` writes the ids \
             as the profiles have them, then run this same command again"
        ),
        _ => {
            let whole = if outcome.planned_as == order.table.text() {
                String::new()
            } else {
                format!(", which has them under {}", outcome.planned_as)
            };
            format!(
                "{key} keeps new orphans out, and is not valid for those from before; run `rollcall \
                 repair references plan`{whole}, apply it by `rollcall repair apply` with the run's id, \
                 then this same command again"
            )
        }
    }
}

/// A build of an index goes on in the database when nobody waits for it; so it is ended.
async fn interrupted(steps: &[Told], order: &Order, access: &Access) {
    let is_building = steps
        .last()
        .is_some_and(|told| told.step == Step::Index && !told.is_done);
    if is_building && let Ok(mut connection) = access.connect().await {
        // If it cannot be ended, the next run says that it is still going on.
        let _ = constrain::cancel_build(&mut connection, order).await;
    }
}

fn where_it_stands(steps: &[Told]) -> String {
    let is_added = steps
        .iter()
        .any(|told| told.step > Step::Constraint || told.step == Step::Constraint && told.is_done);
    let last = steps.last().map_or("looking", |told| &*told.sentence);
    let state = if is_added {
        "the key is there and keeps new orphans out"
    } else {
        "nothing was changed"
    };
    format!("stopped at: {last}; {state}; the same command goes on")
}

fn failure(stop: Stop) -> Failure {
    match stop {
        Stop::Usage(sentence) => Failure::Usage(sentence),
        Stop::Refused(sentence) => Failure::Stopped(sentence),
        Stop::Database { doing, source } => Failure::Blind(Error::new(doing, source)),
    }
}
