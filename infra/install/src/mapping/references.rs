//! The child tables that the check counts.

use super::{Child, Kind, check::Checker, table};

pub(super) fn check(checker: &mut Checker<'_>) -> Vec<Child> {
    let config = checker.config;
    let mut children = vec![];
    for (index, reference) in config.references.iter().enumerate() {
        let profile = &config.profile;
        let table_key = format!("references[{index}].table");
        let column_key = format!("references[{index}].column");
        let Some(relation) = checker.relation(&table_key, &reference.table) else {
            continue;
        };
        if let Some(kind) = table::no_table(relation.kind) {
            let what = format!("{} is a {kind}", reference.table);
            checker.refuse(table_key, what, "name the table that the rows are in");
            continue;
        }
        let found = checker.column(&column_key, &reference.table, relation, &reference.column);
        let Some(column) = found else { continue };
        if !matches!(column.sql_type.kind, Kind::Uuid | Kind::Text) {
            let what = format!(
                "{} is {}, which holds no user id",
                column.name,
                table::spell_type(column)
            );
            checker.refuse(
                column_key,
                what,
                "name a uuid or text column that holds a user id",
            );
        } else if reference.table == profile.table && reference.column == profile.key {
            let what = "this is the profile's own key";
            checker.refuse(column_key, what, "take this reference out");
        } else {
            children.push(Child {
                table: reference.table.clone(),
                column: reference.column.clone(),
                is_text: column.sql_type.kind == Kind::Text,
            });
        }
    }
    children
}
