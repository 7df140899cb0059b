//! The survey: every column that refers to users or ought to, what is in it, and what to do.
//!
//! Which columns there are, the catalog says ([`find`]), in a moment. Then the rows of each are
//! counted, in a transaction of its own and within its own time, so that a table that is locked,
//! hidden or too big costs its own counts and no others. [`judge`] makes something of it.

mod judge;

use std::time::Duration;

use serde::Serialize;
use sqlx::{PgConnection, postgres::types::Oid};
use tokio::time::Instant;

use crate::{
    database::{Database, Limit, Looked, looked},
    error::Error,
    unnamed::Unnamed,
};

pub use judge::{Confidence, Proposal};

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

/// A column that refers to users or ought to, as the catalog has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    relation: Oid,
    number: i16,
    /// Its table, in the words of the configuration.
    pub table: String,
    /// The column.
    pub column: String,
    /// Its type as the catalog spells it.
    pub type_name: String,
    /// Whether it is uuid, text, or something else that holds no id.
    pub kind: Kind,
    /// Whether a foreign key to the profile's own key would fit its type.
    pub fits_key: bool,
    /// Why it is thought to refer to users.
    pub known_by: KnownBy,
    /// Its foreign key, or the one of several that says the most.
    pub foreign_key: Option<ForeignKey>,
    /// An index by which its rows are found.
    pub index: Option<String>,
    /// Whether the check counts it.
    pub is_configured: bool,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is what it says")]
pub enum Kind {
    Uuid,
    Text,
    Other,
}

/// Why a column is thought to refer to users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KnownBy {
    /// A foreign key leads to the profile table or to `auth.users`.
    ForeignKey,
    /// The configuration names it.
    Configured,
    /// It is called so.
    Name,
}

/// A foreign key of a column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ForeignKey {
    /// Its name.
    pub name: String,
    /// The table it leads to.
    pub target: String,
    /// Whether the rows that were there before it have been looked at.
    pub validated: bool,
    /// What becomes of a row when the one it refers to is deleted, in the words of SQL.
    pub on_delete: String,
    /// All of its columns.
    pub columns: Vec<String>,
    /// Where each of them leads.
    pub target_columns: Vec<String>,
    /// Which table that is to Rollcall.
    #[serde(skip)]
    pub refers_to: RefersTo,
    /// Whether it leads to the user's id there.
    #[serde(skip)]
    pub by_key: bool,
}

/// Where a foreign key leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefersTo {
    /// To the profile table.
    Profile,
    /// To `auth.users`.
    Auth,
    /// To some other table.
    Other,
}

/// What is in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// The table's rows.
    pub rows: i64,
    /// Those in which the column is not null, where that tells whether users are named at all.
    pub named: Option<i64>,
    /// What became of these; none where the column holds no user's id.
    pub orphans: Option<Orphans>,
}

/// Rows whose user has no profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Orphans {
    /// How many there are.
    pub rows: i64,
    /// How many of them hold something that is no uuid.
    pub no_uuid: i64,
    /// How many of them name somebody in `auth.users`.
    pub in_auth: i64,
    /// How many users all of them name.
    pub missing_users: i64,
    /// How many of these users are in `auth.users`.
    pub still_in_auth: i64,
    /// Rows of users who have a profile, whose id is spelled in another way there. They are no
    /// orphans, and not among those above.
    pub spelled_otherwise: i64,
}

/// One column, surveyed. What could not be counted is null.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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

/// Every column that refers to users or ought to.
pub async fn find(connection: &mut PgConnection) -> Result<Vec<Reference>, Error> {
    let rows = sqlx::query!(
        r#"
        select
            relation::oid as "relation!", number as "number!", table_name as "table_name!",
            column_name as "column_name!", type as "type_name!", kind as "kind!",
            fits_key as "fits_key!", known_by as "known_by!", refers_to,
            coalesce(by_key, false) as "by_key!", key_name, key_target, key_columns,
            target_columns, validated, on_delete, index_name, is_configured as "is_configured!"
        from rollcall.find_references()
        "#
    )
    .fetch_all(Unnamed(connection))
    .await
    .map_err(|error| Error::new("looking for references to users", error))?;
    rows.into_iter()
        .map(|row| {
            let foreign_key = match row.refers_to {
                Some(refers_to) => Some(ForeignKey {
                    name: row.key_name.unwrap_or_default(),
                    target: row.key_target.unwrap_or_default(),
                    validated: row.validated.unwrap_or_default(),
                    on_delete: row.on_delete.unwrap_or_default(),
                    columns: row.key_columns.unwrap_or_default(),
                    target_columns: row.target_columns.unwrap_or_default(),
                    refers_to: match &*refers_to {
                        "profile" => RefersTo::Profile,
                        "auth" => RefersTo::Auth,
                        _ => RefersTo::Other,
                    },
                    by_key: row.by_key,
                }),
                None => None,
            };
            Ok(Reference {
                relation: row.relation,
                number: row.number,
                table: row.table_name,
                column: row.column_name,
                type_name: row.type_name,
                kind: match &*row.kind {
                    "uuid" => Kind::Uuid,
                    "text" => Kind::Text,
                    _ => Kind::Other,
                },
                fits_key: row.fits_key,
                known_by: known_by(row.known_by)?,
                foreign_key,
                index: row.index_name,
                is_configured: row.is_configured,
            })
        })
        .collect()
}

fn known_by(word: String) -> Result<KnownBy, Error> {
    match &*word {
        "foreign_key" => Ok(KnownBy::ForeignKey),
        "configured" => Ok(KnownBy::Configured),
        "name" => Ok(KnownBy::Name),
        _ => Err(Error::Unknown {
            what: "why a column refers to users",
            answer: word,
        }),
    }
}

/// Counts one column, in a transaction that holds its table no longer than that.
async fn count_in_time(
    database: &Database,
    reference: &Reference,
    limit: Duration,
) -> Result<Looked<Counts>, Error> {
    if limit.is_zero() {
        return Ok(Looked::out_of_time());
    }
    database
        .transaction(Limit::Survey, "counting rows", async |connection| {
            looked(connection, limit, async |connection| {
                count(connection, reference).await
            })
            .await
        })
        .await
}

async fn count(connection: &mut PgConnection, reference: &Reference) -> Result<Counts, Error> {
    let row = sqlx::query!(
        r#"
        select
            rows as "rows!", named, orphaned, no_uuid, missing_users, still_in_auth,
            rows_in_auth, misspelt
        from rollcall.survey_column($1, $2)
        "#,
        reference.relation,
        reference.number
    )
    .fetch_one(Unnamed(connection))
    .await
    .map_err(|error| Error::new("counting rows", error))?;
    Ok(Counts {
        rows: row.rows,
        named: row.named,
        orphans: row.orphaned.map(|rows| Orphans {
            rows,
            no_uuid: row.no_uuid.unwrap_or_default(),
            in_auth: row.rows_in_auth.unwrap_or_default(),
            missing_users: row.missing_users.unwrap_or_default(),
            still_in_auth: row.still_in_auth.unwrap_or_default(),
            spelled_otherwise: row.misspelt.unwrap_or_default(),
        }),
    })
}
