-- Stores as a run what a finished run on child rows did and no undo of it has dealt with for good, in
-- the opposite order. Changes nothing else.
call pg_temp.define('function', 'rollcall.plan_references_undo(uuid,uuid,text)', 'rollcall_operator', $ddl$
create or replace function rollcall.plan_references_undo(
    the_run uuid, undone uuid, why text, out planned bigint
)
language plpgsql
security definer
set search_path = ''
set row_security = off
set jit = off
as $body$
begin
    insert into rollcall.runs (run_id, kind, state, undoes, configuration, reason, digest, planned)
    select the_run, 'undo', 'planned', undone, c.digest, why, '', 0
    from rollcall.configuration c
    on conflict do nothing;
    if not found then
        raise exception 'somebody else has just begun to undo this run' using errcode = '40001';
    end if;
    insert into rollcall.reference_parts (
        run_id, part, undone_part, relation, relation_name, table_name, column_name, policy, new_user,
        key_columns, columns, layout, linked_from, reached, planned
    )
    select
        the_run, pg_catalog.row_number() over (order by p.part desc), p.part,
        -- Restored from a dump it has another number.
        coalesce(
            pg_catalog.to_regclass(
                pg_catalog.format(
                    '%I.%I', pg_catalog.split_part(p.relation_name, '.', 1),
                    pg_catalog.substr(p.relation_name, pg_catalog.strpos(p.relation_name, '.') + 1)
                )
            )::oid,
            p.relation
        ),
        p.relation_name, p.table_name, p.column_name, p.policy, p.new_user, p.key_columns, p.columns,
        p.layout, p.linked_from, n.past, n.number
    from rollcall.reference_parts p
    cross join lateral (
        select count(*) as number, max(d.place) + 1 as past
        from (
            select q.place from rollcall.quarantine q where q.run_id = p.run_id and q.part = p.part
            union all
            select c.place from rollcall.reference_changes c where c.run_id = p.run_id and c.part = p.part
        ) d
    ) n
    where p.run_id = undone and n.number > 0;
    select coalesce(sum(p.planned), 0) into planned
    from rollcall.reference_parts p
    where p.run_id = the_run;
    update rollcall.runs r
    set
        planned = plan_references_undo.planned,
        -- Whatever is undone as a whole has one digest.
        digest = pg_catalog.left(
            pg_catalog.md5(u.digest || ' ' || plan_references_undo.planned), 32
        )
    from rollcall.runs u
    where r.run_id = the_run and u.run_id = undone;
end
$body$
$ddl$);

-- Takes back what was done to these rows, or an error. A row that does not come out just as it went in
-- is one.
call pg_temp.define(
    'function', 'rollcall.take_back(rollcall.reference_parts,bigint[],tid[])', '', $ddl$
create or replace function rollcall.take_back(
    part rollcall.reference_parts, places bigint[], rows_at tid[]
)
returns void
language plpgsql
set search_path = ''
{{image_settings}}
set enable_seqscan = off
set enable_mergejoin = off
set enable_hashjoin = off
as $body$
declare
    undone uuid := (select r.undoes from rollcall.runs r where r.run_id = part.run_id);
    stored record;
    touched bigint;
begin
    if part.policy = 'quarantine' then
        select
            pg_catalog.string_agg(pg_catalog.format('%I', c.name), ', ' order by c.place) as names,
            pg_catalog.string_agg(
                pg_catalog.format(
                    '(q.image[%s])::%s', c.place, rollcall.type_of(part.relation, c.name)
                ),
                ', ' order by c.place
            ) as values,
            pg_catalog.string_agg(
                pg_catalog.format('q.image[%s]', c.place), ', ' order by c.place
            ) as texts,
            pg_catalog.array_agg(c.name order by c.place) as columns
        into stored
        from pg_catalog.unnest(part.columns) with ordinality c (name, place)
        join pg_catalog.pg_attribute a
            on a.attrelid = part.relation and a.attname = c.name and a.attnum > 0
        where a.attgenerated = '';
        execute pg_catalog.format(
            'insert into %s (%s) overriding system value
            select %s
            from rollcall.quarantine q
            where q.run_id = $1 and q.part = $2 and q.place = any ($3)
            order by q.place desc',
            part.relation::pg_catalog.regclass, stored.names, stored.values
        )
        using undone, part.undone_part, places;
        -- Whatever triggers did to them.
        execute pg_catalog.format(
            'delete from rollcall.quarantine q
            using only %s t
            where q.run_id = $1 and q.part = $2 and q.place = any ($3) and %s
                and %s = array[%s]::text[]',
            part.relation::pg_catalog.regclass,
            rollcall.same_key_sql(part.relation, part.key_columns, 'q.row_key[#]'),
            rollcall.image_sql(part.relation, stored.columns), stored.texts
        )
        using undone, part.undone_part, places;
        get diagnostics touched = row_count;
        if touched <> pg_catalog.cardinality(places) then
            raise exception 'a row did not come out as it went in' using errcode = 'RC003';
        end if;
        return;
    end if;
    if part.policy = 'reassign' then
        execute pg_catalog.format(
            'update only %s t
            set %I = c.user_id::%s
            from rows from (pg_catalog.unnest($3), pg_catalog.unnest($4)) x (place, row_at)
            join rollcall.reference_changes c on c.place = x.place
            where c.run_id = $1 and c.part = $2 and t.ctid = x.row_at',
            part.relation::pg_catalog.regclass, part.column_name,
            rollcall.type_of(part.relation, part.column_name)
        )
        using undone, part.undone_part, places, rows_at;
    else
        delete from only {{table}} t
        using pg_catalog.unnest(rows_at) x (row_at)
        where t.ctid = x.row_at;
    end if;
    get diagnostics touched = row_count;
    if touched <> pg_catalog.cardinality(places) then
        raise exception 'a trigger of the application kept a row' using errcode = 'RC001';
    end if;
    delete from rollcall.reference_changes c
    where c.run_id = undone and c.part = part.undone_part and c.place = any (places);
end
$body$
$ddl$);

