//! Installing: twice without effect, whole or not at all, over nobody else's things, and out
//! again.

mod adoption;
mod alone;
mod changes;
mod locks;
mod overreach;
mod refusals;
mod rights;
mod shadows;
mod twice;

use rollcall_install::render;
use rollcall_tests::World;
use sqlx::AssertSqlSafe;

/// Applies a `rollcall.toml` through `psql`, as the demoted `postgres`; the error if it fails.
async fn apply(world: &World, toml: &str) -> Result<(), String> {
    let migration = render::migration(&world.mapping(toml).await);
    through_psql(world, &migration)
}

fn through_psql(world: &World, sql: &str) -> Result<(), String> {
    let output = world.psql("postgres", sql);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() {
        assert_eq!(text, "", "it says something although all is well");
        Ok(())
    } else {
        Err(text)
    }
}

/// Takes Rollcall out again.
fn uninstall(world: &World) -> Result<(), String> {
    through_psql(world, &render::uninstall())
}

/// Whether a line of the catalog is about what stays when Rollcall is taken out.
fn is_kept(line: &str) -> bool {
    line.contains("cleanup_audit_log") || line.contains("error_logs")
}

/// Every object of the application's and of Rollcall's, with all that the catalog says of it; a
/// line for each. With `versions`, also which transaction wrote it.
async fn catalog(world: &World, versions: bool) -> Vec<String> {
    let xmin = if versions { "xmin" } else { "0" };
    let sql = format!(
        "with spaces as (
            select oid, {xmin} as version, nspname, nspowner, nspacl from pg_namespace
            where nspname !~ '^pg_' and nspname not in ('information_schema')
        )
        select format('schema %I %s %s %s %s', nspname, nspowner::regrole, nspacl, version,
            obj_description(oid, 'pg_namespace')) from spaces
        union all
        select format('relation %s %s %s %s %s %s %s', c.oid::regclass, c.relkind, c.relowner::regrole,
            c.relacl, c.relrowsecurity, c.{xmin_or_zero}, obj_description(c.oid, 'pg_class'))
        from pg_class c join spaces s on s.oid = c.relnamespace
        union all
        select format('column %s %s %s %s', a.attrelid::regclass, a.attname,
            format_type(a.atttypid, a.atttypmod), a.attnotnull)
        from pg_attribute a join pg_class c on c.oid = a.attrelid
        join spaces s on s.oid = c.relnamespace where a.attnum > 0 and not a.attisdropped
        union all
        select format('view %s %s', c.oid::regclass, pg_get_viewdef(c.oid))
        from pg_class c join spaces s on s.oid = c.relnamespace where c.relkind = 'v'
        union all
        select format('function %s %s %s %s %s', p.oid::regprocedure, p.proowner::regrole, (
                select string_agg(format('%s %s %s', a.grantee::regrole, a.privilege_type, a.is_grantable), ', '
                    order by a.grantee, a.privilege_type)
                from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
            ), p.{xmin_or_zero}, pg_get_functiondef(p.oid) || coalesce(obj_description(p.oid, 'pg_proc'), ''))
        from pg_proc p join spaces s on s.oid = p.pronamespace where p.prokind in ('f', 'p')
        union all
        select format('trigger %s %s %s', t.tgenabled, t.{xmin_or_zero}, pg_get_triggerdef(t.oid))
        from pg_trigger t where not t.tgisinternal
        union all
        select format('constraint %s %s %s %s', k.conrelid::regclass, k.conname, k.{xmin_or_zero},
            pg_get_constraintdef(k.oid))
        from pg_constraint k join spaces s on s.oid = k.connamespace
        union all
        select format('policy %s %s', p.polrelid::regclass, p.polname) from pg_policy p
        order by 1",
        xmin_or_zero = if versions { "xmin" } else { "tableoid" },
    );
    let mut connection = world.connect("supabase_admin").await;
    sqlx::query_scalar(AssertSqlSafe(sql))
        .fetch_all(&mut connection)
        .await
        .expect("the catalog")
}
