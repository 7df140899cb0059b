-- The foreign keys of a column: $1 its table, $2 its number.
select
    k.conname::text as name,
    n.nspname || '.' || t.relname as target,
    -- With other columns it says whose all of these are together, unless that is a user.
    pg_catalog.cardinality(k.conkey) = 1
        or n.nspname || '.' || t.relname in (p.table_name, 'auth.users') as ties,
    pg_catalog.cardinality(k.conkey) = 1
        and n.nspname || '.' || t.relname = p.table_name and h.attname = p.key_name as is_wanted,
    k.convalidated as is_valid,
    -- PostgreSQL 18 has keys that nobody keeps.
    coalesce((pg_catalog.to_jsonb(k) ->> 'conenforced')::boolean, true) as is_enforced,
    k.confdeltype::text as on_delete
from pg_catalog.pg_constraint k
join pg_catalog.pg_class t on t.oid = k.confrelid
join pg_catalog.pg_namespace n on n.oid = t.relnamespace
join pg_catalog.pg_attribute h on h.attrelid = k.confrelid and h.attnum = k.confkey[1]
cross join rollcall.profile_table() p
where k.conrelid = $1 and k.contype = 'f' and $2 = any (k.conkey)
order by 3 desc, k.convalidated desc, k.conname
