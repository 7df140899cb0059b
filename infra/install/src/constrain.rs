//! A foreign key from a child table to the profile table, added without stopping the application.
//!
//! In steps, each a transaction of its own: the key as *not valid*, which keeps new orphans out;
//! a count of the orphans from before; an index by which rows are found; the validation. What has
//! been done is read from the catalog before every step ([`look`]), so a run that was killed goes
//! on where it stopped, and one that is through changes nothing. What comes next is decided without
//! a database ([`decide`]).

mod act;
mod decide;
mod look;
mod statement;

use std::time::Duration;

use serde::Serialize;
use sqlx::PgConnection;

use crate::names::{Name, Qualified};
use decide::Next;

/// What is to be constrained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The child table.
    pub table: Qualified,
    /// Its column.
    pub column: Name,
    /// What becomes of a row whose profile is deleted; not asked for, it is `no action`.
    pub on_delete: Option<OnDelete>,
}

/// What becomes of a row whose profile is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnDelete {
    /// The deletion fails, at the end of its statement at the earliest.
    NoAction,
    /// The deletion fails at once.
    Restrict,
    /// The row is deleted, too.
    Cascade,
    /// The column is cleared.
    SetNull,
}

/// How often a lock is asked for that others hold, and how long after the first refusal; each pause
/// is twice the one before, up to eight seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// How often.
    pub tries: u32,
    /// The first pause.
    pub pause: Duration,
}

impl Default for Patience {
    /// About a minute.
    fn default() -> Self {
        Self {
            tries: 12,
            pause: Duration::from_millis(500),
        }
    }
}

/// A part of the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Reading the catalog.
    Look,
    /// The key, which keeps new orphans out.
    Constraint,
    /// The orphans from before it.
    Orphans,
    /// The index by which rows are found.
    Index,
    /// The proof that the key holds for all rows.
    Validate,
}

/// What is told while it goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Told {
    /// The part of the work.
    pub step: Step,
    /// Whether it is done; otherwise it begins, or goes on.
    pub is_done: bool,
    /// In a sentence.
    pub sentence: String,
}

/// How it came out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// The foreign key.
    pub constraint: String,
    /// The index that serves the column, if there is one yet.
    pub index: Option<String>,
    /// Whether the key holds for every row.
    pub validated: bool,
    /// Rows from before it whose user has no profile: more than none, and the key waits for them.
    pub orphaned_rows: i64,
}

/// Why it could not be done.
#[derive(Debug, thiserror::Error)]
pub enum Stop {
    /// What was named is not there. The sentence says what.
    #[error("{0}")]
    Usage(String),
    /// It would not be right, or somebody is in the way. The sentence says what to do.
    #[error("{0}")]
    Refused(String),
    /// The database failed.
    #[error("{doing} failed")]
    Database {
        /// What was being done.
        doing: &'static str,
        /// What the driver said.
        #[source]
        source: sqlx::Error,
    },
}

/// Constrains a column, over a connection of the table's owner. Dropping the future leaves what has
/// been done, and the next call goes on.
pub async fn constrain(
    connection: &mut PgConnection,
    order: &Order,
    patience: Patience,
    pause: impl AsyncFn(Duration),
    mut tell: impl FnMut(&Told),
) -> Result<Outcome, Stop> {
    let mut say = |step, is_done, sentence: String| {
        tell(&Told {
            step,
            is_done,
            sentence,
        });
    };
    let mut is_clean = false;
    let mut is_first = true;
    loop {
        let seen = look::look(connection, order).await?;
        decide::refuse(&seen, order)?;
        if is_first {
            say(Step::Look, true, decide::situation(&seen, order));
            is_first = false;
        }
        let names = statement::Names::of(&seen, order);
        match decide::next(&seen, is_clean) {
            Next::Add => {
                let sentence = format!("adding {}, not valid yet", names.constraint);
                say(Step::Constraint, false, sentence);
                let sql = statement::add(&seen, order, &names);
                act::with_short_lock(connection, &sql, patience, &pause, &mut say, &seen, order)
                    .await?;
                let sentence = format!("{} keeps new orphans out", names.constraint);
                say(Step::Constraint, true, sentence);
            }
            Next::CountOrphans { key } => {
                let sentence = "counting orphans from before the key".to_owned();
                say(Step::Orphans, false, sentence);
                let orphaned_rows =
                    act::count(connection, &statement::orphans(&seen, order)).await?;
                if orphaned_rows > 0 {
                    let rows = if orphaned_rows == 1 { "row" } else { "rows" };
                    let sentence = format!("{orphaned_rows} {rows} of nobody who has a profile");
                    say(Step::Orphans, true, sentence);
                    return Ok(Outcome {
                        constraint: key,
                        index: seen.serving_index(),
                        validated: false,
                        orphaned_rows,
                    });
                }
                say(
                    Step::Orphans,
                    true,
                    "no orphans from before the key".to_owned(),
                );
                is_clean = true;
            }
            Next::DropLeftover { index } => {
                let sentence = format!("removing {index}, left invalid by an earlier build");
                say(Step::Index, false, sentence);
                act::alone(connection, &statement::drop_index(order, &index)).await?;
            }
            Next::BuildIndex => {
                let sentence = format!(
                    "building {} beside the application; it waits for transactions older than itself",
                    names.index
                );
                say(Step::Index, false, sentence);
                act::alone(connection, &statement::build_index(order, &names)).await?;
                say(Step::Index, true, format!("{} is built", names.index));
            }
            Next::Validate { key } => {
                say(Step::Validate, false, format!("validating {key}"));
                act::validate(connection, &statement::validate(order, &key)).await?;
                say(Step::Validate, true, format!("{key} holds for every row"));
            }
            Next::Done { key } => {
                return Ok(Outcome {
                    constraint: key,
                    index: seen.serving_index(),
                    validated: true,
                    orphaned_rows: 0,
                });
            }
        }
    }
}

/// Ends a build of an index on this table that somebody has left running.
pub async fn cancel_build(connection: &mut PgConnection, order: &Order) -> Result<(), Stop> {
    act::cancel_build(connection, order).await
}
