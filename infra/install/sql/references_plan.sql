-- Begins a plan for child rows.
call pg_temp.define('function', 'rollcall.begin_references(uuid,jsonb,text)', 'rollcall_operator', $ddl$
create or replace function rollcall.begin_references(the_run uuid, scope jsonb, why text)
returns void
language sql
security definer
set search_path = pg_temp
set row_security = off
as $body$
    insert into rollcall.runs (run_id, kind, state, configuration, scope, reason, digest, planned)
    select the_run, 'references', 'planned', c.digest, begin_references.scope, why, '', 0
    from rollcall.configuration c;
$body$
$ddl$);

-- Plans one column of one table: all of its orphaned rows, or those whose users can get a profile, or
-- the others. Answers how many, and how many of these name somebody who has a profile in another of
-- these columns. A row that goes into quarantine for one of its columns is none of the others'. A plan
-- that nothing belongs to is not kept, nor that nothing can be done for nothing. Its circle are the tables
-- that refer to this one in a circle, and itself.
call pg_temp.define(
    'function',
    'rollcall.plan_references(uuid,integer,bigint,text,text,text,text,uuid,text,text[],bigint[])',
    'rollcall_operator', $ddl$
create or replace function rollcall.plan_references(
    the_run uuid, the_part integer, its_relation bigint, table_name text, column_name text, policy text,
    whose text, new_user uuid, refused_as text, other_columns text[], its_circle bigint[],
    out planned bigint, out also_named bigint
)
language plpgsql
security definer
set search_path = pg_temp
set row_security = off
set jit = off
as $body$
declare
    relation pg_catalog.regclass := its_relation::pg_catalog.oid::pg_catalog.regclass;
    key_columns pg_catalog.text[] := case
        when policy = 'create_profile' then '{}' else rollcall.key_of(its_relation::pg_catalog.oid)
    end;
    held pg_catalog.text := pg_catalog.format('t.%I::pg_catalog.text', plan_references.column_name);
    user_id pg_catalog.text := case
        when rollcall.base_type(relation, plan_references.column_name) = 'uuid'
            then pg_catalog.format('t.%I', plan_references.column_name)
        else rollcall.uuid_sql(held)
    end;
    linked pg_catalog.text;
    alive pg_catalog.text;
    orphans pg_catalog.text;
    free bigint;
begin
    -- Whoever may plan may not choose any table and column there is.
    if policy not in ('create_profile', 'quarantine', 'reassign') or not exists (
        select
        from rollcall.references_in(
            array(
                select its_relation::pg_catalog.oid
                union
                select a.relid::pg_catalog.oid
                from pg_catalog.pg_partition_ancestors(its_relation::pg_catalog.oid) a
                union
                select i.inhparent
                from pg_catalog.pg_inherits i
                where i.inhrelid = its_relation::pg_catalog.oid
            )
        ) f
        join pg_catalog.pg_class c on c.oid = its_relation::pg_catalog.oid
        where (f.table_name, f.column_name) = (plan_references.table_name, plan_references.column_name)
            and (f.known_by <> 'foreign_key' or f.by_key)
            and c.relpersistence <> 't'
    ) then
        raise exception 'column % of table % refers to no users', column_name, table_name
            using errcode = 'undefined_column';
    end if;
    insert into rollcall.reference_parts (
        run_id, part, relation, relation_name, table_name, column_name, policy, new_user, key_columns,
        columns, layout, refused_as, whose, circle, planned
    )
    select
        the_run, the_part, c.oid, n.nspname || '.' || c.relname, plan_references.table_name,
        plan_references.column_name, plan_references.policy, plan_references.new_user,
        key_columns, rollcall.columns_of(c.oid), rollcall.layout_of(c.oid),
        plan_references.refused_as, plan_references.whose,
        coalesce(
            (
                select min(e.circle)
                from rollcall.reference_parts e
                where e.run_id = the_run and e.relation = any (its_circle)
            ),
            the_part
        ),
        0
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.oid = relation;

    orphans := pg_catalog.format(
        'from only %s t where %s', relation, rollcall.due_sql(relation, column_name, whose)
    );
    if policy <> 'create_profile' and exists (
        select from rollcall.reference_parts e
        where e.run_id = the_run and e.part < the_part and e.relation = its_relation::pg_catalog.oid
            and e.policy = 'quarantine'
    ) then
        orphans := orphans || pg_catalog.format(
            ' and not exists (
                select from (
                    select pg_catalog.unnest(r.rows_at) as row_at
                    from rollcall.reference_rows r
                    join rollcall.reference_parts e using (run_id, part)
                    where e.run_id = %L and e.part < %s and e.relation = %s and e.policy = ''quarantine''
                ) q
                where q.row_at = t.ctid
            )',
            the_run, the_part, its_relation
        );
    end if;
    if refused_as = 'permission' then
        planned := 0;
    elsif refused_as is not null then
        execute 'select count(*) ' || orphans into planned;
    elsif policy = 'create_profile' then
        execute pg_catalog.format(
            'with orphans as (
                select o.name, pg_catalog.row_number() over (order by o.name) - 1 as place
                from (select distinct coalesce((%s)::pg_catalog.text, %s) as name %s) o
            ), stored as (
                insert into rollcall.reference_rows (run_id, part, chunk, row_keys, users)
                select
                    $1, $2, o.place / 1000, array[pg_catalog.array_agg(o.name order by o.place)],
                    pg_catalog.array_agg(o.name order by o.place)
                from orphans o
                group by 3
            )
            select count(*) from orphans',
            user_id, held, orphans
        )
        into planned
        using the_run, the_part;
    else
        select pg_catalog.string_agg(
            pg_catalog.format(
                'exists (select from %s c where %s%s)',
                r.referrer, r.is_same,
                case when r.is_within then ' and (c.tableoid, c.ctid) <> (t.tableoid, t.ctid)' end
            ),
            ' or '
        )
        into linked
        from rollcall.referrers_of(relation) r
        where r.referrer = any (its_circle);
        select pg_catalog.string_agg(
            pg_catalog.format(
                't.%I is not null and (%s) is not true', o.name, rollcall.orphaned_sql(relation, o.name)
            ),
            ' or '
        )
        into alive
        from pg_catalog.unnest(other_columns) o (name);
        execute pg_catalog.format(
            'with orphans as (
                select
                    %1$s, name, row_at, is_linked, is_alive, pg_catalog.row_number() over (%2$s) - 1 as place
                from (
                    select
                        %3$s, t.%4$I::pg_catalog.text as name, t.ctid as row_at, %5$s as is_linked, %8$s as is_alive
                    %6$s
                ) o
            ), stored as (
                insert into rollcall.reference_rows (run_id, part, chunk, row_keys, users, rows_at)
                select
                    $1, $2, o.place / 1000, array[%7$s],
                    pg_catalog.array_agg(o.name order by o.place),
                    pg_catalog.array_agg(o.row_at order by o.place)
                from orphans o
                group by 3
            )
            select
                count(*), count(*) filter (where not o.is_linked), count(*) filter (where o.is_alive)
            from orphans o',
            (select pg_catalog.string_agg('key_' || n, ', ')
             from pg_catalog.generate_subscripts(key_columns, 1) n),
            -- Whoever is referred to within the circle comes last.
            case when linked is not null then 'order by is_linked' else '' end,
            (select pg_catalog.string_agg(pg_catalog.format('t.%I::pg_catalog.text as key_%s', k.name, k.n), ', ')
             from pg_catalog.unnest(key_columns) with ordinality k (name, n)),
            column_name,
            coalesce(linked, 'false'),
            orphans,
            (select pg_catalog.string_agg(
                pg_catalog.format('pg_catalog.array_agg(o.key_%s order by o.place)', n), ', ' order by n
             )
             from pg_catalog.generate_subscripts(key_columns, 1) n),
            coalesce(alive, 'false')
        )
        into planned, free, also_named
        using the_run, the_part;
    end if;
    -- What could not be looked at may be more than nothing.
    if planned = 0 and refused_as is distinct from 'permission' then
        delete from rollcall.reference_parts p where p.run_id = the_run and p.part = the_part;
        return;
    end if;
    update rollcall.reference_parts p
    set
        planned = plan_references.planned,
        refused = case when p.refused_as is not null then plan_references.planned else 0 end,
        linked_from = case when free < plan_references.planned then free end
    where p.run_id = the_run and p.part = the_part;
    if refused_as is not null then
        insert into rollcall.reference_refusals (run_id, part, place, reason, number)
        values (the_run, the_part, 0, refused_as, planned);
    end if;
