-- Every column of those relations, domains read through to the type underneath. A domain can
-- refuse null and have a default as a column can. To spell a column's default ($1) is to open its
-- table, and so to wait for whoever has locked it; otherwise it is said to have one.
with recursive domains as (
    select
        t.oid as domain,
        t.typbasetype as type,
        t.typtypmod as typmod,
        t.typnotnull as not_null,
        pg_catalog.pg_get_expr(t.typdefaultbin, 0) as default_value,
        1 as depth
    from pg_catalog.pg_type t
    where t.typtype = 'd'
    union all
    select
        d.domain,
        t.typbasetype,
        case when d.typmod = -1 then t.typtypmod else d.typmod end,
        d.not_null or t.typnotnull,
        coalesce(d.default_value, pg_catalog.pg_get_expr(t.typdefaultbin, 0)),
        d.depth + 1
    from domains d
    join pg_catalog.pg_type t on t.oid = d.type and t.typtype = 'd'
),
resolved as (
    select distinct on (d.domain) d.*
    from domains d
    order by d.domain, d.depth desc
)
select
    n.nspname::text as schema,
    c.relname::text as relation,
    a.attname::text as name,
    -- -1 leaves out length and precision: a cast to this type never truncates. A cast to a
    -- domain would, so the type is the one underneath, and the assignment checks the domain.
    pg_catalog.format_type(t.oid, -1) as sql_type,
    -- An application may have a type of its own that is called `date`, too.
    case
        when t.typnamespace = 'pg_catalog'::pg_catalog.regnamespace
            or (t.typname = 'citext' and t.typtype = 'b')
            then t.typname::text
        else pg_catalog.format_type(t.oid, -1)
    end as type_name,
    t.typcategory::text as category,
    case
        when t.typname in ('varchar', 'bpchar') and m.typmod > 4 then m.typmod - 4
    end as length,
    a.attnotnull or coalesce(r.not_null, false) as not_null,
    case
        when a.attgenerated = '' then
            coalesce(
                case
                    when $1 then pg_catalog.pg_get_expr(d.adbin, d.adrelid)
                    when d.oid is not null then '…'
                end,
                r.default_value
            )
    end as default_value,
    a.attgenerated <> '' as is_generated,
    a.attidentity::text as identity,
    array(
        select e.enumlabel::text
        from pg_catalog.pg_enum e
        where e.enumtypid = t.oid
        order by e.enumsortorder
    ) as labels
from pg_catalog.pg_attribute a
join pg_catalog.pg_class c on c.oid = a.attrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join resolved r on r.domain = a.atttypid
join pg_catalog.pg_type t on t.oid = coalesce(r.type, a.atttypid)
cross join lateral (
    select case when r.domain is null then a.atttypmod else r.typmod end as typmod
) m
left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
where a.attnum > 0
    and not a.attisdropped
    and c.relkind in ('r', 'p', 'v', 'm', 'f')
    and n.nspname <> 'information_schema'
    and n.nspname !~ '^pg_'
order by n.nspname, c.relname, a.attnum
