//! What the database has: everything a configuration is checked against, in one snapshot.
//!
//! Only catalogs are read, joined by name, so that no text from the outside is ever cast to a
//! relation and nothing is asked that the role `postgres` of Supabase may not know.

mod read;
mod rows;

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{Connection, PgConnection};

use crate::{
    mapping::SqlType,
    names::{Name, Qualified},
    objects::Object,
};

/// What the database has.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    /// Tables and what looks like tables, outside the system's schemas.
    pub relations: BTreeMap<Qualified, Relation>,
    /// The triggers on `auth.users` that somebody made.
    pub triggers: Vec<AuthTrigger>,
    /// The functions that a call without arguments could mean.
    pub functions: BTreeMap<Qualified, Function>,
    /// What stands in `public` under a name that Rollcall's tables take.
    pub standing: BTreeMap<Name, Standing>,
    /// The functions in `public` of a name that Rollcall's take, whatever their arguments.
    pub named_functions: Vec<NamedFunction>,
    /// What is in the schema `rollcall`.
    pub rollcall: Rollcall,
}

/// A table, or what looks like one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relation {
    /// What it is.
    pub kind: RelationKind,
    /// Whether other tables inherit from it, partitions aside.
    pub has_children: bool,
    /// Whether it is itself a partition.
    pub is_partition: bool,
    /// Its columns, in their order.
    pub columns: Vec<CatalogColumn>,
    /// Columns under a unique index that `on conflict (column)` can name.
    pub unique: BTreeSet<Name>,
    /// Its foreign keys that are one column wide.
    pub foreign_keys: Vec<ForeignKey>,
}

impl Relation {
    /// Finds a column by its name.
    #[must_use]
    pub fn column(&self, name: &Name) -> Option<&CatalogColumn> {
        self.columns.iter().find(|column| column.name == *name)
    }
}

/// The sorts of relations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelationKind {
    /// An ordinary table.
    Table,
    /// A partitioned table.
    Partitioned,
    /// A view.
    View,
    /// A materialized view.
    MaterializedView,
    /// A table of another server.
    Foreign,
}

/// A column as the catalog has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogColumn {
    /// The column's name.
    pub name: Name,
    /// Its type; a domain is read through to the type underneath.
    pub sql_type: SqlType,
    /// The name of a type of PostgreSQL, without schema: `int4`, `varchar`. A type of the
    /// application has its schema in front.
    pub type_name: String,
    /// PostgreSQL's letter for the sort of type: N for numbers, E for enums, A for arrays, …
    pub category: char,
    /// How many characters fit, where that is limited.
    pub length: Option<i32>,
    /// Whether the column, or its domain, refuses null.
    pub not_null: bool,
    /// The default of the column, or of its domain, as SQL.
    pub default: Option<String>,
    /// Who fills it besides the default.
    pub filled: Filled,
    /// The labels, if it is an enum.
    pub labels: Vec<String>,
}

impl CatalogColumn {
    /// Whether every row needs a value from whoever inserts it.
    #[must_use]
    pub fn needs_source(&self) -> bool {
        self.not_null && self.default.is_none() && self.filled == Filled::ByWriter
    }
}

/// Who fills a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filled {
    /// Whoever inserts the row.
    ByWriter,
    /// An identity that yields to the writer.
    ByIdentity,
    /// The database, always: a generated column or an identity that does not yield.
    ByDatabase,
}

/// A foreign key of one column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignKey {
    /// The constraint's name.
    pub name: Name,
    /// The referring column.
    pub column: Name,
    /// The table referred to.
    pub target: Qualified,
    /// The column referred to.
    pub target_column: Name,
    /// What the deletion of the row referred to does.
    pub on_delete: OnDelete,
    /// Whether the rows from before the foreign key were held against it, too.
    pub is_validated: bool,
}

/// What the deletion of the row referred to does to the referring row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnDelete {
    /// It is refused.
    Refuse,
    /// The referring row goes, too.
    Cascade,
    /// The referring column is set to null.
    SetNull,
    /// The referring column is set to its default.
    SetDefault,
}

/// A trigger on `auth.users`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthTrigger {
    /// The trigger's name.
    pub name: Name,
    /// The function it calls.
    pub function: Qualified,
    /// PostgreSQL's letter for when it fires: O and A at a signup, D never, R in replication.
    pub enabled: char,
    /// Whether it fires after insert, for each row.
    pub after_insert_row: bool,
    /// The source of its function.
    pub source: String,
}

impl AuthTrigger {
    /// Whether it fires at a signup.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.after_insert_row && matches!(self.enabled, 'O' | 'A')
    }
}