-- The rows that a part of an undo has yet to take back, down to a place, as text to ask from.
call pg_temp.define('function', 'rollcall.changed_sql(rollcall.reference_parts,uuid)', '', $ddl$
create or replace function rollcall.changed_sql(part rollcall.reference_parts, undone uuid)
returns text
language sql
stable
set search_path = ''
as $body$
    select pg_catalog.format(
        '(
            select c.place, c.user_id, c.version, c.transaction_id, c.xmin as written%s
            from rollcall.reference_changes c
            where c.run_id = %L and c.part = %s and c.place between $1 and $2 - 1
        )',
        (
            select pg_catalog.string_agg(pg_catalog.format(', c.row_key[%s] as key_%1$s', n), '')
            from pg_catalog.generate_series(
                1, greatest(pg_catalog.cardinality((part).key_columns), 1)
            ) n
        ),
        undone, (part).undone_part
    );
$body$
$ddl$);

-- The next batch of such an undo: rows, counts, records and cursor in one transaction, or nothing.
call pg_temp.define(
    'function', 'rollcall.references_undo_batch(uuid,bigint,integer)', 'rollcall_operator', $ddl$
create or replace function rollcall.references_undo_batch(
    the_run uuid, the_fence bigint, batch_size integer,
    out is_fenced boolean, out is_locked boolean, out is_done boolean, out planned bigint,
    out done bigint, out refused bigint, out gone bigint
)
language plpgsql
security definer
set search_path = ''
set row_security = off
set lock_timeout = '500ms'
set jit = off
as $body$
#variable_conflict use_column
declare
    run rollcall.runs;
    part rollcall.reference_parts;
    first bigint;
    seen bigint[];
    places bigint[];
    rows_at tid[];
    refused_now bigint[];
    found_rows record;
    finished bigint[] := '{}';
    lost bigint := 0;
    refusals bigint := 0;
    rest bigint := 0;
begin
    select * into run from rollcall.runs r where r.run_id = the_run for update;
    is_fenced := (run.fence, run.state) is distinct from (the_fence, 'running');
    if is_fenced then
        return;
    end if;
    select * into part
    from rollcall.reference_parts p
    where p.run_id = the_run and p.planned > p.done + p.refused + p.gone
    order by p.part
    limit 1;
    if found then
        begin
            execute pg_catalog.format(
                'lock table only %s in row exclusive mode',
                case part.policy
                    when 'create_profile' then {{table_literal}}::pg_catalog.regclass
                    else part.relation::pg_catalog.regclass
                end
            );
        exception
            when lock_not_available then
                is_locked := true;
                return;
            when others then
                null;
        end;
        -- Rows that refer to one another go together.
        seen := array(
            select d.place
            from (
                select q.place
                from rollcall.quarantine q
                where q.run_id = run.undoes and q.part = part.undone_part and q.place < part.reached
                union all
                select c.place
                from rollcall.reference_changes c
                where c.run_id = run.undoes and c.part = part.undone_part and c.place < part.reached
            ) d
            where (part.reached > part.linked_from) is not true or d.place >= part.linked_from
            order by d.place desc
            limit case
                when part.reached > part.linked_from then null else batch_size
            end
        );
        if seen = '{}' and part.reached > part.linked_from then
            -- Nothing of these is left.
            first := part.linked_from;
        elsif seen = '{}' then
            first := 0;
            lost := part.planned - part.done - part.refused - part.gone;
        else
            first := seen[pg_catalog.cardinality(seen)];
            places := seen;
            if exists (
                select from pg_catalog.unnest(part.columns) c (name)
                where part.policy = 'quarantine'
                    and rollcall.type_of(part.relation, c.name) is null
            ) or rollcall.type_of(part.relation, part.column_name) is null then
                perform rollcall.refuse_rows(part, places, 'table_changed', null, null);
                refusals := pg_catalog.cardinality(places);
                places := '{}';
            elsif part.policy = 'quarantine' then
                refused_now := rollcall.taken_keys(part, run.undoes, places);
                perform rollcall.refuse_rows(part, refused_now, 'key_taken', null, null);
                refusals := pg_catalog.cardinality(refused_now);
                places := array(select p from pg_catalog.unnest(places) p where p <> all (refused_now));
                rows_at := null;
            else
                select * into found_rows
                from rollcall.find_changed(part, run.undoes, first, part.reached) f;
                perform rollcall.refuse_rows(part, found_rows.held, 'lock_timeout', '55P03', null);
                perform rollcall.refuse_rows(part, found_rows.changed, 'changed_since', null, null);
                refusals := pg_catalog.cardinality(found_rows.held)
                    + pg_catalog.cardinality(found_rows.changed);
                lost := pg_catalog.cardinality(seen) - refusals
                    - pg_catalog.cardinality(found_rows.places);
                -- What is gone needs no undo.
                delete from rollcall.reference_changes c
                where c.run_id = run.undoes and c.part = part.undone_part and c.place = any (seen)
                    and c.place <> all (
                        found_rows.places || found_rows.held || found_rows.changed
                    );
                places := found_rows.places;
                rows_at := found_rows.rows_at;
                if part.policy = 'create_profile' then
                    select f.places, f.rows_at into places, rows_at
                    from rollcall.refuse_referred(part, places, rows_at) f;
                    refusals := refusals + pg_catalog.cardinality(found_rows.places)
                        - pg_catalog.cardinality(places);
                end if;
            end if;
            if places <> '{}' then
                finished := rollcall.do_rows(part, places, rows_at, batch_size);
                refusals := refusals + pg_catalog.cardinality(places)
                    - pg_catalog.cardinality(finished);
            end if;
        end if;
        update rollcall.reference_parts p
        set
            reached = first,
            done = p.done + pg_catalog.cardinality(finished),
            gone = p.gone + lost,
            refused = p.refused + refusals
        where p.run_id = the_run and p.part = part.part;
    end if;
    update rollcall.runs r
    set
        created = r.created + pg_catalog.cardinality(finished),
        gone = r.gone + lost,
        refused = r.refused + refusals,
        lease_until = pg_catalog.clock_timestamp() + interval '60 seconds'
    where r.run_id = the_run
    returning r.planned, r.created, r.refused, r.gone into planned, done, refused, gone;
    is_done := planned = done + refused + gone;
    if is_done then
        perform rollcall.end_run(the_run, 'completed');
    end if;
end
$body$
$ddl$);

