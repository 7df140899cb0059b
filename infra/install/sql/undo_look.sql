-- Locks the profiles of these users against any change and any new reference, and answers whose
-- profile is held by somebody else just now. Asked user by user, by the index, whatever the
-- statistics say.
call pg_temp.define('function', 'rollcall.hold_profiles(uuid[])', '', $ddl$
create or replace function rollcall.hold_profiles(users uuid[])
returns uuid[]
language sql
set search_path = pg_temp
as $body$
    select coalesce(pg_catalog.array_agg(u.user_id), '{}')
    from (
        select u.user_id, h.is_held
        from pg_catalog.unnest(users) u (user_id)
        left join lateral (
            select true as is_held
            from {{table}} p
            where p.{{key}} = {{undo_key}}
            for update skip locked
        ) h on true
    ) u
    where u.is_held is null
        and (select true from {{table}} p where p.{{key}} = {{undo_key}});
$body$
$ddl$);

-- Which of these users' profiles are as the run made them, which are not, and which are gone.
-- `batches` says of each user which batch of the run made theirs.
--
-- The number that a version of a row shows comes round again after four billion transactions, so
-- half of these are too many. A batch whose own record does not come from the transaction that it
-- names has been dumped and restored, and so have the profiles.
call pg_temp.define('function', 'rollcall.find_unchanged(uuid,uuid[],bigint[])', '', $ddl$
create or replace function rollcall.find_unchanged(
    undone uuid, users uuid[], batches bigint[],
    out unchanged uuid[], out changed uuid[], out gone uuid[]
)
language sql
stable
set search_path = pg_temp
as $body$
    select
        coalesce(pg_catalog.array_agg(f.user_id) filter (where f.is_unchanged), '{}'),
        coalesce(pg_catalog.array_agg(f.user_id) filter (where not f.is_unchanged), '{}'),
        coalesce(pg_catalog.array_agg(f.user_id) filter (where f.version is null), '{}')
    from (
        select
            v.user_id,
            v.version,
            case when v.version is not null then (v.batch, v.version) in (
                select b.begins_at, m.version::pg_catalog.text
                from rollcall.run_batches b
                cross join lateral pg_catalog.unnest(b.versions) m (version)
                cross join (
                    select pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::pg_catalog.text::bigint
                ) t (latest)
                where b.run_id = undone
                    and b.begins_at >= (select min(n.batch) from pg_catalog.unnest(batches) n (batch))
                    and b.begins_at <= (select max(n.batch) from pg_catalog.unnest(batches) n (batch))
                    and b.xmin = coalesce(b.written_by, b.transaction_id)::pg_catalog.xid
                    and t.latest - b.transaction_id::pg_catalog.text::bigint between 0 and 2147483647
            ) end as is_unchanged
        from (
            select
                u.user_id,
                u.batch,
                (
                    select p.xmin from {{table}} p where p.{{key}} = {{undo_key}}
                )::pg_catalog.text as version
            from rows from (
                pg_catalog.unnest(users), pg_catalog.unnest(batches)
            ) u (user_id, batch)
            offset 0
        ) v
    ) f;
$body$
$ddl$);

