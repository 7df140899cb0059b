//! What the checks ask that differs from one mapping to the next.

use crate::{
    mapping::{Canary, Column, Mapping, Source},
    names::literal,
    render::{
        expression::{as_key, for_user},
        layout::indented,
        statement::computes,
        template::Values,
        write::{differs, kept, live},
    },
};

/// Sets the parts of the functions that count.
pub(super) fn set(values: &mut Values, mapping: &Mapping) {
    values
        .set("standing_hash", hash(mapping, "s.profile_key"))
        .set(
            "profile_hash",
            hash(mapping, &format!("p.{}", mapping.key.name)),
        )
        .set("canary_key", as_key(mapping, "canary.the_user"))
        .set("about_key", as_key(mapping, "about_user.the_user"))
        .set("canary_mode", literal(canary_mode(mapping)))
        .set_lines("wanted_parallel", parallel(mapping))
        .set_lines("count_drift", count_drift(mapping))
        .set_lines("has_drifted", has_drifted(mapping));
}

fn hash(mapping: &Mapping, key: &str) -> String {
    if mapping.key.is_text() {
        format!("pg_catalog.hashtextextended({key}::pg_catalog.text, 0)")
    } else {
        format!("pg_catalog.uuid_hash_extended({key}, 0)")
    }
}

fn canary_mode(mapping: &Mapping) -> &'static str {
    match mapping.check.canary {
        Canary::Auto => "auto",
        Canary::On => "always",
        Canary::Off => "never",
    }
}

/// Whether several processes may work out profiles: not where metadata has to be read through,
/// which takes a subtransaction, or a default computes something unknown.
fn parallel(mapping: &Mapping) -> Vec<String> {
    let is_unsafe = |column: &Column| {
        column.is_fed_by_metadata()
            || column.sources.contains(&Source::Provider)
            || column.default.as_deref().is_some_and(is_unknown)
    };
    if mapping.columns.iter().any(is_unsafe) {
        vec![]
    } else {
        vec!["parallel safe".to_owned()]
    }
}

/// What a default calls may not be made for several processes, as sequences are not.
fn is_unknown(default: &str) -> bool {
    computes(default) && !matches!(default, "now()" | "gen_random_uuid()" | "CURRENT_TIMESTAMP")
}

/// The question of all users in one statement; where metadata can spoil that, of each by itself.
fn count_drift(mapping: &Mapping) -> Vec<String> {
    let kept = kept(mapping);
    if kept.is_empty() {
        return indented(
            vec!["return query select false, 0::bigint, 0::bigint;".to_owned()],
            1,
        );
    }
    let mut lines = vec![
        "return query".to_owned(),
        "select true, count(*), count(*) filter (".to_owned(),
    ];
    lines.extend(indented(differs("where ", &kept), 1));
    lines.extend([
        ")".to_owned(),
        "from rollcall.wanted w".to_owned(),
        format!(
            "join {} p on p.{1} = w.{1}",
            mapping.table, mapping.key.name
        ),
        format!("where {};", live(mapping)),
    ]);
    let mut lines = indented(lines, 1);
    if kept.iter().any(|column| column.is_fed_by_metadata()) {
        lines.extend(["exception".to_owned(), "    when others then".to_owned()]);
        let each = [
            "-- Somebody's metadata does not fit, which must not hide everybody else.".to_owned(),
            "return query".to_owned(),
            "select true, count(*), count(*) filter (where rollcall.has_drifted(s.user_id))"
                .to_owned(),
            "from rollcall.standing s".to_owned(),
            format!(
                "join {} p on p.{} = s.profile_key",
                mapping.table, mapping.key.name
            ),
            format!("where s.is_eligible and {};", live(mapping)),
        ];
        lines.extend(indented(each.to_vec(), 2));
    }
    lines
}

fn has_drifted(mapping: &Mapping) -> Vec<String> {
    let kept = kept(mapping);
    if !kept.iter().any(|column| column.is_fed_by_metadata()) {
        return indented(vec!["return false;".to_owned()], 1);
    }
    let question = |columns: &[&Column]| {
        let mut lines = vec![
            "return exists (".to_owned(),
            "    select".to_owned(),
            "    from rollcall.wanted w".to_owned(),
            format!(
                "    join {} p on p.{1} = w.{1}",
                mapping.table, mapping.key.name
            ),
            format!("    where w.{} = has_drifted.the_user", for_user(mapping)),
        ];
        lines.extend(indented(differs("and ", columns), 2));
        lines.push(");".to_owned());
        lines
    };
    let others = kept
        .iter()
        .copied()
        .filter(|column| !column.is_fed_by_metadata())
        .collect::<Vec<_>>();
    let mut lines = indented(question(&kept), 1);
    lines.extend(["exception".to_owned(), "    when others then".to_owned()]);
    lines.extend(if others.is_empty() {
        vec!["        return false;".to_owned()]
    } else {
        indented(question(&others), 2)
    });
    lines
}
