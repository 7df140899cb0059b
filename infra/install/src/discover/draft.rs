//! The text of a first `rollcall.toml`.

use std::fmt::Write as _;

use super::{
    Candidate,
    guess::{self, Guess},
    surroundings,
};
use crate::{
    catalog::{AuthTrigger, Catalog, CatalogColumn, Relation},
    mapping::{Kind, example, fate},
    names::{Name, Qualified},
    objects::Object,
    toml_text,
};

/// Writes the whole file.
pub(super) fn write(catalog: &Catalog, chosen: &Candidate) -> String {
    let Some(relation) = catalog.relations.get(&chosen.table) else {
        return String::new();
    };
    let stamp = stamp(catalog, chosen, relation);
    let columns = guess_columns(chosen, relation, stamp);
    let mut text = String::from(
        "# How an auth user becomes a profile. Drafted by `rollcall init` from what is in the\n\
         # database; review it, then run `rollcall sql`.\n",
    );
    text.push_str(&profile(chosen));
    text.push_str(&columns_part(chosen, relation, stamp, &columns));
    text.push_str(&keep(&columns));
    if let Some(stamp) = stamp {
        text.push_str(&removal(relation, stamp, &columns));
    }
    text.push_str(&eligible(&columns));
    text.push_str(&trigger(catalog, chosen));
    text.push_str(&references(catalog, chosen));
    text
}

type Guesses<'a> = Vec<(&'a CatalogColumn, Guess)>;

fn guess_columns<'a>(
    chosen: &Candidate,
    relation: &'a Relation,
    stamp: Option<&CatalogColumn>,
) -> Guesses<'a> {
    let others = relation.columns.iter().filter(|column| {
        column.name != chosen.key && stamp.is_none_or(|stamp| stamp.name != column.name)
    });
    let has_email = others
        .clone()
        .any(|column| guess::source(column, false).is_some_and(|g| g.spelled == "\"email\""));
    others
        .filter_map(|column| Some((column, guess::source(column, has_email)?)))
        .collect()
}

/// The column to stamp, where the row outlives the auth user.
fn stamp<'a>(
    catalog: &Catalog,
    chosen: &Candidate,
    relation: &'a Relation,
) -> Option<&'a CatalogColumn> {
    let outlives = fate(catalog, &chosen.table, &chosen.key).is_none();
    relation
        .columns
        .iter()
        .find(|column| outlives && column.name != chosen.key && guess::is_stamp(column))
}

fn quoted(name: &Name) -> String {
    toml_text::string(name.text())
}

/// A name in a comment: as it is, unless a comment cannot hold it.
fn in_comment(name: &str) -> String {
    let quoted = toml_text::string(name);
    if quoted.len() == name.len() + 2 {
        name.to_owned()
    } else {
        quoted
    }
}

fn listed<'a>(names: impl IntoIterator<Item = &'a Name>) -> String {
    names.into_iter().map(quoted).collect::<Vec<_>>().join(", ")
}

fn profile(chosen: &Candidate) -> String {
    format!(
        "\n[profile]\ntable = {}\nkey = {}\n",
        toml_text::string(&chosen.table.text()),
        quoted(&chosen.key)
    )
}

fn columns_part(
    chosen: &Candidate,
    relation: &Relation,
    stamp: Option<&CatalogColumn>,
    columns: &Guesses<'_>,
) -> String {
    let mut text = String::from("\n[profile.columns]\n");
    for (column, guess) in columns {
        if column.needs_source() && !guess.is_certain {
            text.push_str("# Not null: a user who has nothing of this gets no profile.\n");
        }
        let _ = writeln!(
            text,
            "{} = {}",
            toml_text::key(column.name.text()),
            guess.spelled
        );
    }
    let rest = || {
        relation.columns.iter().filter(|column| {
            column.name != chosen.key
                && stamp.is_none_or(|stamp| stamp.name != column.name)
                && !columns
                    .iter()
                    .any(|(guessed, _)| guessed.name == column.name)
        })
    };
    for column in rest().filter(|column| column.needs_source()) {
        let _ = writeln!(
            text,
            "# {} = {}   # not null and without default: it needs a source",
            toml_text::key(column.name.text()),
            example(column)
        );
    }
    let left: Vec<&Name> = rest()
        .filter(|column| !column.needs_source())
        .map(|column| &column.name)
        .collect();
    if !left.is_empty() {
        text.push_str("# Left to the application and to their defaults:\n");
        for line in left.chunks(6) {
            let _ = writeln!(text, "#   {}", listed(line.iter().copied()));
        }
    }
    text
}

