//! What the catalog says of a column that is to be constrained.

use sqlx::{Connection, FromRow, PgConnection, error::DatabaseError, postgres::types::Oid};

use super::{Order, Stop, statement};

/// The column and the key it is to refer to.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a column of the query"
)]
#[derive(Debug, Clone, FromRow)]
pub(super) struct Place {
    pub(super) relation: Option<Oid>,
    pub(super) kind: Option<String>,
    pub(super) owner: Option<String>,
    pub(super) is_owner: bool,
    pub(super) number: Option<i16>,
    pub(super) not_null: bool,
    pub(super) type_name: Option<String>,
    pub(super) family: Option<String>,
    pub(super) profile: String,
    pub(super) key: String,
    pub(super) key_type: Option<String>,
    pub(super) key_family: Option<String>,
    pub(super) may_refer: bool,
    pub(super) key_is_unique: bool,
    pub(super) is_key: Option<bool>,
    pub(super) constraints: Vec<String>,
    /// Of a partition, the table that it is of.
    pub(super) whole: Option<String>,
    pub(super) leaves: Vec<String>,
    /// Those of them whose rows no index finds.
    pub(super) unserved: Vec<String>,
    /// What a row without a value gets, as SQL.
    pub(super) its_default: Option<String>,
    /// Policies, views and triggers that name the column.
    pub(super) named_by: Vec<String>,
    /// Whether the check counts it.
    pub(super) is_configured: bool,
    pub(super) may_read_auth: bool,
}

/// A foreign key of the column.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a column of the query"
)]
#[derive(Debug, Clone, FromRow)]
pub(super) struct Key {
    pub(super) name: String,
    pub(super) target: String,
    /// Whether it says whose ids these are.
    pub(super) ties: bool,
    /// Whether it is the one that is asked for.
    pub(super) is_wanted: bool,
    pub(super) is_valid: bool,
    pub(super) is_enforced: bool,
    /// As the catalog has it.
    pub(super) on_delete: String,
}

/// An index of the column's, or something else under a name that ours could have.
#[derive(Debug, Clone, FromRow)]
pub(super) struct Index {
    pub(super) name: String,
    pub(super) serves: bool,
    pub(super) has_our_name: bool,
    /// An index like ours that was never finished.
    pub(super) is_leftover: bool,
    /// The process that is building it.
    pub(super) builder: Option<i32>,
}

/// Everything that the next step depends on.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) place: Place,
    pub(super) keys: Vec<Key>,
    pub(super) indexes: Vec<Index>,
}

impl Seen {
    /// The key that is asked for, if it is there.
    pub(super) fn key(&self) -> Option<&Key> {
        self.keys.iter().find(|key| key.is_wanted)
    }

    /// Whether each partition has its key, and its rows are found.
    pub(super) fn is_whole(&self) -> bool {
        self.place.kind.as_deref() == Some("p")
            && self.key().is_some_and(|key| key.is_valid)
            && self.place.unserved.is_empty()
    }

    /// The index by which the column's rows are found.
    pub(super) fn serving_index(&self) -> Option<String> {
        let index = self.indexes.iter().find(|index| index.serves);
        index.map(|index| index.name.clone())
    }
}

/// Reads the catalog, in one transaction.
pub(super) async fn look(connection: &mut PgConnection, order: &Order) -> Result<Seen, Stop> {
    let wrong = |source: sqlx::Error| {
        let code = source.as_database_error().and_then(DatabaseError::code);
        if code.as_deref() == Some("42501") {
            return Stop::Refused(format!(
                "this role may not ask Rollcall which table holds the profiles; connect as the owner of \
                 {}, as a member of rollcall_operator besides",
                order.table.text()
            ));
        }
        Stop::Database {
            doing: "reading the catalog",
            source,
        }
    };
    let mut transaction = connection.begin().await.map_err(wrong)?;
    let place: Place = sqlx::query_as(include_str!("../../sql/constrain/look.sql"))
        .bind(order.table.schema.text())
        .bind(order.table.name.text())
        .bind(order.column.text())
        .persistent(false)
        .fetch_one(&mut *transaction)
        .await
        .map_err(wrong)?;
    let (keys, indexes) = match (place.relation, place.number) {
        (Some(relation), Some(number)) => {
            let keys = sqlx::query_as(include_str!("../../sql/constrain/keys.sql"))
                .bind(relation)
                .bind(number)
                .persistent(false)
                .fetch_all(&mut *transaction)
                .await
                .map_err(wrong)?;
            let indexes = sqlx::query_as(include_str!("../../sql/constrain/indexes.sql"))
                .bind(relation)
                .bind(number)
                .bind(statement::index_names(order))
                .persistent(false)
                .fetch_all(&mut *transaction)
                .await
                .map_err(wrong)?;
            (keys, indexes)
        }
        _ => (vec![], vec![]),
    };
    transaction.commit().await.map_err(wrong)?;
    Ok(Seen {
        place,
        keys,
        indexes,
    })
}
