-- Every relation that could be a profile table or a child table, and those that only look so.
select
    n.nspname::text as schema,
    c.relname::text as name,
    c.relkind::text as kind,
    c.relkind = 'r' and exists (
        select from pg_catalog.pg_inherits i where i.inhparent = c.oid
    ) as has_children,
    c.relispartition as is_partition
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'v', 'm', 'f')
    and n.nspname <> 'information_schema'
    and n.nspname !~ '^pg_'
order by n.nspname, c.relname
