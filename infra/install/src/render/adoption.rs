//! What an installation meets: what it expects of the profile table, and what stands in its way.

use std::collections::BTreeSet;

use crate::{
    mapping::{Mapping, Mode, Trigger},
    names::literal,
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
    let expected = expected(mapping);
    if expected.is_empty() {
        return vec![];
    }
    list("and i.object not in (", &expected, ")", 3)
}

/// The triggers of this configuration and their functions, as `rollcall.installed` has them.
fn expected(mapping: &Mapping) -> Vec<String> {
    let Trigger {
        mode,
        name,
        function,
        ..
    } = &mapping.trigger;
    let mut functions = vec![];
    let mut triggers = vec![];
    if *mode == Mode::Create {
        functions.push(Object::Function(function.clone()).to_string());
        triggers.push(Object::Trigger(name.clone()).to_string());
    }
    for (name, function, maker) in OTHER_TRIGGERS {
        if maker.is_asked(*mode, mapping.webhook.is_some()) {
            functions.push(format!("function {function}"));
            triggers.push(format!("trigger {name}"));
        }
    }
    functions
        .iter()
        .chain(&triggers)
        .map(|object| literal(object))
        .collect()
}
