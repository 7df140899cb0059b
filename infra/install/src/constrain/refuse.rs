//! What is refused, with what to do instead, from what the catalog says.

use super::{
    OnDelete, Order, Stop,
    decide::{identifier, target},
    look::Seen,
};
use crate::shell;

/// Refuses what would not be right.
pub(super) fn refuse(seen: &Seen, order: &Order) -> Result<(), Stop> {
    named(seen, order)?;
    kind(seen, order)?;
    rights(seen, order)?;
    types(seen, order)?;
    keys(seen, order)
}

/// Who is building an index that would serve, while none does.
pub(super) fn being_built(seen: &Seen) -> Option<String> {
    if seen.serving_index().is_some() {
        return None;
    }
    seen.indexes.iter().find_map(|index| {
        let pid = index.builder?;
        Some(format!(
            "{} is being built by process {pid}; run the same command again when it is done, or end \
             that process first",
            index.name
        ))
    })
}

/// A key would refuse every row of an application that keeps other ids there.
pub(super) fn names_nobody(seen: &Seen, order: &Order) -> String {
    let (table, column) = (order.table.text(), order.column.text());
    format!(
        "none of the values of {table}.{column} is a user's id, so a foreign key to {} might refuse \
         whatever the application writes there; nothing was changed. If they are users' ids whose users \
         are lost, add {} to rollcall.toml under [[references]], apply the output of `rollcall sql` again, \
         then run this same command again",
        seen.place.profile,
        match &seen.place.whole {
            Some(whole) => format!("{whole}.{column}"),
            None => "the column".to_owned(),
        }
    )
}

/// What was named has to be there.
fn named(seen: &Seen, order: &Order) -> Result<(), Stop> {
    let table = order.table.text();
    if seen.place.relation.is_none() {
        return Err(Stop::Usage(format!(
            "there is no table {table}; name it as \"schema.name\", spelled as in the database"
        )));
    }
    if seen.place.number.is_none() {
        return Err(Stop::Usage(format!(
            "{table} has no column {}; spell it as in the database",
            order.column.text()
        )));
    }
    if seen.place.is_key == Some(true) {
        return Err(Stop::Usage(format!(
            "{table}.{} is the profiles' own key; name a column that refers to it",
            order.column.text()
        )));
    }
    Ok(())
}

/// Only a table of rows of its own can be constrained.
fn kind(seen: &Seen, order: &Order) -> Result<(), Stop> {
    let table = order.table.text();
    let kind = match seen.place.kind.as_deref() {
        Some("r") => return Ok(()),
        Some("p") if seen.is_whole() => return Ok(()),
        Some("p") => return Err(Stop::Refused(partitioned(seen, order))),
        Some("v" | "m") => "a view",
        Some("f") => "a foreign table",
        _ => "no table",
    };
    Err(Stop::Usage(format!(
        "{table} is {kind}, which has no foreign keys; name the table that the rows are in"
    )))
}

/// A key of a partitioned table is valid from the start, and so would look at every row under the
/// lock. One that all partitions have already is taken over without a look.
fn partitioned(seen: &Seen, order: &Order) -> String {
    let column = shell::word(order.column.text());
    let key = seen.key();
    let leaves = match key {
        Some(key) if key.is_valid => &seen.place.unserved,
        _ => &seen.place.leaves,
    };
    let leaves = leaves.iter().map(|leaf| {
        format!(
            "rollcall repair references constrain --table {} --column {column}",
            shell::word(leaf)
        )
    });
    let rule = order.on_delete.unwrap_or(OnDelete::NoAction);
    let rule = match order.on_delete {
        None => String::new(),
        Some(_) => format!(" --on-delete {}", rule.word()),
    };
    let commands: Vec<String> = leaves.map(|command| format!("`{command}{rule}`")).collect();
    if let Some(key) = key {
        let rest = if key.is_valid {
            "no index finds the rows of some partitions".to_owned()
        } else {
            format!(
                "it is not valid: the last of all, `alter table {} validate constraint {}` makes it so",
                order.table,
                identifier(&key.name)
            )
        };
        return format!(
            "{} is partitioned; its foreign key {} is there, and {rest}; constrain these: {}",
            order.table.text(),
            key.name,
            commands.join(", ")
        );
    }
    let (profile, key) = target(seen);
    format!(
        "{} is partitioned, and its foreign key would look at every row while writers wait; \
         constrain each partition first: {}; then `set lock_timeout = '200ms'; alter table {} add \
         foreign key ({}) references {profile} ({key}) on delete {}` takes their keys over",
        order.table.text(),
        commands.join(", "),
        order.table,
        order.column,
        order.on_delete.unwrap_or(OnDelete::NoAction).sql(),
    )
}

