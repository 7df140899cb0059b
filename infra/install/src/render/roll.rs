//! How the roll compares the kept columns without joining the tables.
//!
//! Both sides add the same hash of the kept columns to what a bucket comes to. Rows that differ
//! have different hashes; rows with different hashes are compared as a refresh compares them. So
//! a hash decides nothing but what is looked at.

use crate::{
    mapping::{Column, Kind, Mapping, Source, SqlType},
    render::{
        expression::wanted, layout::row_is_distinct, statement::computes, template::Values,
        write::kept,
    },
};

/// Sets the parts of the roll, and of the view that it reads.
pub(super) fn set(values: &mut Values, mapping: &Mapping) {
    let compared = compared(mapping);
    let drifted = match compared {
        Some(_) => "c.drifted",
        None => "null::bigint",
    };
    let columns = compared.unwrap_or_default();
    values
        .set_lines("kept_of_user", of_user(&columns))
        .set_lines("kept_of_profile", of_profile(&columns))
        .set_lines("user_total", total("s", &columns))
        .set_lines("profile_total", total("p", &columns))
        .set_lines("is_drifted", is_drifted(&columns))
        .set("drifted", drifted);
}

/// What the columns ought to say. They go by number, since a name may be taken.
fn of_user(columns: &[&Column]) -> Vec<String> {
    let mut all = vec![];
    for (number, column) in (1..).zip(columns) {
        let mut lines = wanted(column);
        if let Some(last) = lines.last_mut() {
            *last = format!("{last} as kept_{number},");
        }
        all.extend(lines);
    }
    all
}

fn of_profile(columns: &[&Column]) -> Vec<String> {
    (1..)
        .zip(columns)
        .map(|(number, column)| format!("p.{} as kept_{number},", column.name))
        .collect()
}

fn is_drifted(columns: &[&Column]) -> Vec<String> {
    if columns.is_empty() {
        return vec!["false as is_drifted,".to_owned()];
    }
    let side = |row: &str| {
        (1..=columns.len())
            .map(|number| format!("{row}.kept_{number}"))
            .collect::<Vec<_>>()
    };
    let before = "s.is_eligible and p.is_live and ";
    let mut lines = row_is_distinct(before, &side("p"), &side("s"), 3);
    if let Some(last) = lines.last_mut() {
        *last = format!("{last} as is_drifted,");
    }
    lines
}

/// The kept columns, where the roll can compare all of them: what is wanted can be worked out
/// for everybody without failing, and is of a type with a hash. Anything else is left to
/// `count_drift`, since one user who does not fit would hide every other.
fn compared(mapping: &Mapping) -> Option<Vec<&Column>> {
    let kept = kept(mapping);
    let is_compared = |column: &&Column| {
        let kind = column.sql_type.kind;
        hash(&column.sql_type, "", "").is_some()
            && column.sources.iter().all(|source| fits(source, kind))
            && !column.default.as_deref().is_some_and(computes)
    };
    (!kept.is_empty() && kept.iter().all(is_compared)).then_some(kept)
}

/// Whether a source is of the kind, or is just written out, so that no value of it can fail.
fn fits(source: &Source, kind: Kind) -> bool {
    match source {
        Source::Id => matches!(kind, Kind::Uuid | Kind::Text),
        Source::Email | Source::Phone | Source::EmailLocalPart | Source::Text(_) => {
            kind == Kind::Text
        }
        Source::EmailConfirmed
        | Source::PhoneConfirmed
        | Source::IsAnonymous
        | Source::IsSsoUser
        | Source::Bool(_) => kind == Kind::Boolean,
        Source::CreatedAt | Source::UpdatedAt => {
            matches!(kind, Kind::TimestampTz | Kind::Timestamp)
        }
        Source::Now
        | Source::Provider
        | Source::Meta(_)
        | Source::AppMeta(_)
        | Source::Number(_)
        | Source::Json(_) => false,
    }
}

/// A hash of a value, if its type is one that is known to have one. A domain is not: a cast to
/// it may fail. Text counts byte by byte, whatever the collation holds to be equal.
fn hash(sql_type: &SqlType, value: &str, seed: &str) -> Option<String> {
    Some(match sql_type.name.as_str() {
        "text" | "character varying" => {
            format!("pg_catalog.hashtextextended({value}::pg_catalog.text collate \"C\", {seed})")
        }
        "uuid" => format!("pg_catalog.uuid_hash_extended({value}, {seed})"),
        "boolean" => format!("pg_catalog.hashint4extended({value}::integer, {seed})"),
        "timestamp without time zone" => {
            format!("pg_catalog.timestamp_hash_extended({value}, {seed})")
        }
        "timestamp with time zone" => {
            format!("pg_catalog.timestamp_hash_extended({value} at time zone 'UTC', {seed})")
        }
        _ => return None,
    })
}

/// What a row adds to its bucket. The key's hash is in each column's seed: two users who have
/// each other's values are not to cancel out, nor are two columns of one user.
fn total(row: &str, columns: &[&Column]) -> Vec<String> {
    let hashes = (1..).zip(columns).filter_map(|(number, column)| {
        let value = format!("{row}.kept_{number}");
        hash(&column.sql_type, &value, &format!("{row}.hash # {number}"))
    });
    let mut lines = vec![format!("{row}.hash")];
    lines.extend(hashes.map(|hash| format!("    # coalesce({hash}, 0)")));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn type_of(name: &str, kind: Kind) -> SqlType {
        SqlType {
            name: name.to_owned(),
            kind,
        }
    }

    #[test]
    fn what_could_fail_for_one_user_is_not_compared_for_all() {
        for source in [
            Source::Now,
            Source::Provider,
            Source::Meta(vec!["name".to_owned()]),
            Source::AppMeta(vec!["role".to_owned()]),
            Source::Number("1".to_owned()),
            Source::Json(true.into()),
        ] {
            for kind in [Kind::Text, Kind::Boolean, Kind::Json, Kind::TimestampTz] {
                assert!(!fits(&source, kind), "{source:?} {kind:?}");
            }
        }
        assert!(!fits(&Source::Text("yes".to_owned()), Kind::Boolean));
        assert!(!fits(&Source::Phone, Kind::Other));
        assert!(!fits(&Source::CreatedAt, Kind::Date));
        assert!(fits(&Source::Id, Kind::Text));
    }

    #[test]
    fn a_domain_and_an_exotic_type_have_no_hash() {
        for (name, kind) in [
            ("public.address", Kind::Text),
            ("extensions.citext", Kind::Text),
            ("character", Kind::Text),
            ("date", Kind::Date),
            ("jsonb", Kind::Json),
        ] {
            assert_eq!(hash(&type_of(name, kind), "v", "s"), None, "{name}");
        }
        assert!(hash(&type_of("text", Kind::Text), "v", "s").is_some());
    }
}
