-- Every foreign key that is one column wide.
select
    n.nspname::text as schema,
    c.relname::text as relation,
    a.attname::text as column,
    k.conname::text as name,
    fn.nspname::text as target_schema,
    fc.relname::text as target_relation,
    fa.attname::text as target_column,
    k.confdeltype::text as on_delete,
    k.convalidated as is_validated
from pg_catalog.pg_constraint k
join pg_catalog.pg_class c on c.oid = k.conrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = k.conkey[1]
join pg_catalog.pg_class fc on fc.oid = k.confrelid
join pg_catalog.pg_namespace fn on fn.oid = fc.relnamespace
join pg_catalog.pg_attribute fa on fa.attrelid = k.confrelid and fa.attnum = k.confkey[1]
where k.contype = 'f'
    and pg_catalog.cardinality(k.conkey) = 1
    -- Towards a partitioned table there is one more for each partition.
    and k.conparentid = 0
order by n.nspname, c.relname, k.conname