fn rights(seen: &Seen, order: &Order) -> Result<(), Stop> {
    let place = &seen.place;
    if !place.is_owner {
        let owner = place.owner.as_deref().unwrap_or_default();
        return Err(Stop::Refused(format!(
            "{} belongs to {owner}, and only its owner can give it a foreign key; connect as {owner}",
            order.table.text()
        )));
    }
    if place.key_type.is_none() || !place.key_is_unique {
        return Err(Stop::Refused(format!(
            "{} has no unique index on {} alone that a foreign key could refer to; create one",
            place.profile, place.key
        )));
    }
    if !place.may_refer {
        let (profile, key) = target(seen);
        return Err(Stop::Refused(format!(
            "this role may not refer to {}; let its owner run `grant references ({key}) on \
             {profile} to {}`",
            place.profile,
            place.owner.as_deref().unwrap_or_default(),
        )));
    }
    Ok(())
}

fn types(seen: &Seen, order: &Order) -> Result<(), Stop> {
    let place = &seen.place;
    let column = format!("{}.{}", order.table.text(), order.column.text());
    if place.family.is_none() || place.family != place.key_family {
        let type_name = place.type_name.as_deref().unwrap_or_default();
        let key_type = place.key_type.as_deref().unwrap_or_default();
        return Err(Stop::Refused(format!(
            "{column} is {type_name}, and {}.{} is {key_type}; a foreign key needs the same type. {}",
            place.profile,
            place.key,
            new_type(seen, order, key_type),
        )));
    }
    if order.on_delete == Some(OnDelete::SetNull) && place.not_null {
        return Err(Stop::Refused(format!(
            "{column} is not null, so it cannot be set to null; choose another --on-delete"
        )));
    }
    Ok(())
}

/// How the column gets the key's type, if it can.
fn new_type(seen: &Seen, order: &Order, key_type: &str) -> String {
    let place = &seen.place;
    if place.family.is_none() || place.key_family.is_none() {
        let is_list = place
            .type_name
            .as_deref()
            .is_some_and(|name| name.ends_with("[]"));
        return if is_list {
            "No array has one: give each of its ids a row of a table of its own, and constrain that"
        } else {
            "Nothing makes the one out of the other: name a column that holds users' ids"
        }
        .to_owned();
    }
    let (drop_default, after) = match &place.its_default {
        Some(expression) => (
            format!("alter column {} drop default, ", order.column),
            format!("; its default was {expression}, set one again"),
        ),
        None => (String::new(), String::new()),
    };
    let before = if place.named_by.is_empty() {
        String::new()
    } else {
        format!(
            "First drop what names the column, to make it again afterwards: {}. ",
            place.named_by.join(", ")
        )
    };
    format!(
        "{before}`alter table {table} {drop_default}alter column {name} type {key_type} using \
         {name}::{key_type}` gives it that{after}: it writes the table anew, locks it against readers \
         and writers meanwhile, and fails at the first value that does not fit",
        table = order.table,
        name = order.column,
    )
}

fn keys(seen: &Seen, order: &Order) -> Result<(), Stop> {
    let table = &order.table;
    let Some(key) = seen.key() else {
        return match seen.keys.iter().find(|key| key.ties) {
            None => Ok(()),
            Some(other) => Err(Stop::Refused(format!(
                "the foreign key {} ties {} to {} already, in another way; if it is wrong, \
                 `alter table {table} drop constraint {}` makes room",
                other.name,
                order.column.text(),
                other.target,
                identifier(&other.name),
            ))),
        };
    };
    if !key.is_enforced {
        return Err(Stop::Refused(format!(
            "the foreign key {name} is not enforced; `alter table {table} drop constraint {}` makes \
             room for one that is",
            identifier(&key.name),
            name = key.name,
        )));
    }
    match order.on_delete {
        Some(wanted) if wanted.letter() != key.on_delete => Err(Stop::Refused(format!(
            "the foreign key {} is there with another rule than on delete {}; `alter table {table} \
             drop constraint {}` makes room",
            key.name,
            wanted.sql(),
            identifier(&key.name),
        ))),
        _ => Ok(()),
    }
}
