//! A profile table with hostile names, as SQL and as `rollcall.toml`.

use std::{collections::BTreeSet, fmt::Write as _};

use proptest::prelude::*;
use rollcall_install::objects::PUBLIC_FUNCTIONS;
use serde_json::json;

use super::text;

/// The names and literals of one profile table.
#[derive(Debug, Clone)]
pub(super) struct Case {
    pub(super) schema: String,
    pub(super) table: String,
    /// The columns' names, all different.
    pub(super) columns: [String; 8],
    pub(super) key_is_text: bool,
    /// An enum, and its only label.
    pub(super) type_name: String,
    pub(super) label: String,
    pub(super) trigger: String,
    pub(super) function: String,
    /// Keys of the metadata, all different.
    pub(super) metadata: [String; 3],
    pub(super) text: String,
    /// Whether the application has a trigger and a function of these names already.
    pub(super) adopt: bool,
}

/// What the columns are for, by number.
pub(super) const KEY: usize = 0;
pub(super) const EMAIL: usize = 1;
pub(super) const NAME: usize = 2;
pub(super) const AGE: usize = 3;
pub(super) const SAID: usize = 4;
pub(super) const JSON: usize = 5;
pub(super) const PICKED: usize = 6;
pub(super) const STAMP: usize = 7;

/// Any case.
pub(super) fn case() -> impl Strategy<Value = Case> {
    let columns = prop::collection::hash_set(text::name(), 8);
    let metadata = prop::collection::hash_set(text::without_dot(), 3);
    let function = text::name().prop_map(|name| name.replace("()", "[]"));
    let names = (
        text::without_dot(),
        text::name(),
        text::name(),
        text::name(),
        function,
    );
    (
        names,
        columns,
        metadata,
        any::<(bool, bool)>(),
        text::name(),
        text::text(),
    )
        .prop_map(
            |(names, columns, metadata, (key_is_text, adopt), label, text)| {
                let (schema, table, type_name, trigger, function) = names;
                let ordered = |set: std::collections::HashSet<String>| {
                    // The order of a hash set is another each time, and a case has to come again.
                    set.into_iter()
                        .collect::<BTreeSet<_>>()
                        .into_iter()
                        .collect::<Vec<_>>()
                };
                Case {
                    schema: format!("s{}", &schema[..schema.floor_char_boundary(62)]),
                    // A table is a type, too.
                    type_name: if type_name == table {
                        "another".to_owned()
                    } else {
                        type_name
                    },
                    table,
                    columns: ordered(columns).try_into().expect("eight"),
                    key_is_text,
                    label,
                    trigger,
                    function,
                    metadata: ordered(metadata).try_into().expect("three"),
                    text,
                    adopt,
                }
            },
        )
}

/// Names that were taken for something else.
pub(super) fn mistaken_once() -> Vec<Case> {
    let plain = |columns: [&str; 8]| Case {
        schema: "app".to_owned(),
        table: "profile".to_owned(),
        columns: columns.map(str::to_owned),
        key_is_text: true,
        type_name: "mood".to_owned(),
        label: "fine".to_owned(),
        trigger: "on_auth_user_created".to_owned(),
        function: "handle_new_user".to_owned(),
        metadata: ["name", "of", "age"].map(str::to_owned),
        text: "text".to_owned(),
        adopt: false,
    };
    vec![
        plain([
            "the_user", "version", "u", "reason", "spare", "state", "for_user", "outcome",
        ]),
        plain([
            "u",
            "the_user",
            "everything",
            "left_out",
            "new",
            "old",
            "p",
            "w",
        ]),
        plain([
            "batch",
            "made",
            "user_id",
            "m",
            "profile_key",
            "degraded",
            "own",
            "is_live",
        ]),
        Case {
            schema: "$ddl$\r\n\\q".to_owned(),
            table: "a\r\nb\u{202e}".to_owned(),
            adopt: true,
            ..plain(["\r", "\n", "\t", "\u{1}", "\u{7f}", "\u{feff}", "\\", "\""])
        },
    ]
}

