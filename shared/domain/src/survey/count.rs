//! What is in a column.

use std::time::Duration;

use sqlx::PgConnection;

use super::Reference;
use crate::{
    database::{Database, Limit, Looked, looked},
    error::Error,
    unnamed::Unnamed,
};

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

/// Counts one column, in a transaction that holds its table no longer than that.
pub(super) async fn count_in_time(
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