fn keep(columns: &Guesses<'_>) -> String {
    let kept = columns
        .iter()
        .filter(|(_, guess)| guess.is_kept)
        .map(|(column, _)| &column.name);
    let kept = listed(kept);
    if kept.is_empty() {
        return String::new();
    }
    format!(
        "\n# Columns that follow the auth user when it changes. Without this, a profile is the\n\
         # application's once it is there.\n\
         # [profile.keep]\n\
         # columns = [{kept}]\n"
    )
}

fn removal(relation: &Relation, stamp: &CatalogColumn, columns: &Guesses<'_>) -> String {
    let released = columns
        .iter()
        .map(|(column, _)| *column)
        .filter(|column| {
            let is_address = column.sql_type.kind == Kind::Text;
            is_address && !column.not_null && relation.unique.contains(&column.name)
        })
        .map(|column| &column.name);
    let released = listed(released);
    let mut text = format!(
        "\n# The profile of a user who is gone stays, and is stamped.\n\
         [profile.removal]\nsoft_delete = {}\n",
        quoted(&stamp.name)
    );
    if !released.is_empty() {
        let _ = writeln!(
            text,
            "release = [{released}]   # so that whoever signs up again can have it"
        );
    }
    text
}

fn eligible(columns: &Guesses<'_>) -> String {
    let missing = columns
        .iter()
        .find(|(column, guess)| column.needs_source() && !guess.is_certain);
    match missing {
        Some((column, _)) => format!(
            "\n[eligible]\nanonymous = false   # {} is not null, and anonymous users have none\n",
            in_comment(column.name.text())
        ),
        None => "\n[eligible]\nanonymous = true\n".to_owned(),
    }
}

fn trigger(catalog: &Catalog, chosen: &Candidate) -> String {
    let triggers = surroundings::find_triggers(catalog, &chosen.table);
    match triggers.split_first() {
        Some((first, others)) => watch(first, others),
        None => create(catalog),
    }
}

fn watch(trigger: &AuthTrigger, others: &[&AuthTrigger]) -> String {
    let mut text = String::from(
        "\n# The application has a trigger of its own. It stays as it is; Rollcall checks what it\n\
         # does and heals what it misses. With mode = \"create\" and adopt = true Rollcall's trigger\n\
         # takes its place, and `rollcall sql --uninstall` brings it back.\n",
    );
    if !others.is_empty() {
        let names = listed(others.iter().map(|trigger| &trigger.name));
        let _ = writeln!(text, "# Other triggers fire at a signup, too: {names}");
    }
    let _ = write!(
        text,
        "[trigger]\nmode = \"watch\"\nname = {}\nfunction = {}\n",
        quoted(&trigger.name),
        toml_text::string(&trigger.function.text())
    );
    text
}

fn create(catalog: &Catalog) -> String {
    let mut text = String::from(
        "\n[trigger]\nmode = \"create\"\n\
         name = \"on_auth_user_created\"\nfunction = \"public.handle_new_user\"\n",
    );
    let left_behind = Qualified::parse("public.handle_new_user").is_ok_and(|function| {
        catalog
            .functions
            .get(&function)
            .is_some_and(|found| found.takes_nothing)
            && !catalog.rollcall.made(&Object::Function(function))
    });
    if left_behind {
        text.push_str("adopt = true   # the function is there, but no trigger calls it any more\n");
    }
    text
}

fn references(catalog: &Catalog, chosen: &Candidate) -> String {
    let children = surroundings::find_children(catalog, &chosen.table, &chosen.key);
    if children.is_empty() {
        return String::new();
    }
    let mut text = String::from(
        "\n# Child tables whose rows name a user. The check counts those whose user has no profile.\n",
    );
    for (index, child) in children.iter().enumerate() {
        if index > 0 {
            text.push('\n');
        }
        let how = match child.target {
            Some(target) => format!("refers to {}", in_comment(&target.text())),
            None => "by its name".to_owned(),
        };
        let _ = write!(
            text,
            "[[references]]\ntable = {}\ncolumn = {}   # {how}\n",
            toml_text::string(&child.table.text()),
            quoted(child.column)
        );
    }
    text
}
