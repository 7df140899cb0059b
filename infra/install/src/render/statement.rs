//! The statements that differ from one mapping to the next.

use crate::{
    mapping::{Column, Kind, Mapping, Source},
    names::Name,
    render::{expression::comma_separated, in_format, template::Values},
};

/// Sets the statements and settings of the functions.
pub(super) fn set(values: &mut Values, mapping: &Mapping) {
    let names = all_names(mapping);
    values
        .set("insert_columns", join(&names, ""))
        .set("insert_values", join(&names, "w."))
        .set("wanted_list_in_format", in_format(&join(&names, "w.")))
        .set("authenticated", "authenticated")
        .set("live", live(mapping))
        .set("retired_reason", retired_reason(mapping))
        .set("make_room_hint", hint(mapping))
        .set_lines("entry_settings", settings(mapping, None))
        .set_lines("trigger_settings", settings(mapping, Some("500ms")))
        .set_lines("insert", insert(mapping))
        .set_lines("refresh", refresh(mapping))
        .set_lines("recover_degraded", recover_degraded(mapping))
        .set_lines("stamp", stamp(mapping))
        .set_lines("update_matters", update_matters(mapping));
}

/// The settings of whatever is called from outside: names resolve to nothing unqualified, row
/// security that hides `auth.users` is an error, and no cast depends on the session.
fn settings(mapping: &Mapping, lock_timeout: Option<&str>) -> Vec<String> {
    let mut lines = vec!["set search_path = ''".to_owned(), "set row_security = off".to_owned()];
    if mapping.columns.iter().any(Column::depends_on_the_session) {
        lines.extend([
            "set timezone = 'UTC'".to_owned(),
            "set datestyle = 'ISO, MDY'".to_owned(),
            "set intervalstyle = 'postgres'".to_owned(),
        ]);
    }
    if let Some(time) = lock_timeout {
        lines.push(format!("set lock_timeout = '{time}'"));
    }
    lines
}

fn insert(mapping: &Mapping) -> Vec<String> {
    let spared = |column: &&Column| !column.may_degrade();
    let full = insert_of(mapping, &mapping.columns.iter().collect::<Vec<_>>());
    if !can_degrade(mapping) {
        return full.into_iter().map(|line| format!("    {line}")).collect();
    }
    let degraded = insert_of(
        mapping,
        &mapping.columns.iter().filter(spared).collect::<Vec<_>>(),
    );
    let mut lines = vec!["    if degraded then".to_owned()];
    lines.extend(degraded.into_iter().map(|line| format!("        {line}")));
    lines.push("    else".to_owned());
    lines.extend(full.into_iter().map(|line| format!("        {line}")));
    lines.push("    end if;".to_owned());
    lines
}

fn insert_of(mapping: &Mapping, columns: &[&Column]) -> Vec<String> {
    let names = std::iter::once(&mapping.key.name)
        .chain(columns.iter().map(|column| &column.name))
        .collect::<Vec<_>>();
    vec![
        format!("insert into {} ({})", mapping.table, join(&names, "")),
        format!("select {}", join(&names, "w.")),
        "from rollcall.wanted w".to_owned(),
        "where w.for_user = the_user".to_owned(),
        format!("on conflict ({}) do nothing", mapping.key.name),
        "returning exists (".to_owned(),
        "    select from pg_catalog.pg_constraint c".to_owned(),
        format!(
            "    where c.conrelid = {}::pg_catalog.regclass and c.condeferrable",
            crate::names::literal(&mapping.table.to_string())
        ),
        ") into has_deferrable;".to_owned(),
    ]
}

/// The refresh of everything, of everything but metadata, of the kept columns, and of those but
/// metadata: as many of the four as the mapping needs.
fn refresh(mapping: &Mapping) -> Vec<String> {
    let kept = |column: &&Column| mapping.keep.contains(&column.name);
    let spared = |column: &&Column| !column.is_fed_by_metadata();
    // The time of writing is no property of the user: a refresh that changes nothing else stays
    // a refresh that changes nothing.
    let lasting = |column: &&Column| !column.sources.contains(&Source::Now);
    let all = mapping.columns.iter().filter(lasting).collect::<Vec<_>>();
    let branches = [
        (
            "everything and degraded",
            all.iter().copied().filter(spared).collect::<Vec<_>>(),
        ),
        ("everything", all.clone()),
        (
            "degraded",
            all.iter().copied().filter(kept).filter(spared).collect(),
        ),
        ("true", all.iter().copied().filter(kept).collect()),
    ];
    let mut lines = vec![];
    for (number, (condition, columns)) in branches.iter().enumerate() {
        lines.push(match number {
            0 => format!("    if {condition} then"),
            3 => "    else".to_owned(),
            _ => format!("    elsif {condition} then"),
        });
        lines.extend(
            update_of(mapping, columns)
                .into_iter()
                .map(|line| format!("        {line}")),
        );
    }
    lines.push("    end if;".to_owned());
    lines
}

