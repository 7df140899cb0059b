-- Every right on Rollcall's own things that somebody has beyond their owner and what is granted on
-- purpose: to Rollcall's roles the entry points, to `authenticated` its own profile.
with functions as (
    select p.oid, n.nspname as schema, p.proacl, p.proowner
    from pg_catalog.pg_proc p
    join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    where n.nspname = 'rollcall'
        or coalesce(pg_catalog.obj_description(p.oid, 'pg_proc'), '') like 'Rollcall%'
            and pg_catalog.strpos(p.prosrc, 'rollcall.') > 0
),
relations as (
    select c.oid, c.relkind, c.relacl, c.relowner
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
        and (
            n.nspname = 'rollcall'
            or n.nspname = 'public' and c.relname = any ($1)
                and pg_catalog.obj_description(c.oid, 'pg_class') like 'Rollcall%'
        )
),
ours as (
    select 'schema' as kind, pg_catalog.quote_ident(n.nspname) as name, n.nspowner as owner,
        coalesce(n.nspacl, pg_catalog.acldefault('n', n.nspowner)) as acl
    from pg_catalog.pg_namespace n
    where n.nspname = 'rollcall'
    union all
    select 'function', f.oid::pg_catalog.regprocedure::text, f.proowner,
        coalesce(f.proacl, pg_catalog.acldefault('f', f.proowner))
    from functions f
    union all
    select
        case r.relkind when 'v' then 'view' when 'm' then 'view' when 'S' then 'sequence' else 'table' end,
        r.oid::pg_catalog.regclass::text, r.relowner,
        coalesce(
            r.relacl,
            pg_catalog.acldefault(case r.relkind when 'S' then 's' else 'r' end::"char", r.relowner)
        )
    from relations r
    union all
    select 'column', r.oid::pg_catalog.regclass::text || '.' || pg_catalog.quote_ident(a.attname),
        r.relowner, a.attacl
    from relations r
    join pg_catalog.pg_attribute a on a.attrelid = r.oid and not a.attisdropped
)
select
    o.kind,
    o.name,
    coalesce(g.rolname::text, 'everybody') as grantee,
    pg_catalog.string_agg(pg_catalog.lower(a.privilege_type), ', ' order by a.privilege_type) as rights
from ours o
cross join lateral pg_catalog.aclexplode(o.acl) a
left join pg_catalog.pg_roles g on g.oid = a.grantee
where a.grantee <> o.owner
    and not coalesce(
        g.rolname in ('rollcall_app', 'rollcall_operator') and not a.is_grantable
            and (o.kind, a.privilege_type) in (('schema', 'USAGE'), ('function', 'EXECUTE')),
        false
    )
    and not coalesce(
        g.rolname = 'authenticated' and o.kind = 'function' and not a.is_grantable
            and o.name = 'public.ensure_user_profile()',
        false
    )
group by o.kind, o.name, g.rolname
order by o.name, g.rolname
