//! What an installation meets: what it expects of the profile table, and what stands in its way.

use std::collections::BTreeSet;

use crate::{
    mapping::{Mapping, Mode},
    names::{Name, literal},
    objects::{OTHER_TRIGGERS, Object},
    render::{
        layout::{list, wrapped},
        template::{self, Values},
    },
};

/// Sets the names and words of the toolbox.
pub(super) fn set(values: &mut Values, mapping: &Mapping) {
    let function = &mapping.trigger.function;
    let restore = [
        format!(
            "alter function rollcall.displaced_function() set schema {}; ",
            function.schema
        ),
        format!(
            "alter function {}.displaced_function() rename to {}",
            function.schema, function.name
        ),
    ];
    let columns = std::iter::once(&mapping.key.name)
        .chain(mapping.columns.iter().map(|column| &column.name))
        .chain(mapping.removal.iter().map(|removal| &removal.soft_delete))
        .chain(mapping.removal.iter().flat_map(|removal| &removal.release));
    let mut seen = BTreeSet::new();
    let columns = columns
        .filter(|name| seen.insert(*name))
        .map(|name| literal(name.text()))
        .collect::<Vec<_>>();
    let message = format!("{} does not have any more: ", mapping.table);
    values
        .set(
            "displaced_function",
            format!("{}.displaced_function", function.schema),
        )
        .set("restore_schema", literal(&restore[0]))
        .set("restore_name", literal(&restore[1]))
        .set_lines("expected_columns", wrapped("array[", &columns, "]", 2))
        .set("missing_columns_message", literal(&message))
        .set_lines("and_unexpected", and_unexpected(mapping));
    let in_the_way = if mapping.trigger.adopt {
        include_str!("../../sql/adopt.sql")
    } else {
        include_str!("../../sql/refuse.sql")
    };
    let lines = template::fill(&[in_the_way], values);
    values.set_lines("in_the_way", lines.lines().map(str::to_owned).collect());
}

/// The condition that an object is none of this configuration's.
fn and_unexpected(mapping: &Mapping) -> Vec<String> {
    if mapping.trigger.mode == Mode::Watch {
        return vec![];
    }
    list("and i.object not in (", &expected(mapping), ")", 3)
}

/// The triggers of this configuration and their functions, as `rollcall.installed` has them.
fn expected(mapping: &Mapping) -> Vec<String> {
    let others = OTHER_TRIGGERS
        .iter()
        .filter_map(|name| Name::new(*name).ok());
    [
        Object::Function(mapping.trigger.function.clone()).to_string(),
        "function rollcall.on_user_deleted()".to_owned(),
        "function rollcall.on_user_updated()".to_owned(),
        Object::Trigger(mapping.trigger.name.clone()).to_string(),
    ]
    .into_iter()
    .chain(others.map(|name| Object::Trigger(name).to_string()))
    .map(|object| literal(&object))
    .collect()
}
