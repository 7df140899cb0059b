//! The statements that write profiles.

use crate::{
    mapping::{Column, Kind, Mapping, Source},
    names::{Name, literal},
    render::{
        expression::{as_key, for_user},
        layout::{comma_separated, indented, row_is_distinct, wrapped},
        template::Values,
    },
};

/// Sets the statements of the functions that write.
pub(super) fn set(values: &mut Values, mapping: &Mapping) {
    let every = mapping.columns.iter().collect::<Vec<_>>();
    let of_batch = insert(mapping, &every, &all_in_batch(mapping), 1);
    let of_new = insert(mapping, &every, &new_row(mapping), 1);
    values
        .set_lines("insert_of_batch", indented(of_batch, 1))
        .set_lines("insert_of_new", indented(of_new, 1))
        .set_lines("create", create(mapping))
        .set_lines("refresh", refresh(mapping))
        .set_lines("stamp", stamp(mapping))
        .set("removal_columns", removal_columns(mapping))
        .set_lines("removal_image", removal_image(mapping))
        .set_lines("profile_id", profile_id(mapping))
        .set("stamp_new", stamp_new(mapping))
        .set_lines("stamp_old", stamp_old(mapping));
}

/// The new row, unless it or the table needs more than an insert.
fn new_row(mapping: &Mapping) -> Vec<String> {
    let mut lines = [
        "from rollcall.wanted_from(new, new.raw_user_meta_data, new.raw_app_meta_data) w",
        "where not exists (select from rollcall.exclusions e where e.user_id = new.id)",
    ]
    .map(str::to_owned)
    .to_vec();
    let metadata = [
        (mapping.reads_user_metadata(), "raw_user_meta_data"),
        (mapping.reads_app_metadata(), "raw_app_meta_data"),
    ];
    for (is_read, column) in metadata {
        if is_read {
            lines.push(format!(
                "    and pg_catalog.jsonb_typeof(new.{column}) is distinct from 'string'"
            ));
        }
    }
    lines.push("    and rollcall.is_plain();".to_owned());
    lines
}

/// To a profile that is there.
fn gives_way(mapping: &Mapping) -> String {
    format!("on conflict ({}) do nothing", mapping.key.name)
}

fn all_in_batch(mapping: &Mapping) -> Vec<String> {
    vec![
        "from rollcall.wanted w".to_owned(),
        format!(
            "where w.{} = any (insert_profiles.users);",
            for_user(mapping)
        ),
    ]
}

fn one_in(mapping: &Mapping, function: &str) -> Vec<String> {
    vec![
        "from rollcall.wanted w".to_owned(),
        format!("where w.{} = {function}.the_user", for_user(mapping)),
    ]
}

fn insert(mapping: &Mapping, columns: &[&Column], source: &[String], depth: usize) -> Vec<String> {
    let names = names(mapping, columns);
    let wanted = names
        .iter()
        .map(|name| format!("w.{name}"))
        .collect::<Vec<_>>();
    let mut lines = wrapped(
        &format!("insert into {} (", mapping.table),
        &names,
        ")",
        depth,
    );
    lines.extend(wrapped("select ", &wanted, "", depth));
    lines.extend_from_slice(source);
    lines
}

/// The names of the key and of some columns.
fn names(mapping: &Mapping, columns: &[&Column]) -> Vec<String> {
    std::iter::once(&mapping.key.name)
        .chain(columns.iter().map(|column| &column.name))
        .map(Name::to_string)
        .collect()
}

/// The insert of everything, and the one without metadata if that is another.
fn create(mapping: &Mapping) -> Vec<String> {
    let source = one_in(mapping, "create_profile");
    let statement = |columns: Vec<&Column>, depth| {
        let mut lines = insert(mapping, &columns, &source, depth);
        lines.push(format!("{};", gives_way(mapping)));
        indented(lines, depth)
    };
    let full = mapping.columns.iter().collect();
    if !mapping.can_degrade() {
        return statement(full, 1);
    }
    let spared = mapping
        .columns
        .iter()
        .filter(|column| !column.may_degrade());
    let mut lines = vec!["    if degraded then".to_owned()];
    lines.extend(statement(spared.collect(), 2));
    lines.push("    else".to_owned());
    lines.extend(statement(full, 2));
    lines.push("    end if;".to_owned());
    lines
}

