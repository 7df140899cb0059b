//! The second attempt: a profile without the metadata that does not fit.

use crate::{
    mapping::{Column, Mapping},
    names::literal,
    render::{
        expression::for_user,
        layout::{indented, list},
        template::Values,
        write::live,
    },
};

/// Sets what `rollcall.recover` does after a first attempt has failed.
pub(super) fn set(values: &mut Values, mapping: &Mapping) {
    let spared: Vec<_> = mapping
        .columns
        .iter()
        .filter(|column| column.may_degrade())
        .map(|column| literal(column.name.text()))
        .collect();
    let spared = list("array[", &spared, "]::pg_catalog.text[]", 6);
    values.set_lines("spared", indented(spared, 6));
    if mapping.can_degrade() {
        values
            .set_lines("recover_variables", variables())
            .set_lines("recover_degraded", second_attempt(mapping));
    } else {
        values
            .set_lines("recover_variables", vec![])
            .set_lines("recover_degraded", vec![]);
    }
}

fn variables() -> Vec<String> {
    ["left_out pg_catalog.text[];", "spare pg_catalog.text;"]
        .map(|line| format!("    {line}"))
        .to_vec()
}

fn second_attempt(mapping: &Mapping) -> Vec<String> {
    let fed = mapping.columns.iter().filter(|column| column.may_degrade());
    let kept = mapping
        .columns
        .iter()
        .filter(|column| column.is_fed_by_metadata() && mapping.keep.contains(&column.name));
    let mut lines = vec![
        "-- Waiting in vain is nobody's metadata, and neither is a table that was altered."
            .to_owned(),
        "if state not in ('55P03', '57014')".to_owned(),
        "    and (state not like '42%' or state in ('42804', '42846')) then".to_owned(),
        "    begin".to_owned(),
        format!(
            "        if exists (select from rollcall.wanted w where w.{} = recover.the_user) then",
            for_user(mapping)
        ),
    ];
    lines.extend(
        [
            "            if rollcall.create_profile(the_user, true) = 'created' then",
            "                everything := true;",
            "            else",
            "                perform rollcall.refresh_profile(the_user, everything, true);",
            "            end if;",
            "            if everything then",
        ]
        .map(str::to_owned),
    );
    lines.extend(leave_out(fed));
    if kept.clone().next().is_some() {
        lines.push("            else".to_owned());
        lines.extend(leave_out(kept));
    }
    lines.extend(
        [
            "            end if;",
            "            reason := 'degraded';",
            "        end if;",
            "    exception",
            "        -- Metadata was not all that is wrong: this failure is the one to tell.",
            "        when others or query_canceled or assert_failure then",
            "            get stacked diagnostics",
            "                state = returned_sqlstate, schema_name = schema_name,",
            "                table_name = table_name, constraint_name = constraint_name;",
            "            left_out := null;",
            "    end;",
        ]
        .map(str::to_owned),
    );
    lines.extend(indented(fill_in(mapping), 1));
    lines.push("end if;".to_owned());
    indented(lines, 1)
}

fn leave_out<'a>(columns: impl Iterator<Item = &'a Column>) -> Vec<String> {
    let names = columns
        .map(|column| literal(column.name.text()))
        .collect::<Vec<_>>();
    indented(list("left_out := array[", &names, "];", 5), 4)
}

/// Each of the columns that were left out, by itself.
fn fill_in(mapping: &Mapping) -> Vec<String> {
    let key = &mapping.key.name;
    let table = literal(&mapping.table.to_string());
    let mut condition = format!("w.{} = $1 and p.{key} = w.{key}", for_user(mapping));
    if mapping.removal.is_some() {
        condition = format!("{condition} and {}", live(mapping));
    }
    let condition = literal(&condition);
    [
        "-- Each that was left out by itself: only what does not fit stays out.".to_owned(),
        "foreach spare in array coalesce(left_out, '{}') loop".to_owned(),
        "    begin".to_owned(),
        "        execute pg_catalog.format(".to_owned(),
        "            'update %1$s p set %2$I = w.%2$I from rollcall.wanted w".to_owned(),
        "            where %3$s and p.%2$I::pg_catalog.text is distinct from w.%2$I::pg_catalog.text',".to_owned(),
        format!("            {table}::pg_catalog.text,"),
        "            spare,".to_owned(),
        format!("            {condition}::pg_catalog.text"),
        "        ) using the_user;".to_owned(),
        "        perform rollcall.check_deferred();".to_owned(),
        "        left_out := pg_catalog.array_remove(left_out, spare);".to_owned(),
        "    exception".to_owned(),
        "        when query_canceled or lock_not_available then exit;".to_owned(),
        "        when others or assert_failure then null;".to_owned(),
        "    end;".to_owned(),
        "end loop;".to_owned(),
        "if reason = 'degraded' and coalesce(pg_catalog.cardinality(left_out), 0) = 0 then"
            .to_owned(),
        "    return null;".to_owned(),
        "end if;".to_owned(),
    ]
    .to_vec()
}