/// A function of some name, all those together that a call without arguments could mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Function {
    /// Whether one takes no argument at all.
    pub takes_nothing: bool,
    /// Whether that one is a trigger function.
    pub is_trigger: bool,
    /// Whether that one belongs to the role of this connection.
    pub is_owned: bool,
    /// Whether that one looks like Rollcall's own: what is left of an installation whose schema
    /// was lost.
    pub is_rollcalls: bool,
}

/// A function in `public` of a name that one of Rollcall's takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedFunction {
    /// Its name.
    pub name: Name,
    /// Its name and the types of its arguments, as in `public.f(integer)`.
    pub signature: String,
    /// Whether a call without arguments could mean it.
    pub needs_nothing: bool,
    /// Whether it looks like Rollcall's own: what is left of an installation whose schema was lost.
    pub is_rollcalls: bool,
}

/// Something in `public`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// What it is, in words.
    pub kind: &'static str,
    /// What its comment says.
    pub comment: String,
}

/// What is in the schema `rollcall`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rollcall {
    /// Whether there is a schema of this name that Rollcall did not make.
    pub is_foreign: bool,
    /// Whether Rollcall is installed.
    pub is_installed: bool,
    /// Whether it is installed, but what it made is not for this role to read.
    pub is_hidden: bool,
    /// What it made, and whether each is still as it made it.
    pub made: BTreeMap<String, bool>,
    /// What of that is gone.
    pub missing: BTreeSet<String>,
}

impl Rollcall {
    /// Whether Rollcall made an object and nobody has altered it since.
    #[must_use]
    pub fn made(&self, object: &Object) -> bool {
        self.made.get(&object.to_string()).copied().unwrap_or(false)
    }

    /// Whether Rollcall once made an object, whatever became of it.
    #[must_use]
    pub fn once_made(&self, object: &Object) -> bool {
        self.made.contains_key(&object.to_string())
    }
}

/// How deep a catalog was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Depth {
    /// Whether it says what the defaults of columns are, and not only that they are there: whoever
    /// has locked a table keeps it from that.
    pub defaults: bool,
    /// Whether what Rollcall made was held against what is there: that takes rights on the schemas.
    pub made: bool,
}

impl Depth {
    const WHOLE: Self = Self {
        defaults: true,
        made: true,
    };
}

/// The catalog could not be read.
#[derive(Debug, thiserror::Error)]
#[error("{doing} failed")]
pub struct CatalogError {
    doing: &'static str,
    #[source]
    source: sqlx::Error,
}

impl CatalogError {
    /// What was being done, as in "reading the columns".
    #[must_use]
    pub fn doing(&self) -> &'static str {
        self.doing
    }

    fn is(&self, sqlstate: &str) -> bool {
        let error = self.source.as_database_error();
        error.is_some_and(|error| error.code().as_deref() == Some(sqlstate))
    }

    /// What the database or the driver said.
    #[must_use]
    pub fn into_cause(self) -> sqlx::Error {
        self.source
    }
}

impl Catalog {
    /// Reads the catalog in a transaction of its own, so that all of it is one snapshot. It
    /// changes nothing. The connection must not be in a transaction.
    pub async fn read(connection: &mut PgConnection) -> Result<Self, CatalogError> {
        Self::read_with(connection, Depth::WHOLE).await
    }

    /// The same for whoever only reports: as deep as locks and rights allow, and how deep that is.
    pub async fn read_as_deep_as_can_be(
        connection: &mut PgConnection,
    ) -> Result<(Self, Depth), CatalogError> {
        let mut depth = Depth::WHOLE;
        loop {
            match Self::read_with(connection, depth).await {
                Ok(catalog) => return Ok((catalog, depth)),
                // lock not available
                Err(error) if depth.defaults && error.is("55P03") => depth.defaults = false,
                // insufficient privilege
                Err(error) if depth.made && error.is("42501") => depth.made = false,
                Err(error) => return Err(error),
            }
        }
    }

    async fn read_with(connection: &mut PgConnection, depth: Depth) -> Result<Self, CatalogError> {
        let mut transaction = connection
            .begin_with("begin isolation level repeatable read, read only")
            .await
            .map_err(|source| CatalogError {
                doing: "reading the catalog",
                source,
            })?;
        // Types and defaults are spelled with their schema only if it is not searched. To spell a
        // default is to wait for whoever has locked its table.
        sqlx::raw_sql("set local search_path = ''; set local lock_timeout = '5s'; set local statement_timeout = '60s'")
            .execute(&mut *transaction)
            .await
            .map_err(|source| CatalogError {
                doing: "reading the catalog",
                source,
            })?;
        let catalog = read::read(&mut transaction, depth).await?;
        let ended = transaction.rollback().await;
        ended.map_err(|source| CatalogError {
            doing: "reading the catalog",
            source,
        })?;
        Ok(catalog)
    }
}
