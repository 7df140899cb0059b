//! Who may do what with Rollcall's things: a property of the catalog.

use rollcall_tests::{World, shapes};
use sqlx::AssertSqlSafe;

/// As on Supabase, where whatever `postgres` makes in `public` belongs to everybody; and a little
/// more than there.
const GENEROUS: &str = "
    alter default privileges in schema public grant all on tables to anon, authenticated, service_role;
    alter default privileges in schema public grant all on functions to anon, authenticated, service_role;
    alter default privileges grant all on tables to anon, service_role;
    alter default privileges grant all on functions to anon, service_role;
    alter default privileges grant usage on schemas to anon, service_role;
";

/// Everything of ours: its kind, name, rights and owner.
const OURS: &str = "
    with ours as (
        select 'schema' as kind, n.nspname::text as name, n.nspacl as acl, 'n' as letter, n.nspowner as owner
        from pg_namespace n where n.nspname = 'rollcall'
        union all
        select case c.relkind when 'v' then 'view' else 'table' end, c.oid::regclass::text, c.relacl, 'r', c.relowner
        from pg_class c
        where c.relkind in ('r', 'v', 'S')
            and (c.relnamespace = 'rollcall'::regnamespace
                or c.oid in ('public.cleanup_audit_log'::regclass, 'public.error_logs'::regclass))
        union all
        select 'function', p.oid::regprocedure::text, p.proacl, 'f', p.proowner
        from pg_proc p
        where p.pronamespace = 'rollcall'::regnamespace
            or exists (
                select from rollcall.installed i
                where i.object like 'function public.%' and p.oid = to_regprocedure(substr(i.object, 10))
            )
    )";

async fn list(world: &World, sql: &str) -> Vec<String> {
    let mut connection = world.connect("supabase_admin").await;
    sqlx::query_scalar(AssertSqlSafe(sql))
        .fetch_all(&mut connection)
        .await
        .expect(sql)
}

async fn generous_world() -> World {
    let (sql, toml) = shapes::USERS;
    let world = World::bare(&format!("{GENEROUS} {sql}")).await;
    super::apply(&world, toml).await.expect("installed");
    world
}

#[tokio::test]
async fn nobody_but_the_owner_and_the_two_roles_has_any_right() {
    let world = generous_world().await;
    let rights = list(
        &world,
        &format!(
            "{OURS} select format('%s %s: %s may %s', kind, name, a.grantee::regrole, lower(a.privilege_type))
            from ours cross join lateral aclexplode(coalesce(acl, acldefault(letter::\"char\", owner))) a
            where a.grantee <> owner order by 1"
        ),
    )
    .await;
    insta::assert_snapshot!(rights.join("\n"));
}

#[tokio::test]
async fn row_security_is_on_everywhere_and_no_policy_lets_anybody_in() {
    let world = generous_world().await;
    let open = format!(
        "{OURS} select name from ours join pg_class c on kind = 'table' and c.oid = name::regclass
        where not c.relrowsecurity or exists (select from pg_policy p where p.polrelid = c.oid)"
    );
    assert_eq!(list(&world, &open).await, Vec::<String>::new());
}

#[tokio::test]
async fn every_function_resolves_names_in_no_schema_that_others_may_write_to() {
    let world = generous_world().await;
    let loose = format!(
        "{OURS} select name from ours join pg_proc p on kind = 'function' and p.oid = name::regprocedure
        where p.prosqlbody is null
            and not coalesce('search_path=pg_temp' = any (p.proconfig), false)"
    );
    assert_eq!(list(&world, &loose).await, Vec::<String>::new());
    // One whose names were resolved when it was made runs with its caller's rights.
    let parsed = format!(
        "{OURS} select name from ours join pg_proc p on kind = 'function' and p.oid = name::regprocedure
        where p.prosqlbody is not null and p.prosecdef"
    );
    assert_eq!(list(&world, &parsed).await, Vec::<String>::new());
}

#[tokio::test]
async fn what_is_called_from_outside_runs_as_its_owner_and_sees_through_row_security() {
    let world = generous_world().await;
    let blind = format!(
        "{OURS} select name from ours join pg_proc p on kind = 'function' and p.oid = name::regprocedure
        where cardinality(p.proacl) > 1
            and not (p.prosecdef and 'row_security=off' = any (p.proconfig))"
    );
    assert_eq!(list(&world, &blind).await, Vec::<String>::new());
}
