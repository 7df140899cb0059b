//! What else differs from one mapping to the next: settings, conditions, words.

use crate::{
    mapping::{Column, Kind, Mapping, Source},
    render::{
        expression::as_key,
        template::Values,
        write::{live, retired},
    },
};

/// Sets the settings and conditions of the functions.
pub(super) fn set(values: &mut Values, mapping: &Mapping) {
    values
        .set("live", live(mapping))
        .set("shown_email", shown_email(mapping))
        .set("shown_created_at", shown_created_at(mapping))
        .set_lines("retired_reason", retired_reason(mapping))
        .set_lines(
            "writing_settings",
            settings(mapping, &["row_security = off"]),
        )
        .set_lines(
            "trigger_settings",
            settings(mapping, &["row_security = off", "lock_timeout = '500ms'"]),
        )
        .set_lines(
            "insert_trigger_settings",
            settings(mapping, &["lock_timeout = '500ms'"]),
        )
        .set_lines("update_matters", update_matters(mapping));
}

/// The settings of whatever writes profiles: names resolve to nothing unqualified, row security
/// that hides `auth.users` is an error, and no cast depends on the session.
fn settings(mapping: &Mapping, more: &[&str]) -> Vec<String> {
    let mut settings = vec!["search_path = pg_temp"];
    settings.extend(more);
    if mapping.columns.iter().any(Column::depends_on_the_session) {
        settings.extend([
            "timezone = 'UTC'",
            "datestyle = 'ISO, MDY'",
            "intervalstyle = 'postgres'",
        ]);
    }
    settings
        .into_iter()
        .map(|setting| format!("set {setting}"))
        .collect()
}

fn shown_email(mapping: &Mapping) -> String {
    let email = mapping.shown.email.as_ref();
    email.map_or_else(
        || "null::pg_catalog.text".to_owned(),
        |name| format!("p.{name}::pg_catalog.text"),
    )
}

/// Times without a zone are taken for UTC, as they are written.
fn shown_created_at(mapping: &Mapping) -> String {
    match &mapping.shown.created_at {
        None => "null::pg_catalog.timestamptz".to_owned(),
        Some((name, sql_type)) if sql_type.kind == Kind::TimestampTz => format!("p.{name}"),
        Some((name, sql_type)) if sql_type.kind == Kind::Timestamp => {
            format!("p.{name} at time zone 'UTC'")
        }
        Some((name, _)) => format!("p.{name}::timestamp at time zone 'UTC'"),
    }
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
    // One condition a column, and not two rows compared: the catalog would spell that otherwise
    // after a dump and a restore, and the trigger would look altered.
    columns
        .iter()
        .enumerate()
        .map(|(number, column)| {
            let or = if number == 0 { "" } else { "or " };
            format!("{or}old.{column} is distinct from new.{column}")
        })
        .collect()
}

fn retired_reason(mapping: &Mapping) -> Vec<String> {
    let Some(retired) = retired(mapping) else {
        return vec![];
    };
    vec![
        "if exists (".to_owned(),
        format!("    select from {} p", mapping.table),
        format!(
            "    where p.{} = {} and {retired}",
            mapping.key.name,
            as_key(mapping, "ensure_profile.the_user")
        ),
        ") then".to_owned(),
        "    reason := 'retired';".to_owned(),
        "end if;".to_owned(),
    ]
}

impl Mapping {
    /// Whether a profile can be made without its metadata.
    pub(super) fn can_degrade(&self) -> bool {
        self.columns.iter().any(Column::may_degrade)
    }

    /// Whether any column is fed by what users say of themselves.
    pub(super) fn reads_user_metadata(&self) -> bool {
        self.reads(|source| matches!(source, Source::Meta(_)))
    }

    /// Whether any column is fed by what the application says of its users.
    pub(super) fn reads_app_metadata(&self) -> bool {
        self.reads(|source| matches!(source, Source::AppMeta(_) | Source::Provider))
    }

    fn reads(&self, what: fn(&Source) -> bool) -> bool {
        self.columns
            .iter()
            .flat_map(|column| &column.sources)
            .any(what)
    }
}

impl Column {
    pub(super) fn is_fed_by_metadata(&self) -> bool {
        self.sources
            .iter()
            .any(|source| matches!(source, Source::Meta(_) | Source::AppMeta(_)))
    }

    /// Whether metadata feeds it and it may be left to its default.
    pub(super) fn may_degrade(&self) -> bool {
        self.is_fed_by_metadata() && (self.default.is_some() || !self.not_null)
    }

    /// Whether its value is read from text, or its default computed, in a way that a session's
    /// settings decide.
    fn depends_on_the_session(&self) -> bool {
        let is_plain = matches!(self.sql_type.kind, Kind::Uuid | Kind::Boolean);
        let reads_text = self.sources.iter().any(|source| {
            matches!(
                source,
                Source::Meta(_) | Source::AppMeta(_) | Source::Text(_)
            )
        });
        let casts = reads_text && !matches!(self.sql_type.kind, Kind::Text | Kind::Json);
        let computes = self.default.as_deref().is_some_and(computes)
            && self.sql_type.kind != Kind::TimestampTz;
        !is_plain && (casts || computes)
    }
}

/// Whether a default is more than a constant: it calls something, or is a word like
/// `CURRENT_DATE`.
pub(super) fn computes(default: &str) -> bool {
    default.contains('(') || default.contains("CURRENT_") || default.contains("LOCALTIME")
}
