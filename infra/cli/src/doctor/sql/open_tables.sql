-- Rollcall's tables without row-level security, or with a policy that lets somebody in.
select
    c.oid::pg_catalog.regclass::text as name,
    c.relrowsecurity as has_row_security
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p')
    and (
        n.nspname = 'rollcall'
        or n.nspname = 'public' and c.relname = any ($1)
            and pg_catalog.obj_description(c.oid, 'pg_class') like 'Rollcall%'
    )
    and (
        not c.relrowsecurity
        or exists (select from pg_catalog.pg_policy p where p.polrelid = c.oid)
    )
order by 1