-- Of these rows in quarantine, whose primary key another row has meanwhile.
call pg_temp.define(
    'function', 'rollcall.taken_keys(rollcall.reference_parts,uuid,bigint[])', '', $ddl$
create or replace function rollcall.taken_keys(
    part rollcall.reference_parts, undone uuid, places bigint[]
)
returns bigint[]
language plpgsql
set search_path = ''
{{image_settings}}
set enable_seqscan = off
set enable_mergejoin = off
set enable_hashjoin = off
as $body$
declare
    taken bigint[];
begin
    execute pg_catalog.format(
        'select coalesce(pg_catalog.array_agg(q.place), ''{}'')
        from rollcall.quarantine q
        join only %s t on %s
        where q.run_id = $1 and q.part = $2 and q.place = any ($3)',
        part.relation::pg_catalog.regclass,
        rollcall.same_key_sql(part.relation, part.key_columns, 'q.row_key[#]')
    )
    into taken
    using undone, part.undone_part, places;
    return taken;
end
$body$
$ddl$);

-- Locks what a part of a run reassigned or created, and answers what is as the run left it, what is
-- not, and what is held by somebody else. As of a backfill, a version proves nothing after two
-- billion transactions, nor after a restore.
call pg_temp.define(
    'function', 'rollcall.find_changed(rollcall.reference_parts,uuid,bigint,bigint)', '', $ddl$
create or replace function rollcall.find_changed(
    part rollcall.reference_parts, undone uuid, first bigint, past bigint,
    out places bigint[], out rows_at tid[], out changed bigint[], out held bigint[]
)
language plpgsql
set search_path = ''
set enable_seqscan = off
as $body$
declare
    is_profile boolean := part.policy = 'create_profile';
    relation oid := case
        when is_profile then {{table_literal}}::pg_catalog.regclass else part.relation
    end;
    source text := rollcall.changed_sql(part, undone);
    locked record;
begin
    select * into locked
    from rollcall.hold_rows(
        relation, case when is_profile then array[{{key_name_literal}}] else part.key_columns end,
        source, 'null::text', first, past
    );
    held := locked.held;
    execute pg_catalog.format(
        'select
            coalesce(pg_catalog.array_agg(f.place) filter (where f.is_unchanged), ''{}''),
            coalesce(pg_catalog.array_agg(f.row_at) filter (where f.is_unchanged), ''{}''),
            coalesce(pg_catalog.array_agg(f.place) filter (where not f.is_unchanged), ''{}'')
        from (
            select
                x.place, x.row_at,
                t.xmin = k.version
                    and k.written::text = (k.transaction_id::xid)::text
                    and n.latest - k.transaction_id::text::bigint between 0 and 2147483647
                    and %s as is_unchanged
            from rows from (pg_catalog.unnest($3), pg_catalog.unnest($4)) x (place, row_at)
            join %s k on k.place = x.place
            join only %s t on t.ctid = x.row_at
            cross join (
                select pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text::bigint
            ) n (latest)
        ) f',
        case
            when is_profile then 'true'
            else pg_catalog.format('t.%I::text = %L', part.column_name, part.new_user)
        end,
        source, relation::pg_catalog.regclass
    )
    into places, rows_at, changed
    using first, past, locked.places, locked.rows_at;
end
$body$
$ddl$);