/// The refresh of everything, of everything but metadata, of the kept columns, and of those but
/// metadata: as many of the four as the mapping needs.
fn refresh(mapping: &Mapping) -> Vec<String> {
    // The time of writing is no property of the user: a refresh that changes nothing else stays
    // a refresh that changes nothing.
    let all = mapping
        .columns
        .iter()
        .filter(|column| !column.sources.contains(&Source::Now));
    let all = all.collect::<Vec<_>>();
    let kept = kept(mapping);
    let mut branches = vec![];
    if mapping.can_degrade() {
        branches.push(("everything and degraded", update(mapping, &all, true)));
    }
    branches.push(("everything", update(mapping, &all, false)));
    if kept.iter().any(|column| column.is_fed_by_metadata()) {
        let spared = kept
            .iter()
            .copied()
            .filter(|column| !column.is_fed_by_metadata());
        branches.push((
            "degraded",
            update(mapping, &spared.collect::<Vec<_>>(), false),
        ));
    }
    let mut lines = vec![];
    for (number, (condition, update)) in branches.into_iter().enumerate() {
        let word = if number == 0 { "if" } else { "elsif" };
        lines.push(format!("{word} {condition} then"));
        lines.extend(indented(update, 1));
    }
    lines.push("else".to_owned());
    lines.extend(indented(update(mapping, &kept, false), 1));
    lines.push("end if;".to_owned());
    lines.extend(
        [
            "if not found then",
            "    return false;",
            "end if;",
            "perform rollcall.check_deferred();",
            "return true;",
        ]
        .map(str::to_owned),
    );
    indented(lines, 1)
}

/// The columns that are compared to see whether a profile is up to date.
pub(super) fn kept(mapping: &Mapping) -> Vec<&Column> {
    let kept = mapping.columns.iter().filter(|column| {
        !column.sources.contains(&Source::Now) && mapping.keep.contains(&column.name)
    });
    kept.collect()
}

/// An update of a live profile, unless it has what is wanted. A degraded one puts what metadata
/// feeds back to its default.
fn update(mapping: &Mapping, columns: &[&Column], degraded: bool) -> Vec<String> {
    if columns.is_empty() {
        return vec!["return false;".to_owned()];
    }
    // A column that holds the time of the last write tells of this one, too.
    let touched = mapping.columns.iter().filter(|column| {
        column.sources.as_slice() == [Source::Now] && column.name.text().starts_with("updated")
    });
    let sets = columns.iter().copied().chain(touched).map(|column| {
        if degraded && column.may_degrade() {
            format!("{} = default", column.name)
        } else {
            format!("{0} = w.{0}", column.name)
        }
    });
    let mut lines = vec![format!("update {} p", mapping.table), "set".to_owned()];
    lines.extend(indented(comma_separated(&sets.collect::<Vec<_>>()), 1));
    lines.extend(one_in(mapping, "refresh_profile"));
    lines.push(format!("    and p.{0} = w.{0}", mapping.key.name));
    if mapping.removal.is_some() {
        lines.push(format!("    and {}", live(mapping)));
    }
    if !degraded {
        lines.extend(indented(differs("and ", columns), 1));
    }
    if let Some(last) = lines.last_mut() {
        last.push(';');
    }
    lines
}

/// Whether present and wanted values differ. `json` has no equality, so it is compared as
/// `jsonb`.
pub(super) fn differs(before: &str, columns: &[&Column]) -> Vec<String> {
    let side = |row: &str| {
        columns
            .iter()
            .map(|column| match column.sql_type.kind {
                Kind::Json if column.sql_type.name != "jsonb" => {
                    format!("{row}.{}::pg_catalog.jsonb", column.name)
                }
                _ => format!("{row}.{}", column.name),
            })
            .collect::<Vec<_>>()
    };
    row_is_distinct(before, &side("p"), &side("w"), 3)
}