end
$body$
$ddl$);

-- Ends a plan: its counts, and a digest of its rows, in whatever order they were found.
call pg_temp.define('function', 'rollcall.end_references_plan(uuid)', 'rollcall_operator', $ddl$
create or replace function rollcall.end_references_plan(the_run uuid)
returns void
language sql
security definer
set search_path = pg_temp
set row_security = off
set jit = off
as $body$
    with keys as (
        -- The values of one column after another, so that the n-th row has one in each run of them.
        select
            p.policy || ' ' || p.relation_name || ' ' || p.column_name as what,
            r.chunk, (k.place - 1) % pg_catalog.cardinality(r.users) as number,
            pg_catalog.string_agg(k.value, ' ' order by k.place) as name
        from rollcall.reference_parts p
        join rollcall.reference_rows r using (run_id, part)
        cross join lateral pg_catalog.unnest(r.row_keys) with ordinality k (value, place)
        where p.run_id = the_run
        group by p.part, p.policy, p.relation_name, p.column_name, r.chunk, 3
    ), members as (
        select
            pg_catalog.bit_xor(pg_catalog.hashtextextended(k.what || ' ' || k.name, 0)) as one_half,
            pg_catalog.bit_xor(pg_catalog.hashtextextended(k.what || ' ' || k.name, 1)) as other_half
        from keys k
    ), counts as (
        select coalesce(sum(p.planned), 0) as planned, coalesce(sum(p.refused), 0) as refused
        from rollcall.reference_parts p
        where p.run_id = the_run
    )
    update rollcall.runs r
    set
        planned = c.planned,
        refused = c.refused,
        digest = pg_catalog.lpad(pg_catalog.to_hex(coalesce(m.one_half, 0)), 16, '0')
            || pg_catalog.lpad(pg_catalog.to_hex(coalesce(m.other_half, 0)), 16, '0')
    from members m, counts c
    where r.run_id = the_run;
$body$
$ddl$);

-- Whether a user has a profile.
call pg_temp.define('function', 'rollcall.has_profile(uuid)', 'rollcall_operator', $ddl$
create or replace function rollcall.has_profile(the_user uuid)
returns boolean
language sql
stable
security definer
set search_path = pg_temp
set row_security = off
as $body$
    select exists (
        select from {{table}} p, (select the_user as user_id) u where p.{{key}} = {{undo_key}}
    );
$body$
$ddl$);