-- Of profiles that a run created, those that rows refer to stay. A row of a configured table without
-- a foreign key was orphaned before, and may be so again, if nobody has written it since.
call pg_temp.define(
    'function', 'rollcall.refuse_referred(rollcall.reference_parts,bigint[],tid[])', '', $ddl$
create or replace function rollcall.refuse_referred(
    part rollcall.reference_parts, inout places bigint[], inout rows_at tid[]
)
language plpgsql
set search_path = ''
as $body$
declare
    profiles oid := {{table_literal}}::pg_catalog.regclass;
    referrer record;
    referred bigint[];
begin
    for referrer in
        select f.referrer, f.is_same, f.is_within from rollcall.referrers_of(profiles) f
        union all
        select
            pg_catalog.to_regclass(s.referrer),
            -- Its own words are about a profile `p`.
            pg_catalog.format(
                'exists (
                    select from %s p
                    where p.ctid = t.ctid and pg_catalog.age(c.xmin) <= pg_catalog.age(p.xmin) and %s
                )',
                {{table_literal}}, s.is_same
            ),
            false
        from (
            {{child_referrers}}
        ) s (referrer, is_same)
        join pg_catalog.pg_class r
            on r.oid = pg_catalog.to_regclass(s.referrer) and r.relkind in ('r', 'p')
    loop
        exit when places = '{}';
        referred := rollcall.referred_places(
            profiles, referrer.referrer, referrer.is_same, referrer.is_within, places, rows_at
        );
        continue when referred = '{}';
        perform rollcall.refuse_rows(part, referred, 'referred_to', null, referrer.referrer::text);
        select
            coalesce(pg_catalog.array_agg(x.place), '{}'), coalesce(pg_catalog.array_agg(x.row_at), '{}')
        into places, rows_at
        from rows from (pg_catalog.unnest(places), pg_catalog.unnest(rows_at)) x (place, row_at)
        where x.place <> all (referred);
    end loop;
end
$body$
$ddl$);
