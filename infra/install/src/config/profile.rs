//! The `[profile]` part.

use std::collections::BTreeSet;

use super::{
    Profile, Removal,
    reader::{Item, Reader, Table},
    source,
};
use crate::{mapping::Source, names::Name};

/// Reads `[profile]`; nothing if what it cannot do without is missing.
pub(super) fn read<'a>(reader: &mut Reader<'a>, root: &mut Table<'a>) -> Option<Profile> {
    let Some(item) = root.take("profile") else {
        let mend = "write [profile] with table = \"schema.name\", or let `rollcall init` write it";
        reader.refuse_missing("profile", mend);
        return None;
    };
    let mut part = reader.table(&item)?;
    let table = part.take("table").map(|item| reader.qualified(&item));
    if table.is_none() {
        reader.refuse_missing("profile.table", "name the profile table as \"schema.name\"");
    }
    let key = match part.take("key") {
        Some(item) => reader.name(&item),
        None => Name::new("id").ok(),
    };
    let columns = part
        .take("columns")
        .map(|item| columns(reader, &item))
        .unwrap_or_default();
    let keep = part
        .take("keep")
        .map(|item| keep(reader, &item))
        .unwrap_or_default();
    let removal = part.take("removal").and_then(|item| removal(reader, &item));
    let allow_user_controlled = part
        .take("allow_user_controlled")
        .map(|item| names(reader, &item))
        .unwrap_or_default();
    reader.refuse_rest(part);
    Some(Profile {
        table: table??,
        key: key?,
        columns,
        keep,
        removal,
        allow_user_controlled,
    })
}

fn columns<'a>(reader: &mut Reader<'a>, item: &Item<'a>) -> Vec<(Name, Vec<Source>)> {
    let Some(mut table) = reader.table(item) else {
        return Vec::new();
    };
    let mut columns = Vec::new();
    for (name, item) in table.take_all() {
        let name = reader.take_name(&item.key, &name, Name::new(&*name));
        if let (Some(name), Some(sources)) = (name, source::read(reader, &item)) {
            columns.push((name, sources));
        }
    }
    columns
}

fn keep<'a>(reader: &mut Reader<'a>, item: &Item<'a>) -> Vec<Name> {
    let Some(mut table) = reader.table(item) else {
        return Vec::new();
    };
    let columns = table
        .take("columns")
        .map(|item| names(reader, &item))
        .unwrap_or_default();
    reader.refuse_rest(table);
    columns
}

fn removal<'a>(reader: &mut Reader<'a>, item: &Item<'a>) -> Option<Removal> {
    let mut table = reader.table(item)?;
    let soft_delete = table.take("soft_delete").map(|item| reader.name(&item));
    let release = table
        .take("release")
        .map(|item| names(reader, &item))
        .unwrap_or_default();
    reader.refuse_rest(table);
    if soft_delete.is_none() && !release.is_empty() {
        let mend = "name the column that is stamped, or leave out [profile.removal]";
        reader.refuse_missing("profile.removal.soft_delete", mend);
    }
    Some(Removal {
        soft_delete: soft_delete??,
        release,
    })
}

/// A list of column names, each only once.
fn names<'a>(reader: &mut Reader<'a>, item: &Item<'a>) -> Vec<Name> {
    let mut seen = BTreeSet::new();
    let mut names = Vec::new();
    for item in reader.list(item) {
        let Some(name) = reader.name(&item) else {
            continue;
        };
        if seen.insert(name.clone()) {
            names.push(name);
        } else {
            let what = format!("the column {name} is named twice");
            reader.refuse(&item.key, what, "name it once");
        }
    }
    names
}
