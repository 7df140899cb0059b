//! From a source and a column's type to an SQL expression over `auth.users u`.

use crate::{
    mapping::{Column, Kind, Mapping, Source, SqlType},
    names::literal,
    render::{
        layout::{comma_separated, list},
        template::Values,
    },
};

/// Sets the expressions that the views are made of.
pub(super) fn set(values: &mut Values, mapping: &Mapping) {
    let last = mapping.columns.len();
    let mut columns = vec![format!("{},", as_key(mapping, "u.id"))];
    for (number, column) in (1..).zip(&mapping.columns) {
        let mut lines = wanted(column);
        if number < last
            && let Some(line) = lines.last_mut()
        {
            line.push(',');
        }
        columns.extend(lines);
    }
    if last == 0
        && let Some(line) = columns.last_mut()
    {
        line.pop();
    }
    let for_user = for_user(mapping);
    values
        .set("key_expression", as_key(mapping, "u.id"))
        .set("create_key", as_key(mapping, "create_profile.the_user"))
        .set("made_key", as_key(mapping, "m.user_id"))
        .set("undo_key", as_key(mapping, "u.user_id"))
        .set("todo_keys", as_keys(mapping, "todo"))
        .set("ensure_key", as_key(mapping, "ensure_profile.the_user"))
        .set("new_id_as_key", as_key(mapping, "new.id"))
        .set("for_user", &for_user)
        .set("for_user_literal", literal(&for_user))
        .set("eligible", eligible(mapping, "u"))
        .set("new_is_eligible", eligible(mapping, "new"))
        .set("new_is_not_eligible", not_eligible(mapping))
        .set("old_is_eligible", eligible(mapping, "old"))
        .set_lines("wanted_types", types(mapping, &for_user))
        .set_lines("wanted_columns", columns);
}

/// What the wanted row calls the auth user's id: a name that no column of the profile has.
pub(super) fn for_user(mapping: &Mapping) -> String {
    let is_taken = |name: &str| {
        mapping.key.name.text() == name
            || mapping
                .columns
                .iter()
                .any(|column| column.name.text() == name)
    };
    let mut name = "for_user".to_owned();
    while is_taken(&name) {
        name.push('_');
    }
    name
}

fn types(mapping: &Mapping, for_user: &str) -> Vec<String> {
    let types = std::iter::once(format!("{for_user} uuid"))
        .chain(std::iter::once(format!(
            "{} {}",
            mapping.key.name, mapping.key.sql_type.name
        )))
        .chain(
            mapping
                .columns
                .iter()
                .map(|column| format!("{} {}", column.name, column.sql_type.name)),
        )
        .collect::<Vec<_>>();
    comma_separated(&types)
}

/// A user's id, in the type of the key column.
pub(super) fn as_key(mapping: &Mapping, id: &str) -> String {
    if mapping.key.is_text() {
        format!("{id}::pg_catalog.text")
    } else {
        id.to_owned()
    }
}

/// The same of an array of ids.
fn as_keys(mapping: &Mapping, ids: &str) -> String {
    if mapping.key.is_text() {
        format!("{ids}::pg_catalog.text[]")
    } else {
        ids.to_owned()
    }
}

/// Whether a row of `auth.users`, by itself, ought to have a profile.
fn eligible(mapping: &Mapping, row: &str) -> String {
    if mapping.anonymous {
        format!("{row}.deleted_at is null")
    } else {
        format!("{row}.deleted_at is null and not {row}.is_anonymous")
    }
}

fn not_eligible(mapping: &Mapping) -> &'static str {
    if mapping.anonymous {
        "new.deleted_at is not null"
    } else {
        "new.deleted_at is not null or new.is_anonymous"
    }
}

/// The value of one column: the first source that is not null, or else the column's default.
pub(super) fn wanted(column: &Column) -> Vec<String> {
    let mut candidates: Vec<String> = column
        .sources
        .iter()
        .map(|source| typed(source, &column.sql_type))
        .collect();
    if let Some(default) = &column.default
        && !column.sources.iter().any(Source::is_never_null)
    {
        candidates.push(default.clone());
    }
    match candidates.as_slice() {
        [single] => vec![single.clone()],
        several => list("coalesce(", several, ")", 2),
    }
}

