//! Questions about the configured child tables: which they are, and whose user has no profile.

use crate::{
    mapping::{Child, Mapping},
    names::literal,
    render::{
        layout::{comma_separated, indented},
        template::Values,
    },
};

/// Sets them.
pub(super) fn set(values: &mut Values, mapping: &Mapping) {
    values
        .set_lines("child_tables", child_tables(mapping))
        .set_lines("child_referrers", child_referrers(mapping))
        .set_lines("count_child_rows", count_child_rows(mapping))
        .set_lines("uuid_of_text", uuid_of("%1$s"));
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
        return vec![
            "select null::integer, null::pg_catalog.text, null::pg_catalog.text where false;"
                .to_owned(),
        ];
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

/// Whether a child row `c` names the user of a profile, by this name for it: as text where either
/// is, because a text that is no id is no reason to fail.
fn names_user(mapping: &Mapping, child: &Child, profile: char) -> String {
    let (key, column) = (&mapping.key.name, &child.column);
    match (mapping.key.is_text(), child.is_text) {
        (true, false) => format!("{profile}.{key} = c.{column}::pg_catalog.text"),
        (false, true) => format!("{profile}.{key}::pg_catalog.text = c.{column}::pg_catalog.text"),
        (false, false) | (true, true) => format!("{profile}.{key} = c.{column}"),
    }
}

/// The child tables as the catalog looks them up, each with that condition for a profile `t`.
fn child_referrers(mapping: &Mapping) -> Vec<String> {
    let rows = mapping.children.iter().map(|child| {
        let (table, same) = (
            literal(&child.table.looked_up()),
            names_user(mapping, child, 't'),
        );
        format!("({table}, {})", literal(&same))
    });
    let rows = rows.collect::<Vec<_>>();
    if rows.is_empty() {
        return vec!["select null::pg_catalog.text, null::pg_catalog.text where false".to_owned()];
    }
    let mut lines = vec!["values".to_owned()];
    lines.extend(indented(comma_separated(&rows), 1));
    lines
}

/// Counts the rows of a child table, and those of nobody who has a profile. A text may spell the id of
/// somebody who has one in another way than the profile does; those that do not are few.
fn count_rows(mapping: &Mapping, child: &Child) -> Vec<String> {
    let (table, column, profiles) = (&child.table, &child.column, &mapping.table);
    let same = names_user(mapping, child, 'p');
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
        (
            format!("{}::pg_catalog.text", mapping.key.name),
            "::pg_catalog.text",
        )
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
        format!("            select c.{column}::pg_catalog.text as held"),
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
        "end::pg_catalog.uuid".to_owned(),
    ]
}
