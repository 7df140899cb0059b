//! Repairs: what every plan, apply and undo answers, and which run an order is about.
//!
//! Each kind of repair is a run of its own ([`crate::run`]): planned, shown, applied by its id, and
//! taken back by another.

mod order;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::run::Progress;
pub(crate) use order::nobody_seen;
pub use order::{Order, apply, undo};

/// How far a repair is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It is stored, and nothing has been touched.
    Planned,
    /// Every row of the set has been dealt with.
    Completed,
    /// Some are left; the same call goes on.
    Partial,
    /// There is nobody and nothing to repair.
    NothingToDo,
}

impl Status {
    /// Of a repair that has been begun.
    #[must_use]
    pub const fn of(progress: &Progress) -> Self {
        match (progress.planned, progress.remaining) {
            (0, _) => Self::NothingToDo,
            (_, 0) => Self::Completed,
            _ => Self::Partial,
        }
    }
}

/// What became of one table's rows. Always `planned = done + refused + gone + remaining`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the contract's §5 defines each field")]
pub struct Table {
    pub table: String,
    pub column: String,
    pub policy: String,
    pub planned: i64,
    pub done: i64,
    pub refused: i64,
    /// Rows that somebody else had removed or mended before (docs/decisions/0017).
    pub gone: i64,
    pub remaining: i64,
}

/// A row that was left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Its table.
    pub table: String,
    /// Its key: of a profile, the user's id; of any other row, its primary key.
    pub key: String,
    /// Why, as a code.
    pub reason: String,
    /// The table in which a row refers to it.
    pub referred_by: Option<String>,
    /// The SQLSTATE, if the database gave one.
    pub sqlstate: Option<String>,
}

/// How many rows were left for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// The code.
    pub reason: String,
    /// How many.
    pub rows: i64,
    /// What an operator does about it.
    pub mend: String,
}

/// A row of a plan, for people to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// Its table.
    pub table: String,
    /// Its key, as in a [`Refusal`].
    pub key: String,
    /// The user it is about.
    pub user_id: String,
    /// What is planned for it.
    pub policy: String,
}

/// Rows that a plan moves because of one column, and that name somebody who has a profile in another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each is what it says")]
pub struct AlsoNamed {
    pub table: String,
    pub column: String,
    /// Those that were looked at.
    pub other_columns: Vec<String>,
    pub rows: i64,
}

/// The answer to a plan, an apply or an undo; the fields are the contract's, and more
/// (docs/decisions/0017).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the contract's §5 defines each field")]
pub struct Answer {
    pub run_id: Uuid,
    /// The run that was undone.
    pub undoes: Option<Uuid>,
    pub status: Status,
    pub tables: Vec<Table>,
    /// At most a hundred.
    pub refusals: Vec<Refusal>,
    /// Of a plan: the first few rows of each table.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub samples: Vec<Sample>,
    /// Of a plan for child rows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also_named: Vec<AlsoNamed>,
    pub reasons: Vec<Reason>,
    pub side_effects: Vec<String>,
    pub digest: String,
    /// What follows, and how to keep it from following.
    pub next_step: Option<String>,
    pub duration_ms: u64,
}

impl Answer {
    /// Counts of all tables together.
    #[must_use]
    pub fn total(&self) -> Progress {
        let sum = |count: fn(&Table) -> i64| self.tables.iter().map(count).sum();
        Progress::new(
            sum(|table| table.planned),
            sum(|table| table.done),
            0,
            sum(|table| table.refused),
            sum(|table| table.gone),
        )
    }
}