/// A source's value in a column's type, whatever the session's time zone. Empty text is null.
fn typed(source: &Source, target: &SqlType) -> String {
    match source {
        Source::Id => from_uuid("u.id", target),
        Source::Email => from_text("nullif(u.email, '')", target),
        Source::Phone => from_text("nullif(u.phone, '')", target),
        Source::EmailLocalPart => {
            from_text("nullif(pg_catalog.split_part(u.email, '@', 1), '')", target)
        }
        Source::Provider => from_text("nullif(app_meta ->> 'provider', '')", target),
        Source::EmailConfirmed => from_boolean("u.email_confirmed_at is not null", target),
        Source::PhoneConfirmed => from_boolean("u.phone_confirmed_at is not null", target),
        Source::IsAnonymous => from_boolean("u.is_anonymous", target),
        Source::IsSsoUser => from_boolean("u.is_sso_user", target),
        Source::CreatedAt => from_time("u.created_at", target),
        Source::UpdatedAt => from_time("u.updated_at", target),
        Source::Now => from_time("now()", target),
        Source::Meta(path) => from_metadata("user_meta", path, target),
        Source::AppMeta(path) => from_metadata("app_meta", path, target),
        Source::Text(text) => from_text(&literal(text), target),
        // A minus binds less than the cast.
        Source::Number(number) if number.starts_with('-') => {
            format!("({number})::{}", target.name)
        }
        Source::Number(number) => format!("{number}::{}", target.name),
        Source::Bool(value) => from_boolean(if *value { "true" } else { "false" }, target),
        Source::Json(value) => format!("{}::{}", literal(&value.to_string()), target.name),
    }
}

fn from_uuid(expression: &str, target: &SqlType) -> String {
    match target.kind {
        Kind::Uuid => expression.to_owned(),
        _ => from_text(&format!("{expression}::text"), target),
    }
}

fn from_text(expression: &str, target: &SqlType) -> String {
    match target.kind {
        Kind::Text if matches!(target.name.as_str(), "text" | "character varying") => {
            expression.to_owned()
        }
        // Text without an offset is meant in UTC; with one it says so itself.
        Kind::Timestamp => format!("{expression}::timestamptz at time zone 'UTC'"),
        Kind::Date => format!(
            "({expression}::timestamptz at time zone 'UTC')::{}",
            target.name
        ),
        Kind::Json => to_json(expression, target),
        _ => format!("{expression}::{}", target.name),
    }
}

fn from_boolean(expression: &str, target: &SqlType) -> String {
    match target.kind {
        Kind::Boolean if target.name == "boolean" => expression.to_owned(),
        Kind::Json => to_json(expression, target),
        _ if expression.contains(' ') => format!("({expression})::{}", target.name),
        _ => format!("{expression}::{}", target.name),
    }
}

fn to_json(expression: &str, target: &SqlType) -> String {
    match target.name.as_str() {
        "jsonb" => format!("pg_catalog.to_jsonb({expression})"),
        other => format!("pg_catalog.to_jsonb({expression})::{other}"),
    }
}

fn from_time(expression: &str, target: &SqlType) -> String {
    let utc = format!("{expression} at time zone 'UTC'");
    match target.kind {
        Kind::TimestampTz => expression.to_owned(),
        Kind::Timestamp => utc,
        Kind::Date => format!("({utc})::{}", target.name),
        Kind::Json => to_json(&utc, target),
        _ => from_text(
            &format!("pg_catalog.to_char({utc}, 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"),
            target,
        ),
    }
}

fn from_metadata(object: &str, path: &[String], target: &SqlType) -> String {
    let (arrow, steps) = match path {
        [key] => ("->", literal(key)),
        several => {
            let steps = several.iter().map(|step| literal(step)).collect::<Vec<_>>();
            ("#>", format!("array[{}]", steps.join(", ")))
        }
    };
    if target.kind == Kind::Json {
        // A JSON null is no value, as it is none in a text column.
        format!(
            "nullif({object} {arrow} {steps}, 'null'::jsonb){}",
            match target.name.as_str() {
                "jsonb" => String::new(),
                other => format!("::{other}"),
            }
        )
    } else {
        from_text(&format!("nullif({object} {arrow}> {steps}, '')"), target)
    }
}

impl Source {
    /// Whether the source has a value for every user.
    fn is_never_null(&self) -> bool {
        !matches!(
            self,
            Self::Email
                | Self::Phone
                | Self::EmailLocalPart
                | Self::Provider
                | Self::CreatedAt
                | Self::UpdatedAt
                | Self::Meta(_)
                | Self::AppMeta(_)
        )
    }
}
