//! What the checks ask that differs from one mapping to the next.

use crate::{
    mapping::{Canary, Child, Column, Mapping, Source},
    names::literal,
    render::{
        expression::{as_key, for_user},
        layout::{comma_separated, indented},
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
        .set_lines("has_drifted", has_drifted(mapping))
        .set_lines("child_tables", child_tables(mapping))
        .set_lines("child_referrers", child_referrers(mapping))
        .set_lines("count_child_rows", count_child_rows(mapping))
        .set_lines("uuid_of_text", uuid_of("%1$s"));
}

fn hash(mapping: &Mapping, key: &str) -> String {
    if mapping.key.is_text() {
        format!("pg_catalog.hashtextextended({key}::text, 0)")
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

fn child_tables(mapping: &Mapping) -> Vec<String> {
    let rows = (1..)
        .zip(&mapping.children)
        .map(|(number, child)| {
            let (table, column) = (literal(&child.table.text()), literal(child.column.text()));
            format!("({number}, {table}, {column})")
        })
        .collect::<Vec<_>>();
    if rows.is_empty() {
        return vec!["select null::integer, null::text, null::text where false;".to_owned()];
    }
    let mut lines = vec!["values".to_owned()];
    lines.extend(indented(comma_separated(&rows), 1));
    lines.push("order by 1;".to_owned());
    lines
}

fn count_child_rows(mapping: &Mapping) -> Vec<String> {
    let mut lines = vec![];
    for (number, child) in (1..).zip(&mapping.children) {
        lines.push(format!("if which = {number} then"));
        lines.extend(indented(count_rows(mapping, child), 1));
        lines.push("end if;".to_owned());
    }
    lines.push("return;".to_owned());
    indented(lines, 1)
}

/// Whether a child row `c` names the user of a profile `p`: as text where either is, because a
/// text that is no id is no reason to fail.
fn names_user(mapping: &Mapping, child: &Child) -> String {
    let (key, column) = (&mapping.key.name, &child.column);
    match (mapping.key.is_text(), child.is_text) {
        (true, false) => format!("p.{key} = c.{column}::text"),
        (false, true) => format!("p.{key}::text = c.{column}::text"),
        (false, false) | (true, true) => format!("p.{key} = c.{column}"),
    }
}

/// The child tables as the catalog looks them up, each with that condition.
fn child_referrers(mapping: &Mapping) -> Vec<String> {
    let rows = mapping.children.iter().map(|child| {
        let (table, same) = (
            literal(&child.table.looked_up()),
            names_user(mapping, child),
        );
        format!("({table}, {})", literal(&same))
    });
    let rows = rows.collect::<Vec<_>>();
    if rows.is_empty() {
        return vec!["select null::text, null::text where false".to_owned()];
    }
    let mut lines = vec!["values".to_owned()];
    lines.extend(indented(comma_separated(&rows), 1));
    lines
}

/// Counts the rows of a child table, and those of nobody who has a profile. A text may spell the id of
/// somebody who has one in another way than the profile does; those that do not are few.
fn count_rows(mapping: &Mapping, child: &Child) -> Vec<String> {
    let (table, column, profiles) = (&child.table, &child.column, &mapping.table);
    let same = names_user(mapping, child);
    let all = format!("    (select count(*) from {table} c where c.{column} is not null),");
    let unnamed = [
        format!("        from {table} c"),
        format!("        where c.{column} is not null"),
        format!("            and not exists (select from {profiles} p where {same})"),
    ];
    if !child.is_text {
        let mut lines = vec!["return query".to_owned(), "select".to_owned(), all];
        lines.extend(["    (".to_owned(), "        select count(*)".to_owned()]);
        lines.extend(unnamed);
        lines.push("    );".to_owned());
        return lines;
    }
    let (key, named) = if mapping.key.is_text() {
        (format!("{}::text", mapping.key.name), "::text")
    } else {
        (mapping.key.name.to_string(), "")
    };
    let mut lines = vec![
        "return query".to_owned(),
        "select".to_owned(),
        all,
        "    (".to_owned(),
        "        select count(*)".to_owned(),
        "        from (".to_owned(),
        format!("            select c.{column}::text as held"),
    ];
    lines.extend(indented(unnamed.to_vec(), 1));
    lines.extend([
        "            offset 0".to_owned(),
        "        ) m".to_owned(),
        "        cross join lateral (".to_owned(),
        "            select".to_owned(),
    ]);
    lines.extend(indented(uuid_of("m.held"), 4));
    lines.extend([
        "        ) u (user_id)".to_owned(),
        format!(
            "        where not exists (select from {profiles} p where p.{key} = u.user_id{named})"
        ),
        "    );".to_owned(),
    ]);
    lines
}

/// The expression of the uuid that a text spells, as `PostgreSQL` reads it: in capitals, in braces, with
/// its dashes elsewhere or none; here with spaces around it, too. Null where it spells none.
pub(crate) fn uuid_of(text: &str) -> Vec<String> {
    let trimmed = format!("pg_catalog.btrim({text}, e' \\t\\n\\r\\f\\v')");
    vec![
        "case".to_owned(),
        format!(
            "    when {text} ~ '^[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}$' then {text}"
        ),
        format!("    when {trimmed} ~* '^([0-9a-f]{{4}}-?){{7}}[0-9a-f]{{4}}$'"),
        format!("        then {trimmed}"),
        format!("    when {trimmed} ~* '^[{{]([0-9a-f]{{4}}-?){{7}}[0-9a-f]{{4}}[}}]$'"),
        format!("        then {trimmed}"),
        "end::uuid".to_owned(),
    ]
}
