-- Functions that Supabase Auth may call as a hook: its role was given them by name, and they take
-- one JSON value and answer with one.
select p.oid::pg_catalog.regprocedure::text as function
from pg_catalog.pg_proc p
join pg_catalog.pg_namespace n on n.oid = p.pronamespace
cross join lateral pg_catalog.aclexplode(p.proacl) a
join pg_catalog.pg_roles g on g.oid = a.grantee and g.rolname = 'supabase_auth_admin'
where p.pronargs = 1
    and p.proargtypes[0] in ('json'::pg_catalog.regtype, 'jsonb'::pg_catalog.regtype)
    and p.prorettype in ('json'::pg_catalog.regtype, 'jsonb'::pg_catalog.regtype)
    and n.nspname not in ('auth', 'pg_catalog', 'information_schema')
order by 1
