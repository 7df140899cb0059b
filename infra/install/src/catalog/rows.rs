//! The rows of the catalog queries, and what becomes of them.

use std::collections::BTreeSet;

use sqlx::FromRow;

use super::{AuthTrigger, CatalogColumn, Filled, ForeignKey, OnDelete, Relation, RelationKind};
use crate::{
    mapping::{Kind, SqlType},
    names::{Name, NameError, Qualified},
};

/// A schema and a name, as the catalog spells them.
pub(super) fn qualified(schema: &str, name: &str) -> Result<Qualified, NameError> {
    Ok(Qualified {
        schema: Name::new(schema)?,
        name: Name::new(name)?,
    })
}

#[derive(FromRow)]
pub(super) struct RelationRow {
    pub(super) schema: String,
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) has_children: bool,
    pub(super) is_partition: bool,
}

impl From<RelationRow> for Relation {
    fn from(row: RelationRow) -> Self {
        Self {
            kind: match row.kind.as_str() {
                "p" => RelationKind::Partitioned,
                "v" => RelationKind::View,
                "m" => RelationKind::MaterializedView,
                "f" => RelationKind::Foreign,
                _ => RelationKind::Table,
            },
            has_children: row.has_children,
            is_partition: row.is_partition,
            columns: Vec::new(),
            unique: BTreeSet::new(),
            foreign_keys: Vec::new(),
        }
    }
}

#[derive(FromRow)]
pub(super) struct ColumnRow {
    pub(super) schema: String,
    pub(super) relation: String,
    pub(super) name: String,
    pub(super) sql_type: String,
    pub(super) type_name: String,
    pub(super) category: String,
    pub(super) length: Option<i32>,
    pub(super) not_null: bool,
    pub(super) default_value: Option<String>,
    pub(super) is_generated: bool,
    pub(super) identity: String,
    pub(super) labels: Vec<String>,
}

impl TryFrom<ColumnRow> for CatalogColumn {
    type Error = NameError;

    fn try_from(row: ColumnRow) -> Result<Self, NameError> {
        let kind = match row.type_name.as_str() {
            "uuid" => Kind::Uuid,
            "text" | "varchar" | "bpchar" | "citext" | "name" => Kind::Text,
            "bool" => Kind::Boolean,
            "json" | "jsonb" => Kind::Json,
            "timestamptz" => Kind::TimestampTz,
            "timestamp" => Kind::Timestamp,
            "date" => Kind::Date,
            _ => Kind::Other,
        };
        Ok(Self {
            name: Name::new(row.name)?,
            sql_type: SqlType {
                name: row.sql_type,
                kind,
            },
            type_name: row.type_name,
            category: row.category.chars().next().unwrap_or('X'),
            length: row.length,
            not_null: row.not_null,
            // `default null` is no default.
            default: row
                .default_value
                .filter(|sql| !sql.starts_with("NULL::") && sql != "NULL"),
            filled: match (row.is_generated, row.identity.as_str()) {
                (true, _) | (_, "a") => Filled::ByDatabase,
                (_, "d") => Filled::ByIdentity,
                _ => Filled::ByWriter,
            },
            labels: row.labels,
        })
    }
}

#[derive(FromRow)]
pub(super) struct UniqueRow {
    pub(super) schema: String,
    pub(super) relation: String,
    pub(super) name: String,
}

#[derive(FromRow)]
pub(super) struct ForeignKeyRow {
    pub(super) schema: String,
    pub(super) relation: String,
    pub(super) column: String,
    pub(super) name: String,
    pub(super) target_schema: String,
    pub(super) target_relation: String,
    pub(super) target_column: String,
    pub(super) on_delete: String,
    pub(super) is_validated: bool,
}

impl TryFrom<ForeignKeyRow> for ForeignKey {
    type Error = NameError;

    fn try_from(row: ForeignKeyRow) -> Result<Self, NameError> {
        Ok(Self {
            name: Name::new(row.name)?,
            column: Name::new(row.column)?,
            target: qualified(&row.target_schema, &row.target_relation)?,
            target_column: Name::new(row.target_column)?,
            on_delete: match row.on_delete.as_str() {
                "c" => OnDelete::Cascade,
                "n" => OnDelete::SetNull,
                "d" => OnDelete::SetDefault,
                _ => OnDelete::Refuse,
            },
            is_validated: row.is_validated,
        })
    }
}

#[derive(FromRow)]
pub(super) struct TriggerRow {
    pub(super) name: String,
    pub(super) function_schema: String,
    pub(super) function_name: String,
    pub(super) enabled: String,
    pub(super) after_insert_row: bool,
    pub(super) source: String,
}

impl TryFrom<TriggerRow> for AuthTrigger {
    type Error = NameError;

    fn try_from(row: TriggerRow) -> Result<Self, NameError> {
        Ok(Self {
            name: Name::new(row.name)?,
            function: qualified(&row.function_schema, &row.function_name)?,
            enabled: row.enabled.chars().next().unwrap_or('D'),
            after_insert_row: row.after_insert_row,
            source: row.source,
        })
    }
}

#[derive(FromRow)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct FunctionRow {
    pub(super) schema: String,
    pub(super) name: String,
    pub(super) takes_nothing: bool,
    pub(super) is_trigger: bool,
    pub(super) is_owned: bool,
    pub(super) is_rollcalls: bool,
}

#[derive(FromRow)]
pub(super) struct NamedFunctionRow {
    pub(super) name: String,
    pub(super) signature: String,
    pub(super) needs_nothing: bool,
    pub(super) is_rollcalls: bool,
}

#[derive(FromRow)]
pub(super) struct StandingRow {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) comment: String,
}

#[derive(FromRow)]
pub(super) struct SchemaRow {
    pub(super) comment: String,
    pub(super) has_list: bool,
    pub(super) is_readable: bool,
}

#[derive(FromRow)]
pub(super) struct MadeRow {
    pub(super) object: String,
    pub(super) intact: bool,
    pub(super) is_there: bool,
}
