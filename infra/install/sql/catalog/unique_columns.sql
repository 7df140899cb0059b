-- Columns that `on conflict (column)` can name: under a unique index of their own that is valid,
-- immediate, whole and plain.
select distinct
    n.nspname::text as schema,
    c.relname::text as relation,
    a.attname::text as name
from pg_catalog.pg_index i
join pg_catalog.pg_class c on c.oid = i.indrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
where i.indisunique
    and i.indisvalid
    and i.indisready
    and i.indimmediate
    and i.indnkeyatts = 1
    and i.indpred is null
    and i.indexprs is null
    and c.relkind in ('r', 'p')
    and n.nspname <> 'information_schema'
    and n.nspname !~ '^pg_'
order by 1, 2, 3