fn update_of(mapping: &Mapping, columns: &[&Column]) -> Vec<String> {
    if columns.is_empty() {
        return vec!["return false;".to_owned()];
    }
    let mut changed = columns.to_vec();
    // A column that holds the time of the last write tells of this one, too.
    let touched = mapping.columns.iter().filter(|column| {
        column.sources.as_slice() == [Source::Now] && column.name.text().starts_with("updated")
    });
    changed.extend(touched);
    let sets = changed
        .iter()
        .map(|c| format!("    {0} = w.{0}", c.name))
        .collect::<Vec<_>>();
    let names = columns
        .iter()
        .map(|column| &column.name)
        .collect::<Vec<_>>();
    let mut lines = vec![format!("update {} p", mapping.table), "set".to_owned()];
    lines.extend(comma_separated(&sets));
    lines.extend([
        "from rollcall.wanted w".to_owned(),
        "where w.for_user = the_user".to_owned(),
        format!("    and p.{0} = w.{0}", mapping.key.name),
        format!("    and {}", live(mapping)),
        format!("    and {};", differs(columns, &names)),
        "return found;".to_owned(),
    ]);
    lines
}

/// Whether kept and wanted values differ. `json` has no equality, so it is compared as `jsonb`.
fn differs(columns: &[&Column], names: &[&Name]) -> String {
    let side = |row: &str| {
        columns
            .iter()
            .zip(names)
            .map(|(column, name)| match column.sql_type.kind {
                Kind::Json if column.sql_type.name != "jsonb" => format!("{row}{name}::jsonb"),
                _ => format!("{row}{name}"),
            })
            .collect::<Vec<_>>()
            .join(", ")
    };
    format!("({}) is distinct from ({})", side("p."), side("w."))
}

fn recover_degraded(mapping: &Mapping) -> Vec<String> {
    if !can_degrade(mapping) && !mapping.columns.iter().any(Column::is_fed_by_metadata) {
        return vec![
            "-- No column is fed by metadata, so there is nothing to leave out.".to_owned(),
        ];
    }
    [
        "begin",
        "    case rollcall.create_profile(the_user, true)",
        "        when 'created' then",
        "            reason := 'degraded';",
        "        when 'present' then",
        "            perform rollcall.refresh_profile(the_user, everything, true);",
        "            reason := 'degraded';",
        "        else null;",
        "    end case;",
        "exception",
        "    -- The first failure is the one to tell.",
        "    when others or query_canceled or assert_failure then null;",
        "end;",
    ]
    .map(|line| format!("    {line}"))
    .to_vec()
}

fn stamp(mapping: &Mapping) -> Vec<String> {
    let key = as_key(mapping);
    let Some(removal) = &mapping.removal else {
        return vec![
            format!(
                "    if exists (select from {} p where p.{} = {key}) then",
                mapping.table, mapping.key.name
            ),
            "        return 'left_alone';".to_owned(),
            "    end if;".to_owned(),
            "    return null;".to_owned(),
        ];
    };
    let value = match removal.sql_type.kind {
        Kind::Boolean => "true",
        Kind::Timestamp => "now() at time zone 'UTC'",
        Kind::Date => "(now() at time zone 'UTC')::date",
        _ => "now()",
    };
    let sets = std::iter::once(format!("        {} = {value}", removal.soft_delete))
        .chain(
            removal
                .release
                .iter()
                .map(|name| format!("        {name} = null")),
        )
        .collect::<Vec<_>>();
    let mut lines = vec![
        format!("    update {} p", mapping.table),
        "    set".to_owned(),
    ];
    lines.extend(comma_separated(&sets));
    lines.extend([
        format!(
            "    where p.{} = {key} and {};",
            mapping.key.name,
            live(mapping)
        ),
        format!(
            "    if found or exists (select from {} p where p.{} = {key}) then",
            mapping.table, mapping.key.name
        ),
        "        return 'removed';".to_owned(),
        "    end if;".to_owned(),
        "    return null;".to_owned(),
    ]);
    lines
}

