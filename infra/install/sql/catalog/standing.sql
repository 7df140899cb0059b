-- Whatever stands in `public` under one of the names given, table or not, and what its comment says.
select
    c.relname::text as name,
    c.relkind::text as kind,
    coalesce(pg_catalog.obj_description(c.oid, 'pg_class'), '') as comment
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'public'
    and c.relname = any ($1)
order by c.relname