/// A name in quotes, by other means than the code that is tested.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text in quotes, by other means than the code that is tested.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A TOML string.
fn toml(text: &str) -> String {
    let mut toml = String::from('"');
    for c in text.chars() {
        if c.is_ascii_alphanumeric() || c == ' ' {
            toml.push(c);
        } else {
            write!(toml, "\\U{:08X}", u32::from(c)).unwrap();
        }
    }
    toml + "\""
}

impl Case {
    /// A column, quoted.
    pub(super) fn column(&self, number: usize) -> String {
        quoted(&self.columns[number])
    }

    /// The table, quoted.
    pub(super) fn table(&self) -> String {
        format!("{}.{}", quoted(&self.schema), quoted(&self.table))
    }

    /// The application's own SQL.
    pub(super) fn sql(&self) -> String {
        let [key, email, name, age, said, json, picked, stamp] =
            std::array::from_fn(|number| self.column(number));
        let table = self.table();
        let schema = quoted(&self.schema);
        let mood = format!("{schema}.{}", quoted(&self.type_name));
        let label = literal(&self.label);
        let key_type = if self.key_is_text { "text" } else { "uuid" };
        let table = format!(
            "create schema {schema};
             create type {mood} as enum ({label});
             create table {table} (
                 {key} {key_type} primary key,
                 {email} text unique,
                 {name} text,
                 {age} integer default 7,
                 {said} text,
                 {json} jsonb,
                 {picked} {mood} not null default {label},
                 {stamp} timestamptz
             );"
        );
        if self.adopt {
            table + &self.own_trigger()
        } else {
            table
        }
    }

    fn own_trigger(&self) -> String {
        let function = format!("{}.{}", quoted(&self.schema), quoted(&self.function));
        format!(
            "create function {function}() returns trigger
             language plpgsql as 'begin return null; end';
             create trigger {} after insert on auth.users
             for each row execute function {function}();",
            quoted(&self.trigger)
        )
    }

    pub(super) fn sql_to_drop(&self) -> String {
        format!("drop schema {} cascade", quoted(&self.schema))
    }

    /// The `rollcall.toml`.
    pub(super) fn toml(&self) -> String {
        let [key, email, name, age, said, json, picked, stamp] =
            std::array::from_fn(|number| toml(&self.columns[number]));
        let [first, second, third] = &self.metadata;
        let table = toml(&format!("{}.{}", self.schema, self.table));
        let function = toml(&format!("{}.{}", self.schema, self.function));
        let text = toml(&self.text);
        format!(
            "[profile]
table = {table}
key = {key}
allow_user_controlled = [{name}, {age}]

[profile.columns]
{email} = 'email'
{name} = {from_name}
{age} = {from_age}
{said} = {{ text = {text} }}
{json} = {{ json = {{ {json_key} = [{text}] }} }}
{picked} = {from_picked}

[profile.keep]
columns = [{email}, {name}]

[profile.removal]
soft_delete = {stamp}
release = [{email}]

[trigger]
name = {trigger}
function = {function}
adopt = {adopt}
",
            from_name = toml(&format!("meta.{first}")),
            from_age = toml(&format!("meta.{second}.{third}")),
            from_picked = toml(&format!("app_meta.{third}")),
            json_key = toml(first),
            trigger = toml(&self.trigger),
            adopt = self.adopt,
        )
    }

    /// A user's metadata.
    pub(super) fn metadata(&self, name: &str, age: &str) -> String {
        let [first, second, third] = &self.metadata;
        literal(&json!({ first: name, second: { third: age } }).to_string())
    }

    /// What an installation brings besides the schema `rollcall`.
    pub(super) fn objects(&self) -> BTreeSet<String> {
        let mut objects = BTreeSet::from([
            "trigger auth.users rollcall_user_updated".to_owned(),
            "trigger auth.users rollcall_user_deleted".to_owned(),
        ]);
        for (function, _) in PUBLIC_FUNCTIONS {
            objects.insert(format!("function public {function}"));
        }
        if !self.adopt {
            objects.insert(format!("function {} {}", self.schema, self.function));
            objects.insert(format!("trigger auth.users {}", self.trigger));
        }
        objects
    }
}
