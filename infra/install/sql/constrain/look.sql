-- A child table's column ($1 schema, $2 table, $3 column) and the profile table's key, as far as
-- they are there.
with recursive domains as (
    select t.oid as domain, t.typbasetype as type
    from pg_catalog.pg_type t
    where t.typtype = 'd'
    union all
    select d.domain, t.typbasetype
    from domains d
    join pg_catalog.pg_type t on t.oid = d.type and t.typtype = 'd'
), families as (
    select t.oid as type, case when b.typname = 'uuid' then 'uuid' when b.typcategory = 'S' then 'text' end as family
    from pg_catalog.pg_type t
    left join domains d
        on d.domain = t.oid and not exists (select from domains e where e.domain = d.type)
    join pg_catalog.pg_type b on b.oid = coalesce(d.type, t.oid)
), child as (
    select c.*
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname = $1 and c.relname = $2
), profile as (
    select c.oid, f.table_name, f.key_name
    from rollcall.profile_table() f
    left join (
        pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    ) on n.nspname || '.' || c.relname = f.table_name
)
select
    c.oid as relation,
    c.relkind::text as kind,
    pg_catalog.pg_get_userbyid(c.relowner)::text as owner,
    coalesce(pg_catalog.pg_has_role(c.relowner, 'usage'), false) as is_owner,
    a.attnum as number,
    coalesce(a.attnotnull, false) as not_null,
    pg_catalog.format_type(a.atttypid, a.atttypmod) as type_name,
    (select f.family from families f where f.type = a.atttypid) as family,
    p.table_name as profile,
    p.key_name as key,
    pg_catalog.format_type(k.atttypid, k.atttypmod) as key_type,
    (select f.family from families f where f.type = k.atttypid) as key_family,
    coalesce(pg_catalog.has_column_privilege(p.oid, k.attnum, 'references'), false) as may_refer,
    exists (
        select from pg_catalog.pg_index i
        where i.indrelid = p.oid and i.indisunique and i.indisvalid and i.indimmediate
            and i.indpred is null and i.indexprs is null
            and i.indnkeyatts = 1 and i.indkey[0] = k.attnum
    ) as key_is_unique,
    c.oid = p.oid and a.attnum = k.attnum as is_key,
    array(
        select t.conname::text from pg_catalog.pg_constraint t where t.conrelid = c.oid
    ) as constraints,
    (
        select l.nspname || '.' || r.relname
        from pg_catalog.pg_partition_root(c.oid) t
        join pg_catalog.pg_class r on r.oid = t
        join pg_catalog.pg_namespace l on l.oid = r.relnamespace
        where c.relispartition
    ) as whole,
    array(
        select l.nspname || '.' || r.relname
        from pg_catalog.pg_partition_tree(c.oid) t
        join pg_catalog.pg_class r on r.oid = t.relid
        join pg_catalog.pg_namespace l on l.oid = r.relnamespace
        where c.relkind = 'p' and t.isleaf
        order by 1
    ) as leaves
from profile p
left join child c on true
left join pg_catalog.pg_attribute a
    on a.attrelid = c.oid and a.attname = $3 and a.attnum > 0 and not a.attisdropped
left join pg_catalog.pg_attribute k
    on k.attrelid = p.oid and k.attname = p.key_name and k.attnum > 0 and not k.attisdropped
