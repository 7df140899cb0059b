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
mod refuse;
mod statement;
mod work;

use std::time::Duration;

use serde::Serialize;
use sqlx::PgConnection;

use crate::names::{Name, Qualified};
use work::Work;

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
    /// The table under which a plan has them: of a partition, that which it is of.
    pub planned_as: String,
    /// Rows whose user has a profile that spells the id in another way, which a key between texts does
    /// not take.
    pub spelled_otherwise: i64,
    /// The statement that mends these, once there are no orphans.
    pub respell: Option<String>,
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
///
/// Somebody else may be at the same work: then the catalog is looked at again, after a pause, as often
/// as `patience` has it.
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
    let mut work = Work {
        order,
        patience,
        is_clean: false,
    };
    let (mut left, mut wait) = (patience.tries.max(1), patience.pause);
    let mut is_first = true;
    loop {
        left -= 1;
        let seen = look::look(connection, order).await?;
        refuse::refuse(&seen, order)?;
        if is_first {
            say(Step::Look, true, decide::situation(&seen, order));
            is_first = false;
        }
        let builder = refuse::being_built(&seen);
        let is_being_built = builder.is_some();
        let taken = match builder {
            Some(sentence) => Err(Stop::Refused(sentence)),
            None => work.step(connection, &seen, &pause, &mut say).await,
        };
        let is_behind = match &taken {
            Err(Stop::Database { source, .. }) => act::is_overtaken(source),
            _ => is_being_built,
        };
        match taken {
            Err(_) if is_behind && left > 0 => {
                let sentence =
                    "somebody else is at work on it; looking again in a moment".to_owned();
                say(Step::Look, false, sentence);
                pause(wait).await;
                wait = (wait * 2).min(act::LONGEST_PAUSE);
            }
            Ok(None) => left += 1,
            Ok(Some(outcome)) => return Ok(outcome),
            Err(stop) => return Err(stop),
        }
    }
}

/// Ends a build of an index on this table that somebody has left running.
pub async fn cancel_build(connection: &mut PgConnection, order: &Order) -> Result<(), Stop> {
    act::cancel_build(connection, order).await
}
