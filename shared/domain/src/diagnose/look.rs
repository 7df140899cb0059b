//! What a diagnosis asks the database. All of it only reads.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::case::ProfileTable;
use crate::{configuration, error::Error, unnamed::Unnamed};

/// Whose rows a table holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// It is the profile table.
    Profiles,
    /// It is `auth.users`.
    Auth,
    /// Its key refers to one of these two.
    OtherUsers,
    /// Anything else.
    Other,
}

impl Target {
    fn parse(word: &str) -> Result<Self, Error> {
        Ok(match word {
            "profiles" => Self::Profiles,
            "auth" => Self::Auth,
            "users" => Self::OtherUsers,
            "other" => Self::Other,
            other => {
                return Err(Error::Unknown {
                    what: "what a table holds",
                    answer: other.to_owned(),
                });
            }
        })
    }
}

/// A foreign key as the catalog has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ForeignKey {
    pub(super) name: String,
    pub(super) child: Table,
    pub(super) child_columns: Vec<String>,
    pub(super) parent: Table,
    pub(super) parent_columns: Vec<String>,
    pub(super) target: Target,
}

/// A table's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) schema: String,
    pub(super) name: String,
}

impl Table {
    /// As `rollcall.toml` and the payloads name it.
    pub(super) fn text(&self) -> String {
        format!("{}.{}", self.schema, self.name)
    }

    /// As SQL has it.
    pub(super) fn sql(&self) -> String {
        format!("{}.{}", identifier(&self.schema), identifier(&self.name))
    }
}

/// A name as SQL has it; what may be a word of the language is in quotes, too.
pub(super) fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A table, with what it has and holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) table: Table,
    pub(super) columns: Vec<String>,
    pub(super) target: Target,
}

/// Where a user stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an answer to a question of its own"
)]
pub(super) struct Standing {
    pub(super) in_auth: bool,
    pub(super) has_profile: bool,
    pub(super) is_live: bool,
    pub(super) is_eligible: bool,
    pub(super) excluded_at: Option<DateTime<Utc>>,
    pub(super) created_at: Option<DateTime<Utc>>,
    pub(super) deleted_at: Option<DateTime<Utc>>,
    /// Why the database did not accept the profile, if the ledger knows.
    pub(super) reason: Option<String>,
    pub(super) sqlstate: Option<String>,
    pub(super) first_failed_at: Option<DateTime<Utc>>,
    pub(super) is_older_than_rollcall: bool,
    /// When a check last found nobody missing, after the account was made.
    pub(super) clean_at: Option<DateTime<Utc>>,
    /// When a check next to the making of the account found the triggers not active.
    pub(super) inactive_at: Option<DateTime<Utc>>,
}

/// The profile table, as the configuration has it.
pub(super) async fn profile_table(connection: &mut PgConnection) -> Result<ProfileTable, Error> {
    let mode = configuration::read(&mut *connection).await?.mode;
    let row = sqlx::query!(
        r#"
        select table_name as "table_name!", key_name as "key_name!" from rollcall.profile_table()
        "#
    )
    .fetch_one(Unnamed(connection))
    .await
    .map_err(|error| Error::new("reading the configuration", error))?;
    Ok(ProfileTable {
        name: row.table_name,
        key: row.key_name,
        mode,
    })
}

/// The foreign keys of these names, in the order of the names.
pub(super) async fn foreign_keys(
    connection: &mut PgConnection,
    names: &[String],
) -> Result<Vec<ForeignKey>, Error> {
    let rows = sqlx::query!(
        r#"
        select
            name as "name!", child_schema as "child_schema!", child as "child!",
            child_columns as "child_columns!", parent_schema as "parent_schema!",
            parent as "parent!", parent_columns as "parent_columns!", target as "target!"
        from rollcall.foreign_keys_named($1)
        "#,
        names
    )
    .fetch_all(Unnamed(connection))
    .await
    .map_err(|error| Error::new("looking for the constraint", error))?;
    rows.into_iter()
        .map(|row| {
            Ok(ForeignKey {
                name: row.name,
                child: Table {
                    schema: row.child_schema,
                    name: row.child,
                },
                child_columns: row.child_columns,
                parent: Table {
                    schema: row.parent_schema,
                    name: row.parent,
                },
                parent_columns: row.parent_columns,
                target: Target::parse(&row.target)?,
            })
        })
        .collect()
}

/// The tables of these names, in the order of the names.
pub(super) async fn tables(
    connection: &mut PgConnection,
    names: &[String],
) -> Result<Vec<Known>, Error> {
    let rows = sqlx::query!(
        r#"
        select
            schema_name as "schema_name!", table_name as "table_name!", columns as "columns!",
            target as "target!"
        from rollcall.tables_named($1)
        "#,
        names
    )
    .fetch_all(Unnamed(connection))
    .await
    .map_err(|error| Error::new("looking for the tables", error))?;
    rows.into_iter()
        .map(|row| {
            Ok(Known {
                table: Table {
                    schema: row.schema_name,
                    name: row.table_name,
                },
                columns: row.columns,
                target: Target::parse(&row.target)?,
            })
        })
        .collect()
}

/// Where one user stands.
pub(super) async fn standing(
    connection: &mut PgConnection,
    user_id: Uuid,
) -> Result<Standing, Error> {
    sqlx::query_as!(
        Standing,
        r#"
        select
            in_auth as "in_auth!", has_profile as "has_profile!", is_live as "is_live!",
            is_eligible as "is_eligible!", excluded_at, created_at, deleted_at,
            reason, sqlstate, first_failed_at,
            is_older_than_rollcall as "is_older_than_rollcall!", clean_at, inactive_at
        from rollcall.about_user($1)
        "#,
        user_id
    )
    .fetch_one(Unnamed(connection))
    .await
    .map_err(|error| Error::new("looking at the user", error))
}