fn stamp(mapping: &Mapping) -> Vec<String> {
    let key = as_key(mapping, "stamp_profile.the_user");
    let (table, key_name) = (&mapping.table, &mapping.key.name);
    let mut lines = vec![];
    let outcome = match &mapping.removal {
        None => "left_alone",
        Some(removal) => {
            let value = match removal.sql_type.kind {
                Kind::Boolean => "true",
                Kind::Timestamp => "now() at time zone 'UTC'",
                Kind::Date => "(now() at time zone 'UTC')::pg_catalog.date",
                _ => "now()",
            };
            let sets = std::iter::once(format!("{} = {value}", removal.soft_delete))
                .chain(removal.release.iter().map(|name| format!("{name} = null")))
                .collect::<Vec<_>>();
            lines.extend([format!("update {table} p"), "set".to_owned()]);
            lines.extend(indented(comma_separated(&sets), 1));
            lines.push(format!("where p.{key_name} = {key} and {};", live(mapping)));
            lines.extend(
                [
                    "if found then",
                    "    perform rollcall.check_deferred();",
                    "    return 'removed';",
                    "end if;",
                ]
                .map(str::to_owned),
            );
            lines.extend([
                "if exists (".to_owned(),
                format!("    select from {table} p"),
                format!("    where p.{key_name} = {key} and {}", live(mapping)),
                ") then".to_owned(),
                "    -- A trigger of the application's kept it as it was.".to_owned(),
                "    raise exception 'the profile table took no stamp and gave no reason'"
                    .to_owned(),
                "        using errcode = 'RC001';".to_owned(),
                "end if;".to_owned(),
            ]);
            "removed"
        }
    };
    lines.extend([
        format!("if exists (select from {table} p where p.{key_name} = {key}) then"),
        format!("    return '{outcome}';"),
        "end if;".to_owned(),
        "return null;".to_owned(),
    ]);
    indented(lines, 1)
}

/// The columns that a stamp writes: the one that is stamped, and those that are set free.
fn stamped(mapping: &Mapping) -> Vec<&Name> {
    let removal = mapping.removal.iter();
    removal
        .flat_map(|removal| std::iter::once(&removal.soft_delete).chain(&removal.release))
        .collect()
}

fn removal_columns(mapping: &Mapping) -> String {
    let names = stamped(mapping);
    let names = names.iter().map(|name| literal(name.text()));
    format!(
        "array[{}]::pg_catalog.text[]",
        names.collect::<Vec<_>>().join(", ")
    )
}

/// What is in them, as each type writes it: its cast to `text` may leave something out.
fn removal_image(mapping: &Mapping) -> Vec<String> {
    let mut lines = vec!["array[".to_owned()];
    let columns = stamped(mapping);
    for (number, name) in columns.iter().enumerate() {
        let comma = if number + 1 < columns.len() { "," } else { "" };
        lines.extend([
            format!("    case when pg_catalog.num_nulls(p.{name}) = 0"),
            format!("        then pg_catalog.format('%s', p.{name}) end{comma}"),
        ]);
    }
    lines.push("]::pg_catalog.text[]".to_owned());
    lines
}

/// The user's id that a profile's key holds; null if it is none.
fn profile_id(mapping: &Mapping) -> Vec<String> {
    let key = &mapping.key.name;
    if !mapping.key.is_text() {
        return vec![format!("p.{key} as user_id,")];
    }
    let hex = "'^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'";
    vec![
        "case".to_owned(),
        format!("    when p.{key} ~ {hex}"),
        format!("        then p.{key}::pg_catalog.uuid"),
        "end as user_id,".to_owned(),
    ]
}

/// What the update trigger does with the profile of a user who is gone.
fn stamp_new(mapping: &Mapping) -> &'static str {
    if mapping.removal.is_some() {
        "perform rollcall.stamp_profile(new.id);"
    } else {
        "null; -- No soft_delete is configured: the profile is left alone."
    }
}

/// What the delete trigger does with it.
fn stamp_old(mapping: &Mapping) -> Vec<String> {
    if mapping.removal.is_some() {
        let stamp = include_str!("../../sql/stamp_deleted.sql");
        stamp.lines().map(str::to_owned).collect()
    } else {
        vec!["-- No soft_delete is configured: the profile is left alone.".to_owned()]
    }
}

/// Whether a row of the profile table is retired, if it can be.
pub(super) fn retired(mapping: &Mapping) -> Option<String> {
    let removal = mapping.removal.as_ref()?;
    Some(match removal.sql_type.kind {
        Kind::Boolean => format!("p.{}", removal.soft_delete),
        _ => format!("p.{} is not null", removal.soft_delete),
    })
}

/// Whether a row of the profile table is live.
pub(super) fn live(mapping: &Mapping) -> String {
    match &mapping.removal {
        None => "true".to_owned(),
        Some(removal) if removal.sql_type.kind == Kind::Boolean => {
            format!("p.{} is not true", removal.soft_delete)
        }
        Some(removal) => format!("p.{} is null", removal.soft_delete),
    }
}
