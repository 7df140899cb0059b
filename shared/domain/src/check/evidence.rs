//! What the full check asks beside the roll and the triggers.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::{error::Error, roll::Roll, unnamed::Unnamed};

/// How many live profiles were compared with their auth users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drift {
    /// Whether the configuration keeps any column.
    pub is_configured: bool,
    /// Live profiles of eligible users.
    pub examined: i64,
    /// Those that differ in a kept column.
    pub drifted: i64,
}

impl Drift {
    /// What the roll says of it, where it does.
    pub(super) fn of(roll: &Roll) -> Option<Self> {
        Some(Self {
            is_configured: true,
            examined: roll.eligible_with_profile - roll.retired,
            drifted: roll.drifted?,
        })
    }
}

/// A child table's column, as the configuration names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChildTable {
    /// Its place in the configuration.
    pub number: i32,
    /// The table, as "schema.name".
    pub table: String,
    /// The column that names a user.
    pub column: String,
}

/// How many rows of a child table name a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChildRows {
    /// Rows that name one.
    pub examined: i64,
    /// Rows whose user has no profile row.
    pub orphaned: i64,
}

/// The ledger, summed up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ledger {
    /// Users whose profile could not be written.
    pub entries: i64,
    /// Those whose next attempt is due.
    pub due: i64,
    /// Users whose profile is there without its metadata.
    pub degraded: i64,
    /// When the first of the entries failed.
    pub oldest: Option<DateTime<Utc>>,
}

/// The database's own webhooks about auth users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deliveries {
    /// Those whose answer is known.
    pub examined: i64,
    /// Those that were not answered by success.
    pub failed: i64,
}

pub(super) async fn drift(connection: &mut PgConnection) -> Result<Drift, Error> {
    sqlx::query_as!(
        Drift,
        r#"
        select
            is_configured as "is_configured!", examined as "examined!", drifted as "drifted!"
        from rollcall.count_drift()
        "#
    )
    .fetch_one(Unnamed(connection))
    .await
    .map_err(|error| Error::new("comparing the kept columns", error))
}

pub(super) async fn child_tables(connection: &mut PgConnection) -> Result<Vec<ChildTable>, Error> {
    sqlx::query_as!(
        ChildTable,
        r#"
        select number as "number!", table_name as "table!", column_name as "column!"
        from rollcall.child_tables()
        order by number
        "#
    )
    .fetch_all(Unnamed(connection))
    .await
    .map_err(|error| Error::new("listing the child tables", error))
}

pub(super) async fn child_rows(
    connection: &mut PgConnection,
    which: i32,
) -> Result<ChildRows, Error> {
    sqlx::query_as!(
        ChildRows,
        r#"
        select examined as "examined!", orphaned as "orphaned!"
        from rollcall.count_child_rows($1)
        "#,
        which
    )
    .fetch_one(Unnamed(connection))
    .await
    .map_err(|error| Error::new("counting child rows", error))
}

pub(super) async fn ledger(connection: &mut PgConnection) -> Result<Ledger, Error> {
    sqlx::query_as!(
        Ledger,
        r#"
        select entries as "entries!", due as "due!", degraded as "degraded!", oldest
        from rollcall.read_ledger()
        "#
    )
    .fetch_one(Unnamed(connection))
    .await
    .map_err(|error| Error::new("reading the ledger", error))
}

/// None where the database posts no webhooks, or nobody may see what became of them.
pub(super) async fn deliveries(connection: &mut PgConnection) -> Result<Option<Deliveries>, Error> {
    sqlx::query_as!(
        Deliveries,
        r#"
        select examined as "examined!", failed as "failed!"
        from rollcall.count_deliveries()
        "#
    )
    .fetch_optional(Unnamed(connection))
    .await
    .map_err(|error| Error::new("counting failed deliveries", error))
}

/// None before the first full check.
pub async fn previous_auth_users(connection: &mut PgConnection) -> Result<Option<i64>, Error> {
    sqlx::query_scalar!("select rollcall.previous_auth_users()")
        .fetch_one(Unnamed(connection))
        .await
        .map_err(|error| Error::new("reading the last full check", error))
}
