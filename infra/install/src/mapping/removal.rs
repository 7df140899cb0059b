//! What happens to the profile of a user who is gone.

use std::collections::BTreeSet;

use super::{Kind, Removal, check::Checker};
use crate::{
    catalog::{Catalog, CatalogColumn, Filled, OnDelete, Relation},
    names::{Name, Qualified},
};

const KEY: &str = "profile.removal.soft_delete";

/// The removal, if one is configured; nothing if it cannot be done.
#[expect(
    clippy::option_option,
    reason = "none configured and none possible are two things"
)]
pub(super) fn check<'a>(
    checker: &mut Checker<'a>,
    relation: &'a Relation,
) -> Option<Option<Removal>> {
    let profile = &checker.config.profile;
    let Some(removal) = &profile.removal else {
        return Some(None);
    };
    let before = checker.refusals.len();
    check_cascade(checker);
    for (index, name) in removal.release.iter().enumerate() {
        check_released(checker, relation, index, name);
    }
    let column = checker.column(KEY, &profile.table, relation, &removal.soft_delete)?;
    check_stamp(checker, column);
    (checker.refusals.len() == before).then(|| {
        Some(Removal {
            soft_delete: removal.soft_delete.clone(),
            sql_type: column.sql_type.clone(),
            release: removal.release.clone(),
        })
    })
}

/// Refuses a table whose rows do not outlive the auth user: nothing stamped would survive.
fn check_cascade(checker: &mut Checker<'_>) {
    let profile = &checker.config.profile;
    let Some(fate) = fate(checker.catalog, &profile.table, &profile.key) else {
        return;
    };
    let what = match fate.on_delete {
        OnDelete::Cascade => format!(
            "the foreign key {} deletes the row with the auth user, so nothing stamped would survive",
            fate.constraint
        ),
        _ => format!(
            "the foreign key {} clears {} when the auth user goes, so nobody could say whose row it was",
            fate.constraint, profile.key
        ),
    };
    let mend = "take out [profile.removal], or drop that foreign key";
    checker.refuse(KEY, what, mend);
}

/// A foreign key that does away with a profile when its auth user is deleted.
pub(crate) struct Fate {
    /// The constraint's name.
    pub(crate) constraint: Name,
    /// What it does.
    pub(crate) on_delete: OnDelete,
}

/// Follows cascading foreign keys from the key column to `auth.users`, over any tables between.
pub(crate) fn fate(catalog: &Catalog, table: &Qualified, key: &Name) -> Option<Fate> {
    let mut seen = BTreeSet::new();
    let mut open = vec![(table.clone(), key.clone(), None)];
    while let Some((table, column, first)) = open.pop() {
        if !seen.insert((table.clone(), column.clone())) {
            continue;
        }
        let Some(relation) = catalog.relations.get(&table) else {
            continue;
        };
        for foreign_key in relation
            .foreign_keys
            .iter()
            .filter(|key| key.column == column)
        {
            if foreign_key.on_delete == OnDelete::Refuse {
                continue;
            }
            let first: (Name, OnDelete) = first
                .clone()
                .unwrap_or_else(|| (foreign_key.name.clone(), foreign_key.on_delete));
            if foreign_key.target.text() == "auth.users" {
                return Some(Fate {
                    constraint: first.0,
                    on_delete: first.1,
                });
            }
            // Behind a table between, only a deletion goes on.
            let target = (
                foreign_key.target.clone(),
                foreign_key.target_column.clone(),
            );
            open.push((target.0, target.1, Some(first)));
        }
    }
    None
}

fn check_stamp(checker: &mut Checker<'_>, column: &CatalogColumn) {
    let profile = &checker.config.profile;
    let name = &column.name;
    if *name == profile.key {
        checker.refuse(
            KEY,
            format!("{name} is the key"),
            "name the column that is stamped",
        );
        return;
    }
    if profile.columns.iter().any(|(mapped, _)| mapped == name) {
        let what =
            format!("{name} is filled when the profile is made, so it would be born removed");
        checker.refuse(KEY, what, "take it out of [profile.columns]");
    }
    if column.filled != Filled::ByWriter {
        let what = format!("the database generates {name}");
        checker.refuse(KEY, what, "name a column that can be written");
    }
    match column.sql_type.kind {
        Kind::Boolean => {
            let born_removed = column.default.as_deref() == Some("true");
            if born_removed || column.needs_source() {
                let what = format!("{name} is not false when a profile is made");
                let table = &profile.table;
                let mend =
                    format!("run `alter table {table} alter column {name} set default false`");
                checker.refuse(KEY, what, mend);
            }
        }
        Kind::TimestampTz | Kind::Timestamp | Kind::Date => {
            if column.not_null || column.default.is_some() {
                let what = format!("{name} is never null, so every profile would count as removed");
                checker.refuse(
                    KEY,
                    what,
                    "name a column that is null as long as the profile lives",
                );
            }
        }
        _ => {
            let what = format!("{name} is {}", column.sql_type.name);
            checker.refuse(KEY, what, "name a timestamp, a date or a boolean");
        }
    }
}

fn check_released<'a>(
    checker: &mut Checker<'a>,
    relation: &'a Relation,
    index: usize,
    name: &Name,
) {
    let key = format!("profile.removal.release[{index}]");
    let profile = &checker.config.profile;
    let Some(column) = checker.column(&key, &profile.table, relation, name) else {
        return;
    };
    let is_stamp = profile
        .removal
        .as_ref()
        .is_some_and(|removal| removal.soft_delete == *name);
    let (what, mend) = if *name == profile.key || is_stamp {
        (
            "is needed to know the removed profile by",
            "take it out".to_owned(),
        )
    } else if column.filled != Filled::ByWriter {
        ("is generated by the database", "take it out".to_owned())
    } else if column.not_null {
        let table = &profile.table;
        let drop = format!("alter table {table} alter column {name} drop not null");
        ("is not null", format!("take it out, or run `{drop}`"))
    } else {
        return;
    };
    checker.refuse(
        key,
        format!("{name} {what}, so it cannot be set to null"),
        mend,
    );
}
