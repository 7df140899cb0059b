//! What there is in a database besides `rollcall`.

use std::collections::BTreeSet;

use rollcall_tests::World;
use sqlx::{AssertSqlSafe, PgConnection};

/// A database with something in it that nobody may touch.
pub(super) async fn world_with_canary() -> World {
    World::bare(
        "create schema canary;
         create table canary.bird (name text);
         insert into canary.bird values ('alive')",
    )
    .await
}

/// Every schema, relation, column, function, type, trigger, constraint, role and database, a line
/// for each, and how the canary is. What remains by intention is left out, and so are Rollcall's
/// own things.
pub(super) async fn all(world: &World) -> BTreeSet<String> {
    let sql = "
        with spaces as (
            select oid, nspname as schema from pg_namespace
            where nspname !~ '^pg_(temp|toast)' and nspname <> 'rollcall'
        )
        select format('schema %s', schema) from spaces
        union all
        select format('relation %s %s %s', s.schema, c.relname, c.relkind)
        from pg_class c join spaces s on s.oid = c.relnamespace
        union all
        select format('column %s %s %s', s.schema, c.relname, a.attname)
        from pg_class c join spaces s on s.oid = c.relnamespace
        join pg_attribute a on a.attrelid = c.oid
        union all
        select format('function %s %s', s.schema, p.proname)
        from pg_proc p join spaces s on s.oid = p.pronamespace
        union all
        select format('type %s %s', s.schema, t.typname)
        from pg_type t join spaces s on s.oid = t.typnamespace
        union all
        select format('constraint %s %s', s.schema, k.conname)
        from pg_constraint k join spaces s on s.oid = k.connamespace
        union all
        select format('trigger %s %s', tgrelid::regclass, tgname)
        from pg_trigger where not tgisinternal
        union all
        select format('role %s', rolname) from pg_roles
        union all
        select format('canary %s', name) from canary.bird";
    let mut connection = world.connect("supabase_admin").await;
    let lines: Vec<String> = fetch(&mut connection, sql).await;
    lines
        .into_iter()
        .filter(|line| {
            ![
                " public cleanup_audit_log",
                " public _cleanup_audit_log",
                " public error_logs",
                " public _error_logs",
            ]
            .iter()
            .any(|kept| line.contains(kept))
        })
        .collect()
}

/// What the second has and the first has not. What the first alone has is an error.
pub(super) fn added(before: &BTreeSet<String>, after: &BTreeSet<String>) -> BTreeSet<String> {
    let lost: Vec<_> = before.difference(after).collect();
    assert!(lost.is_empty(), "gone: {lost:?}");
    after.difference(before).cloned().collect()
}

/// Who last wrote every object and every line of Rollcall's own records.
pub(super) async fn versions(world: &World) -> Vec<String> {
    let sql = "
        select format('%s %s %s', c.tableoid::regclass, c.oid, c.xmin) from pg_class c
        union all
        select format('%s %s %s', p.tableoid::regclass, p.oid, p.xmin) from pg_proc p
        union all
        select format('%s %s %s', t.tableoid::regclass, t.oid, t.xmin) from pg_trigger t
        union all
        select format('%s %s', i.object, i.xmin) from rollcall.installed i
        order by 1";
    fetch(&mut world.connect("supabase_admin").await, sql).await
}

async fn fetch(connection: &mut PgConnection, sql: &str) -> Vec<String> {
    sqlx::query_scalar(AssertSqlSafe(sql))
        .fetch_all(connection)
        .await
        .expect("the catalog")
}
