//! Foreign keys to users, and columns that name a user without one. Only the catalog is asked.

use rollcall_install::{
    catalog::{Catalog, ForeignKey, OnDelete},
    discover,
    names::Qualified,
};

use super::{
    finding::{Finding, State},
    profiles::Profiles,
};

/// What refers to the auth users and to their profiles.
pub(super) fn look(catalog: &Catalog, profiles: &Profiles) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (table, relation) in &catalog.relations {
        if !discover::is_of_application(table, relation) {
            continue;
        }
        let to_users = relation
            .foreign_keys
            .iter()
            .filter(|key| key.target == profiles.table || key.target.text() == "auth.users");
        findings.extend(to_users.map(|key| foreign_key(table, key, profiles)));
    }
    let children = discover::find_children(catalog, &profiles.table, &profiles.key);
    findings.extend(
        children
            .iter()
            .filter(|child| child.target.is_none())
            .map(|child| {
                let sentence = format!(
                    "{}.{} names users, and no foreign key keeps its rows to those who exist; how \
                     many name nobody: `rollcall repair references survey`",
                    child.table, child.column
                );
                Finding::told("child column", sentence)
            }),
    );
    findings
}

fn foreign_key(table: &Qualified, key: &ForeignKey, profiles: &Profiles) -> Finding {
    let whom = if key.target == profiles.table {
        "a profile"
    } else {
        "an auth user"
    };
    let is_own = *table == profiles.table && key.column == profiles.key;
    let fate = match key.on_delete {
        OnDelete::Refuse if is_own => {
            "keeps every auth user who has a profile from being deleted".into()
        }
        OnDelete::Refuse => format!("keeps {whom} that is referred to from being deleted"),
        OnDelete::Cascade => format!("deletes the rows of {whom} that is deleted"),
        OnDelete::SetNull => format!("clears the column when {whom} is deleted"),
        OnDelete::SetDefault => format!("sets the column to its default when {whom} is deleted"),
    };
    let (state, doubt) = if key.is_validated {
        (State::Told, String::new())
    } else {
        let mend = format!("alter table {table} validate constraint {}", key.name);
        let doubt =
            format!("; it is not valid: older rows may name nobody, as `{mend}` would tell");
        (State::Found, doubt)
    };
    let sentence = format!(
        "{table}.{} refers to {}: {} {fate}{doubt}",
        key.column, key.target, key.name
    );
    Finding::new("foreign key", state, sentence)
}
