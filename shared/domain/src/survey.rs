//! The survey: every column that refers to users or ought to, what is in it, and what to do.
//!
//! Which columns there are, the catalog says ([`find`]), in a moment. Then the rows of each are
//! counted, in a transaction of its own and within its own time, so that a table that is locked,
//! hidden or too big costs its own counts and no others. [`judge`] makes something of it.

mod count;
mod judge;
mod reference;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::{
    database::{Database, Limit},
    error::Error,
};
use count::count_in_time;

pub use count::{Counts, Orphans};
pub use judge::{Confidence, Proposal};
pub use reference::{ForeignKey, Kind, KnownBy, Reference, RefersTo, find};

/// How long a survey may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// All of it.
    pub whole: Duration,
    /// Each column.
    pub each: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            whole: Duration::from_hours(1),
            each: Duration::from_mins(5),
        }
    }
}

/// One column, surveyed. What could not be counted is null.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the contract's §5, and docs/decisions/0018")]
pub struct Column {
    pub table: String,
    pub column: String,
    pub rows: Option<i64>,
    pub named_rows: Option<i64>,
    pub orphaned_rows: Option<i64>,
    pub missing_users: Option<i64>,
    pub still_in_auth: Option<i64>,
    pub no_uuid_rows: Option<i64>,
    pub spelled_otherwise_rows: Option<i64>,
    pub foreign_key: Option<ForeignKey>,
    pub index: Option<String>,
    #[serde(rename = "type")]
    pub type_name: String,
    pub type_fits: bool,
    pub known_by: KnownBy,
    pub configured: bool,
    pub confidence: Confidence,
    pub proposal: Proposal,
    pub why: String,
}

/// The answer to a survey.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Survey {
    /// Each column, by table and place.
    pub tables: Vec<Column>,
}

impl Survey {
    /// All orphaned rows, as far as they could be counted.
    #[must_use]
    pub fn orphaned_rows(&self) -> i64 {
        self.tables
            .iter()
            .filter_map(|column| column.orphaned_rows)
            .sum()
    }

    /// Whether a column could not be counted.
    #[must_use]
    pub fn is_blind(&self) -> bool {
        self.tables.iter().any(|column| column.rows.is_none())
    }
}

/// Surveys every column. `begin` is told each column as its counting begins, and how many there
/// are before it and in all.
pub async fn survey(
    database: &Database,
    limits: Limits,
    mut begin: impl FnMut(&Reference, usize, usize),
) -> Result<Survey, Error> {
    let end = Instant::now() + limits.whole;
    let references = database
        .transaction(Limit::Batch, "looking for references to users", find)
        .await?;
    let mut tables = vec![];
    for (place, reference) in references.iter().enumerate() {
        begin(reference, place, references.len());
        let left = end.saturating_duration_since(Instant::now());
        let counts = count_in_time(database, reference, limits.each.min(left)).await?;
        tables.push(judge::judge(reference, &counts));
    }
    Ok(Survey { tables })
}
