//! The statements, and the names of what they make.

use super::{
    OnDelete, Order,
    decide::{identifier, target},
    look::Seen,
};
use crate::{names::Name, render::uuid_of};

/// What PostgreSQL keeps of a name.
const LONGEST: usize = 63;

/// So many names are tried where others are taken.
const NAMES: usize = 10;

/// What the key and the index will be called: always the same for the same column, unless somebody
/// else has the name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Names {
    pub(super) constraint: String,
    pub(super) index: String,
}

impl Names {
    pub(super) fn of(seen: &Seen, order: &Order) -> Self {
        let constraint = names(order, "fkey")
            .into_iter()
            .find(|name| !seen.place.constraints.contains(name));
        let index = names(order, "idx")
            .into_iter()
            .find(|name| !seen.indexes.iter().any(|index| index.name == *name));
        Self {
            constraint: constraint.unwrap_or_default(),
            index: index.unwrap_or_default(),
        }
    }
}

/// The names that our index could have.
pub(super) fn index_names(order: &Order) -> Vec<String> {
    names(order, "idx")
}

/// As PostgreSQL would call it, cut off where that is too long; with a number where it is taken.
fn names(order: &Order, ending: &str) -> Vec<String> {
    let base = format!("{}_{}", order.table.name.text(), order.column.text());
    let numbered = (0..NAMES).map(|number| {
        let ending = match number {
            0 => format!("_{ending}"),
            number => format!("_{ending}{number}"),
        };
        let mut room = base.len().min(LONGEST - ending.len());
        while !base.is_char_boundary(room) {
            room -= 1;
        }
        format!("{}{ending}", &base[..room])
    });
    numbered.collect()
}

pub(super) fn add(seen: &Seen, order: &Order, names: &Names) -> String {
    let (profile, key) = target(seen);
    format!(
        "alter table only {} add constraint {} foreign key ({}) references {profile} ({key}) \
         on delete {} not valid",
        order.table,
        identifier(&names.constraint),
        order.column,
        order.on_delete.unwrap_or(OnDelete::NoAction).sql(),
    )
}

/// Counts the rows that the key does not hold for. Texts are compared by their bytes, as a key does.
pub(super) fn orphans(seen: &Seen, order: &Order) -> String {
    let (profile, key) = target(seen);
    let column: &Name = &order.column;
    let same = if seen.place.family.as_deref() == Some("text") {
        format!("p.{key}::text = c.{column}::text collate pg_catalog.\"C\"")
    } else {
        format!("p.{key} = c.{column}")
    };
    format!(
        "select count(*) from only {} c where c.{column} is not null and not exists (\
         select from {profile} p where {same})",
        order.table
    )
}

/// Whether there are values, and none of them is a user's, as far as this role may look.
pub(super) fn names_nobody(seen: &Seen, order: &Order) -> String {
    let (profile, key) = target(seen);
    let (table, column) = (&order.table, &order.column);
    let known = |users: &str, key: &str| {
        let same = if seen.place.family.as_deref() == Some("uuid") {
            format!("u.{key} = c.{column}")
        } else {
            let user = uuid_of(&format!("c.{column}::text")).join(" ");
            format!("u.{key}::text in (c.{column}::text collate pg_catalog.\"C\", ({user})::text)")
        };
        format!("exists (select from only {table} c join {users} u on {same})")
    };
    let in_auth = if seen.place.may_read_auth {
        format!(" and not {}", known("auth.users", "id"))
    } else {
        String::new()
    };
    format!(
        "select (exists (select from only {table} c where c.{column} is not null) \
         and not {}{in_auth})::int::bigint",
        known(&profile, &key)
    )
}

/// Counts those of them whose user has a profile, which spells the id in another way: texts only.
pub(super) fn spelled_otherwise(seen: &Seen, order: &Order) -> Option<String> {
    let (profile, key) = target(seen);
    let column = &order.column;
    (seen.place.family.as_deref() == Some("text")).then(|| {
        format!(
            "select count(*) from only {table} c where c.{column} is not null and not exists (\
             select from {profile} p where p.{key}::text = c.{column}::text collate pg_catalog.\"C\") \
             and exists (select from {profile} p where p.{key}::text = ({user})::text)",
            table = order.table,
            user = uuid_of(&format!("c.{column}::text")).join(" "),
        )
    })
}

/// Writes the ids as the profiles do, where no value is anything else.
pub(super) fn respell(seen: &Seen, order: &Order) -> String {
    let (profile, key) = target(seen);
    let (table, column) = (&order.table, &order.column);
    format!(
        "update {table} set {column} = btrim({column}, e' \\t\\n\\r\\f\\v')::uuid::text \
         where {column} is not null and not exists (\
         select from {profile} p where p.{key} = {table}.{column})"
    )
}

pub(super) fn build_index(order: &Order, names: &Names) -> String {
    format!(
        "create index concurrently {} on {} ({})",
        identifier(&names.index),
        order.table,
        order.column
    )
}

pub(super) fn drop_index(order: &Order, index: &str) -> String {
    format!(
        "drop index concurrently {}.{}",
        order.table.schema,
        identifier(index)
    )
}

pub(super) fn validate(order: &Order, key: &str) -> String {
    format!(
        "alter table {} validate constraint {}",
        order.table,
        identifier(key)
    )
}
