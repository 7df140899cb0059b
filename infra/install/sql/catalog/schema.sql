-- Whether the schema `rollcall` is there, whose it is, and whether its list of what was made is
-- there and can be read. Row-level security would hide the rows without a word.
select
    coalesce(pg_catalog.obj_description(n.oid, 'pg_namespace'), '') as comment,
    c.oid is not null as has_list,
    case
        when c.oid is null or not pg_catalog.has_schema_privilege(n.oid, 'usage') then false
        when not pg_catalog.has_table_privilege(c.oid, 'select') then false
        else not pg_catalog.row_security_active(c.oid)
    end as is_readable
from pg_catalog.pg_namespace n
left join pg_catalog.pg_class c
    on c.relnamespace = n.oid and c.relname = 'installed' and c.relkind = 'r'
where n.nspname = 'rollcall'
