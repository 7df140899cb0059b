//! The profile's columns: that they exist, can be filled, and are.

use super::{Column, Source, casts, check::Checker, rights, table};
use crate::{
    catalog::{CatalogColumn, Filled, Relation},
    names::Name,
    toml_text,
};

/// The dotted path of a column's entry.
pub(super) fn path(name: &Name) -> String {
    format!("profile.columns.{}", toml_text::key(name.text()))
}

/// The columns that are filled; refuses what cannot be, and what is left out but must not be.
pub(super) fn check<'a>(checker: &mut Checker<'a>, relation: &'a Relation) -> Vec<Column> {
    let profile = &checker.config.profile;
    let mut columns = Vec::new();
    for (name, sources) in &profile.columns {
        let key = path(name);
        if *name == profile.key {
            let what = format!("{name} is the key, which always holds the user's id");
            checker.refuse(key, what, "take the line out");
            continue;
        }
        let Some(column) = checker.column(&key, &profile.table, relation, name) else {
            continue;
        };
        check_column(checker, &key, column, sources);
        columns.push(Column {
            name: name.clone(),
            sql_type: column.sql_type.clone(),
            sources: sources.clone(),
            default: column.default.clone(),
            not_null: column.not_null,
        });
    }
    check_unfilled(checker, relation);
    check_keep(checker);
    check_allowed(checker);
    columns
}

fn check_column(checker: &mut Checker<'_>, key: &str, column: &CatalogColumn, sources: &[Source]) {
    if column.filled == Filled::ByDatabase {
        let what = format!("the database generates {} always", column.name);
        checker.refuse(key, what, "take the line out");
        return;
    }
    for source in sources {
        if let Some(misfit) = casts::misfit(source, column) {
            checker.refuse(key, misfit.what, misfit.mend);
        }
    }
    let from_user = sources
        .iter()
        .any(|source| matches!(source, Source::Meta(_)));
    let allowed = checker
        .config
        .profile
        .allow_user_controlled
        .contains(&column.name);
    if from_user
        && !allowed
        && let Some(word) = rights::word(column.name.text())
    {
        let what = format!(
            "the name speaks of rights (\"{word}\"), and users write raw_user_meta_data themselves"
        );
        let mend = format!(
            "use app_meta.… instead, or list {} in profile.allow_user_controlled",
            toml_text::string(column.name.text())
        );
        checker.refuse(key, what, mend);
    }
}

/// Refuses columns that need a value and get none.
fn check_unfilled(checker: &mut Checker<'_>, relation: &Relation) {
    let profile = &checker.config.profile;
    let key_is_known = relation.column(&profile.key).is_some();
    for column in relation
        .columns
        .iter()
        .filter(|column| column.needs_source())
    {
        let name = &column.name;
        // Whatever is wrong with these is said of them elsewhere.
        let is_key = *name == profile.key
            || !key_is_known && relation.unique.contains(name) && table::holds_user_id(column);
        let is_stamp = profile
            .removal
            .as_ref()
            .is_some_and(|it| it.soft_delete == *name);
        if !is_key && !is_stamp && !profile.columns.iter().any(|(mapped, _)| mapped == name) {
            let what = format!("{name} is not null and has no default, and nothing fills it");
            let mend = format!(
                "give it a source under [profile.columns], as in {} = {}, or give it a default \
                 in the database",
                toml_text::key(name.text()),
                casts::example(column)
            );
            checker.refuse(path(name), what, mend);
        }
    }
}

fn check_keep(checker: &mut Checker<'_>) {
    let profile = &checker.config.profile;
    for (index, name) in profile.keep.iter().enumerate() {
        if !profile.columns.iter().any(|(mapped, _)| mapped == name) {
            let what = format!("{name} has no source to be kept up to date with");
            let mend = "name a column of [profile.columns], or take it out";
            checker.refuse(format!("profile.keep.columns[{index}]"), what, mend);
        }
    }
}

fn check_allowed(checker: &mut Checker<'_>) {
    let profile = &checker.config.profile;
    for (index, name) in profile.allow_user_controlled.iter().enumerate() {
        if !profile.columns.iter().any(|(mapped, _)| mapped == name) {
            let what = format!("{name} is no column of [profile.columns]");
            let key = format!("profile.allow_user_controlled[{index}]");
            checker.refuse(
                key,
                what,
                "take it out: it would allow what nobody has looked at",
            );
        }
    }
}