/// Which updates of `auth.users` can matter to a profile.
fn update_matters(mapping: &Mapping) -> Vec<String> {
    let mut columns = vec!["deleted_at"];
    if !mapping.anonymous {
        columns.push("is_anonymous");
    }
    for source in mapping.columns.iter().flat_map(|column| &column.sources) {
        let column = match source {
            Source::Email | Source::EmailLocalPart => "email",
            Source::Phone => "phone",
            Source::EmailConfirmed => "email_confirmed_at",
            Source::PhoneConfirmed => "phone_confirmed_at",
            Source::CreatedAt => "created_at",
            Source::UpdatedAt => "updated_at",
            Source::IsAnonymous => "is_anonymous",
            Source::IsSsoUser => "is_sso_user",
            Source::Meta(_) => "raw_user_meta_data",
            Source::AppMeta(_) | Source::Provider => "raw_app_meta_data",
            Source::Id
            | Source::Now
            | Source::Text(_)
            | Source::Number(_)
            | Source::Bool(_)
            | Source::Json(_) => continue,
        };
        if !columns.contains(&column) {
            columns.push(column);
        }
    }
    let rows = |row: &str| {
        columns
            .iter()
            .map(|column| format!("{row}.{column}"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    vec![format!(
        "({}) is distinct from ({})",
        rows("old"),
        rows("new")
    )]
}

fn live(mapping: &Mapping) -> String {
    match &mapping.removal {
        None => "true".to_owned(),
        Some(removal) if removal.sql_type.kind == Kind::Boolean => {
            format!("p.{} is not true", removal.soft_delete)
        }
        Some(removal) => format!("p.{} is null", removal.soft_delete),
    }
}

fn retired_reason(mapping: &Mapping) -> String {
    if mapping.removal.is_none() {
        return "null".to_owned();
    }
    format!(
        "case when not exists (select from {} p where p.{} = {} and {}) then 'retired' end",
        mapping.table,
        mapping.key.name,
        as_key(mapping),
        live(mapping)
    )
}

fn hint(mapping: &Mapping) -> String {
    crate::names::literal(&format!(
        "In rollcall.toml, [trigger] mode = \"watch\" leaves {} and {} as they are, and adopt = true \
         replaces them and keeps the old for --uninstall. Anything else has to be renamed first.",
        mapping.trigger.name.text(),
        mapping.trigger.function.text()
    ))
}

fn as_key(mapping: &Mapping) -> &'static str {
    if mapping.key.is_text() {
        "the_user::text"
    } else {
        "the_user"
    }
}

fn all_names(mapping: &Mapping) -> Vec<&Name> {
    std::iter::once(&mapping.key.name)
        .chain(mapping.columns.iter().map(|column| &column.name))
        .collect()
}

fn join(names: &[&Name], prefix: &str) -> String {
    names
        .iter()
        .map(|name| format!("{prefix}{name}"))
        .collect::<Vec<_>>()
        .join(", ")
}

fn can_degrade(mapping: &Mapping) -> bool {
    mapping.columns.iter().any(Column::may_degrade)
}

impl Column {
    fn is_fed_by_metadata(&self) -> bool {
        self.sources
            .iter()
            .any(|source| matches!(source, Source::Meta(_) | Source::AppMeta(_)))
    }

    /// Whether its value is read from text in a way that a session's settings decide.
    fn depends_on_the_session(&self) -> bool {
        let reads_text = self.sources.iter().any(|source| {
            matches!(source, Source::Meta(_) | Source::AppMeta(_) | Source::Text(_))
        });
        let is_plain =
            matches!(self.sql_type.kind, Kind::Text | Kind::Uuid | Kind::Boolean | Kind::Json);
        reads_text && !is_plain
    }

    /// Whether metadata feeds it and it may be left to its default.
    fn may_degrade(&self) -> bool {
        self.is_fed_by_metadata() && (self.default.is_some() || !self.not_null)
    }
}
