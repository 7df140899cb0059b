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
    pg_catalog.pg_get_expr(d.adbin, d.adrelid) as its_default,
    -- What names the column, and has to be made again around a change of its type.
    array(
        select distinct pg_catalog.pg_describe_object(e.classid, e.objid, 0)
        from pg_catalog.pg_depend e
        where e.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
            and e.refobjid = c.oid and e.refobjsubid = a.attnum
            and e.classid in (
                'pg_catalog.pg_policy'::pg_catalog.regclass,
                'pg_catalog.pg_rewrite'::pg_catalog.regclass,
                'pg_catalog.pg_trigger'::pg_catalog.regclass
            )
            and not exists (select from pg_catalog.pg_trigger g where g.oid = e.objid and g.tgisinternal)
        order by 1
    ) as named_by,
    -- A partition under its table, too.
    exists (
        select from rollcall.child_tables() r
        join pg_catalog.pg_class t on t.oid in (c.oid, pg_catalog.pg_partition_root(c.oid)::oid)
        join pg_catalog.pg_namespace l on l.oid = t.relnamespace
        where r.table_name = l.nspname || '.' || t.relname and r.column_name = $3
    ) as is_configured,
    coalesce(
        pg_catalog.has_schema_privilege('auth', 'usage')
            and pg_catalog.has_column_privilege('auth.users', 'id', 'select'),
        false
    ) as may_read_auth,
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
    ) as leaves,
    array(
        select l.nspname || '.' || r.relname
        from pg_catalog.pg_partition_tree(c.oid) t
        join pg_catalog.pg_class r on r.oid = t.relid
        join pg_catalog.pg_namespace l on l.oid = r.relnamespace
        join pg_catalog.pg_attribute o on o.attrelid = r.oid and o.attname = $3
        where c.relkind = 'p' and t.isleaf and not exists (
            select from pg_catalog.pg_index i
            join pg_catalog.pg_class x on x.oid = i.indexrelid
            join pg_catalog.pg_am m on m.oid = x.relam
            where i.indrelid = r.oid and i.indkey[0] = o.attnum and i.indisvalid and i.indisready
                and m.amname in ('btree', 'hash')
                and (
                    i.indpred is null
                    or i.indpred::text ~ pg_catalog.format(
                        '^[{]NULLTEST :arg [{]VAR :varno 1 :varattno %s [^}]*[}] :nulltesttype 1 ', o.attnum
                    )
                )
        )
        order by 1
    ) as unserved
from profile p
left join child c on true
left join pg_catalog.pg_attribute a
    on a.attrelid = c.oid and a.attname = $3 and a.attnum > 0 and not a.attisdropped
left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
left join pg_catalog.pg_attribute k
    on k.attrelid = p.oid and k.attname = p.key_name and k.attnum > 0 and not k.attisdropped