-- The foreign keys that refer to a table, or to a partition of it alone: where from, with the condition that
-- a row `c` there refers to the row `t`, and whether rows of the table itself may be such rows.
call pg_temp.define('function', 'rollcall.referrers_of(oid)', '', $ddl$
create or replace function rollcall.referrers_of(
    relation oid, out constraint_name text, out referrer regclass, out is_same text, out is_within boolean,
    out on_delete text
)
returns setof record
language sql
stable
set search_path = pg_temp
as $body$
    with held as (
        select referrers_of.relation as oid
        union
        select t.relid from pg_catalog.pg_partition_tree(referrers_of.relation) t
    )
    select
        k.conname,
        k.conrelid::pg_catalog.regclass,
        pg_catalog.string_agg(
            pg_catalog.format(
                't.%I operator(%I.%s) c.%I%s', held.attname, s.nspname, o.oprname, child.attname,
                case when l.oid is not null then
                    pg_catalog.format(' collate %I.%I', ls.nspname, l.collname)
                end
            ),
            ' and ' order by e.place
        ),
        k.conrelid = k.confrelid
            or exists (
                select from pg_catalog.pg_partition_ancestors(k.confrelid) a where a.relid = k.conrelid
            ),
        case k.confdeltype
            when 'a' then 'no action'
            when 'r' then 'restrict'
            when 'c' then 'cascade'
            when 'n' then 'set null'
            when 'd' then 'set default'
        end
    from pg_catalog.pg_constraint k
    cross join lateral rows from (
        pg_catalog.unnest(k.conkey), pg_catalog.unnest(k.confkey), pg_catalog.unnest(k.conpfeqop)
    ) with ordinality e (child_number, held_number, equal, place)
    join pg_catalog.pg_attribute child
        on child.attrelid = k.conrelid and child.attnum = e.child_number
    join pg_catalog.pg_attribute held
        on held.attrelid = k.confrelid and held.attnum = e.held_number
    join pg_catalog.pg_operator o on o.oid = e.equal
    join pg_catalog.pg_namespace s on s.oid = o.oprnamespace
    left join pg_catalog.pg_collation l on l.oid = held.attcollation and child.attcollation <> 0
    left join pg_catalog.pg_namespace ls on ls.oid = l.collnamespace
    where k.contype = 'f'
        and k.confrelid in (select h.oid from held h)
        -- What a partition has of its table's key is looked at with that.
        and not exists (
            select from pg_catalog.pg_constraint p
            where p.oid = k.conparentid and p.confrelid in (select h.oid from held h)
        )
    group by k.oid, k.conname, k.conrelid, k.confrelid, k.confdeltype
    order by 2, 1;
$body$
$ddl$);

-- Where rows may refer to a profile `t`: by a foreign key, and in the configured child tables; with the
-- condition for a row `c`. A row that refers only to itself goes with itself.
call pg_temp.define('function', 'rollcall.referrers()', '', $ddl$
create or replace function rollcall.referrers(out referrer regclass, out is_same text)
returns setof record
language sql
stable
set search_path = pg_temp
as $body$
    select
        f.referrer,
        f.is_same || case
            when f.is_within then ' and (t.tableoid, t.ctid) <> (c.tableoid, c.ctid)' else ''
        end
    from rollcall.referrers_of({{table_literal}}::pg_catalog.regclass) f
    union
    select pg_catalog.to_regclass(t.referrer), t.is_same
    from (
        {{child_referrers}}
    ) t (referrer, is_same)
    -- A table that is gone refers to nobody.
    where pg_catalog.to_regclass(t.referrer) is not null
    order by 1, 2;
$body$
$ddl$);

-- Which of these users' profiles the rows of one such table refer to.
call pg_temp.define('function', 'rollcall.find_referred(regclass,text,uuid[])', '', $ddl$
create or replace function rollcall.find_referred(referrer regclass, is_same text, todo uuid[])
returns uuid[]
language plpgsql
stable
set search_path = pg_temp
-- A table without an index is read once, not once for each.
set enable_mergejoin = off
as $body$
declare
    found_there pg_catalog.uuid[];
begin
    execute pg_catalog.format(
        'select array(
            select t.%1$I::pg_catalog.uuid from %2$s t
            where t.%1$I = any ($1) and exists (select from %3$s c where %4$s)
        )',
        {{key_name_literal}}, {{table_literal}}::pg_catalog.regclass, referrer, is_same
    )
    into found_there
    using {{todo_keys}};
    return found_there;
end
$body$
$ddl$);

-- Users that are in the one list and not in the other.
call pg_temp.define('function', 'rollcall.without(uuid[],uuid[])', '', $ddl$
create or replace function rollcall.without(users uuid[], others uuid[])
returns uuid[]
language sql
stable
set search_path = pg_temp
as $body$
    select array(select pg_catalog.unnest(users) except select pg_catalog.unnest(others));
$body$
$ddl$);
