//! Which columns refer to users or ought to, as the catalog has it.

use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, postgres::types::Oid};

use crate::{error::Error, unnamed::Unnamed};

/// A column that refers to users or ought to, as the catalog has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    pub(super) relation: Oid,
    pub(super) number: i16,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RefersTo {
    /// To the profile table.
    Profile,
    /// To `auth.users`.
    Auth,
    /// To some other table.
    #[default]
    Other,
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
