-- The partitions of a table, of all levels, with the number that a column has in each.
call pg_temp.define('function', 'rollcall.partitions_of(oid,text)', '', $ddl$
create or replace function rollcall.partitions_of(
    relation oid, column_name text, out holder oid, out number smallint, out is_leaf boolean
)
returns setof record
language sql
stable
set search_path = pg_temp
as $body$
    select t.relid::pg_catalog.oid, a.attnum, t.isleaf
    from pg_catalog.pg_partition_tree(partitions_of.relation) t
    join pg_catalog.pg_attribute a
        on a.attrelid = t.relid::pg_catalog.oid and a.attname = partitions_of.column_name and a.attnum > 0
    where t.level > 0;
$body$
$ddl$);

-- Columns of these tables that refer to users or ought to: by a foreign key to the profile table or
-- to auth.users, because they are configured, or by type and name. Of several foreign keys of a
-- column the one that says the most. A partitioned table stands for its partitions: a key that some of
-- these have by themselves is its own, and validated if all of them have it. Each table is asked for by
-- the index, so that one costs little and many cost no more each.
call pg_temp.define('function', 'rollcall.references_in(oid[])', '', $ddl$
create or replace function rollcall.references_in(
    tables oid[],
    out relation regclass, out number smallint, out table_name text, out column_name text,
    out type text, out kind text, out fits_key boolean, out known_by text, out is_partitioned boolean,
    out refers_to text, out by_key boolean, out key_name text, out key_target text,
    out key_columns text[], out target_columns text[], out validated boolean, out on_delete text,
    out index_name text, out is_configured boolean
)
returns setof record
language sql
stable
set search_path = pg_temp
as $body$
    with recursive domains as (
        select t.oid as domain, t.typbasetype as type, t.typtypmod as typmod
        from pg_catalog.pg_type t
        where t.typtype = 'd'
        union all
        select d.domain, t.typbasetype, case when d.typmod = -1 then t.typtypmod else d.typmod end
        from domains d
        join pg_catalog.pg_type t on t.oid = d.type and t.typtype = 'd'
    ), users as (
        select u.relation, u.what, u.place, a.attnum as key
        from (
            values
                (pg_catalog.to_regclass({{table_literal}}), {{key_name_literal}}, 'profile', 1),
                (pg_catalog.to_regclass('auth.users'), 'id', 'auth', 2)
        ) u (relation, key_name, what, place)
        join pg_catalog.pg_attribute a on a.attrelid = u.relation and a.attname = u.key_name
    ), columns as (
        select
            c.oid, a.attnum, n.nspname || '.' || c.relname as table_name, a.attname::pg_catalog.text as column_name,
            pg_catalog.format_type(a.atttypid, a.atttypmod) as type,
            case
                when b.type = 'uuid'::pg_catalog.regtype then 'uuid'
                when b.type in (
                    'text'::pg_catalog.regtype, 'varchar'::pg_catalog.regtype, 'bpchar'::pg_catalog.regtype
                ) then 'text'
                when t.typname = 'citext' and t.typtype = 'b' then 'text'
                else 'other'
            end as kind,
            -- A shorter one holds no id.
            b.type in ('varchar'::pg_catalog.regtype, 'bpchar'::pg_catalog.regtype)
                and b.typmod between 4 and 39 as is_short,
            pg_catalog.lower(pg_catalog.regexp_replace(a.attname, '[^[:alnum:]]', '', 'g')) as plain_name,
            c.relkind = 'p' as is_partitioned, c.relispartition as is_partition
        from pg_catalog.pg_class c
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        left join lateral (
            select d.type, d.typmod
            from domains d
            where d.domain = a.atttypid
                and not exists (select from domains e where e.domain = d.type)
        ) d on true
        cross join lateral (
            select coalesce(d.type, a.atttypid), case when d.type is null then a.atttypmod else d.typmod end
        ) b (type, typmod)
        join pg_catalog.pg_type t on t.oid = b.type
        where c.oid = any (tables)
            and c.relkind in ('r', 'p')
            and c.relpersistence <> 't'
            and n.nspname !~ '^pg_|[.]'
            and n.nspname <> 'information_schema'
            and n.nspname <> all (array[
                {{not_the_application}}
            ])
            and (n.nspname <> 'public' or c.relname not in ('cleanup_audit_log', 'error_logs'))
            and not exists (
                select from pg_catalog.pg_depend e
                where e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                    and e.objid = c.oid and e.deptype = 'e'
            )
            and not exists (
                select from users u where u.what = 'profile' and u.relation = c.oid and u.key = a.attnum
            )
    )
    select
        c.oid, c.attnum, c.table_name, c.column_name, c.type, c.kind, c.kind = {{key_kind}},
        case
            when k.what <> 'other' then 'foreign_key'
            when m.is_configured then 'configured'
            else 'name'
        end,
        c.is_partitioned,
        k.what, k.by_key, k.conname, k.target, k.columns, k.target_columns, k.convalidated,
        case k.confdeltype
            when 'a' then 'no action'
            when 'r' then 'restrict'
            when 'c' then 'cascade'
            when 'n' then 'set null'
            when 'd' then 'set default'
        end,
        (
            select case when pg_catalog.bool_and(x.name is not null) then pg_catalog.min(x.name) end
            from (
                select c.oid as holder, c.attnum as number where not c.is_partitioned
                union all
                select p.holder, p.number
                from rollcall.partitions_of(c.oid, c.column_name) p
                where c.is_partitioned and p.is_leaf
            ) h
            left join lateral (
                select x.relname::pg_catalog.text collate "C" as name
                from pg_catalog.pg_index i
                join pg_catalog.pg_class x on x.oid = i.indexrelid
                join pg_catalog.pg_am am on am.oid = x.relam
                where i.indrelid = h.holder and i.indisvalid and i.indisready and i.indislive
                    and i.indkey[0] = h.number
                    and am.amname in ('btree', 'hash')
                    -- Its condition, if it has one, is that the column is not null.
                    and (
                        i.indpred is null
                        or i.indpred::pg_catalog.text ~ pg_catalog.format(
                            '^[{]NULLTEST :arg [{]VAR :varno 1 :varattno %s [^}]*[}] :nulltesttype 1 ',
                            h.number
                        )
                    )
                order by i.indnatts, x.relname
                limit 1
            ) x on true
        ),
        m.is_configured
    from columns c
    cross join lateral (
        select exists (
            select from rollcall.child_tables() r
            where r.table_name = c.table_name and r.column_name = c.column_name
        )
    ) m (is_configured)
    left join lateral (
        select
            coalesce(u.what, 'other') as what, p.place is not null as by_key, f.conname,
            (
                select n.nspname || '.' || t.relname
                from pg_catalog.pg_class t
                join pg_catalog.pg_namespace n on n.oid = t.relnamespace
                where t.oid = f.confrelid
            ) as target,
            (
                select pg_catalog.array_agg(a.attname::pg_catalog.text order by e.place)
                from pg_catalog.unnest(f.conkey) with ordinality e (attnum, place)
                join pg_catalog.pg_attribute a on a.attrelid = f.conrelid and a.attnum = e.attnum
            ) as columns,
            (
                select pg_catalog.array_agg(a.attname::pg_catalog.text order by e.place)
                from pg_catalog.unnest(f.confkey) with ordinality e (attnum, place)
                join pg_catalog.pg_attribute a on a.attrelid = f.confrelid and a.attnum = e.attnum
            ) as target_columns,
            f.convalidated and (
                h.holder = c.oid
                or not exists (
                    select from rollcall.partitions_of(c.oid, c.column_name) o
                    where o.is_leaf and not exists (
                        select from pg_catalog.pg_constraint g
                        where g.conrelid = o.holder and g.contype = 'f' and g.convalidated
                            and g.confrelid = f.confrelid and o.number = any (g.conkey)
                    )
                )
            ) as convalidated,
            f.confdeltype
        from (
            select c.oid as holder, c.attnum as number
            union all
            select p.holder, p.number
            from rollcall.partitions_of(c.oid, c.column_name) p
            where c.is_partitioned
        ) h
        join pg_catalog.pg_constraint f on f.conrelid = h.holder and f.contype = 'f'
        left join users u on u.relation = f.confrelid
        cross join lateral (select pg_catalog.array_position(f.confkey, u.key)) p (place)
        where
            -- Towards a partitioned table there is one more for each partition, and of a partitioned
            -- table each partition has its own.
            f.conparentid = 0
            -- A key of several columns names the user in that which meets the user's id.
            and case
                when u.what is null then h.number = any (f.conkey)
                else h.number = f.conkey[coalesce(p.place, 1)]
            end
        order by p.place is null, u.place, h.holder <> c.oid, not f.convalidated, f.conname
        limit 1
    ) k on true
    where m.is_configured and (c.kind <> 'other')
        or not c.is_partition and (
            k.what <> 'other'
            or c.kind <> 'other' and not c.is_short and (
                c.plain_name = any (array[
                    {{user_columns}}
                ])
                or c.plain_name ~ '(user|profile)(id|uuid)$'
            )
        )
    order by 3, 2;
$body$
$ddl$);

-- Every column of the application's that refers to users or ought to. Reads nothing but the catalog.
call pg_temp.define('function', 'rollcall.find_references()', 'rollcall_operator', $ddl$
create or replace function rollcall.find_references(
    out relation regclass, out number smallint, out table_name text, out column_name text,
    out type text, out kind text, out fits_key boolean, out known_by text, out is_partitioned boolean,
    out refers_to text, out by_key boolean, out key_name text, out key_target text,
    out key_columns text[], out target_columns text[], out validated boolean, out on_delete text,
    out index_name text, out is_configured boolean
)
returns setof record
language sql
stable
security definer
set search_path = pg_temp
set row_security = off
set jit = off
as $body$
    select f.*
    from rollcall.references_in(
        array(select c.oid from pg_catalog.pg_class c where c.relkind in ('r', 'p'))
    ) f;
$body$
$ddl$);
