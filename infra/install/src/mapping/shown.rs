//! Which columns tell people whose a profile is: those that the configuration fills from the auth
//! user's, or else those of the usual names.

use super::{Column, Kind, Shown, Source};
use crate::{
    catalog::{CatalogColumn, Relation},
    names::Name,
};

pub(super) fn find(columns: &[Column], relation: &Relation) -> Shown {
    let column = |source: &Source, name| {
        let filled = columns
            .iter()
            .find(|column| matches!(&*column.sources, [only] if only == source));
        let name = filled.map_or_else(|| Name::new(name).ok(), |column| Some(column.name.clone()));
        relation.column(&name?)
    };
    let is_text = |column: &&CatalogColumn| column.sql_type.kind == Kind::Text;
    let is_time = |column: &&CatalogColumn| {
        matches!(
            column.sql_type.kind,
            Kind::TimestampTz | Kind::Timestamp | Kind::Date
        )
    };
    Shown {
        email: column(&Source::Email, "email")
            .filter(is_text)
            .map(|column| column.name.clone()),
        created_at: column(&Source::CreatedAt, "created_at")
            .filter(is_time)
            .map(|column| (column.name.clone(), column.sql_type.clone())),
    }
}
