-- The rows that a part of an undo has yet to take back, down to a place, as text to ask from.
call pg_temp.define('function', 'rollcall.changed_sql(rollcall.reference_parts,uuid)', '', $ddl$
create or replace function rollcall.changed_sql(part rollcall.reference_parts, undone uuid)
returns text
language sql
stable
set search_path = pg_temp
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
                1, pg_catalog.cardinality(rollcall.known_by(part))
            ) n
        ),
        undone, (part).undone_part
    );
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
set search_path = pg_temp
-- By the index, whatever the statistics say.
set enable_seqscan = off
set enable_mergejoin = off
set enable_hashjoin = off
as $body$
declare
    relation pg_catalog.regclass := rollcall.written_by(part);
    key_columns pg_catalog.text[] := rollcall.known_by(part);
    source pg_catalog.text := rollcall.changed_sql(part, undone);
    locked pg_catalog.record;
begin
    select * into locked
    from rollcall.hold_rows(
        relation, key_columns, source, 'null::pg_catalog.text', first, past
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
                    and k.written::pg_catalog.text = (k.transaction_id::pg_catalog.xid)::pg_catalog.text
                    and n.latest - k.transaction_id::pg_catalog.text::bigint between 0 and 2147483647
                    and %s as is_unchanged
            from rows from (pg_catalog.unnest($3), pg_catalog.unnest($4)) x (place, row_at)
            join %s k on k.place = x.place
            join %s t on %s
            cross join (
                select pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::pg_catalog.text::bigint
            ) n (latest)
        ) f',
        case
            when part.policy = 'create_profile' then 'true'
            else pg_catalog.format('t.%I::pg_catalog.text = %L', part.column_name, part.new_user)
        end,
        source, rollcall.rows_of(relation), rollcall.same_key_sql(relation, key_columns, 'k.key_#')
    )
    into places, rows_at, changed
    using first, past, locked.places, locked.rows_at;
end
$body$
$ddl$);

-- So many places of a part of such an undo that come next, going down; all of those whose rows refer to
-- one another, where no number is given.
call pg_temp.define(
    'function', 'rollcall.places_to_undo(rollcall.reference_parts,uuid,integer)', '', $ddl$
create or replace function rollcall.places_to_undo(
    part rollcall.reference_parts, undone uuid, at_most integer
)
returns bigint[]
language sql
stable
set search_path = pg_temp
as $body$
    select array(
        select d.place
        from (
            select q.place
            from rollcall.quarantine q
            where q.run_id = undone and q.part = (places_to_undo.part).undone_part
                and q.place < (places_to_undo.part).reached
            union all
            select c.place
            from rollcall.reference_changes c
            where c.run_id = undone and c.part = (places_to_undo.part).undone_part
                and c.place < (places_to_undo.part).reached
        ) d
        where at_most is not null or d.place >= (places_to_undo.part).linked_from
        order by d.place desc
        limit at_most
    );
$body$
$ddl$);

-- Looks at what was done to the rows in these places, and locks it. Answers what can be taken back, and
-- how many are gone, because somebody has deleted them since. The others are refused.
call pg_temp.define(
    'function', 'rollcall.hold_done(rollcall.reference_parts,uuid,bigint[])', '', $ddl$
create or replace function rollcall.hold_done(
    part rollcall.reference_parts, undone uuid, seen bigint[],
    out places bigint[], out rows_at tid[], out gone bigint
)
language plpgsql
set search_path = pg_temp
as $body$
#variable_conflict use_column
declare
    refusal pg_catalog.text;
    refused_now bigint[];
    found_rows pg_catalog.record;
begin
    gone := 0;
    refusal := case
        when rollcall.type_of(part.relation, part.column_name) is null
            or exists (
                select from pg_catalog.unnest(part.columns) c (name)
                where part.policy = 'quarantine' and rollcall.type_of(part.relation, c.name) is null
            ) then 'table_changed'
        when not rollcall.may_work(part) then 'permission'
    end;
    if refusal is not null then
        perform rollcall.refuse_rows(part, seen, refusal, null, null);
        places := '{}';
        return;
    end if;
    if part.policy = 'quarantine' then
        refused_now := rollcall.taken_keys(part, undone, part.undone_part, seen);
        perform rollcall.refuse_rows(part, refused_now, 'key_taken', null, null);
        places := array(select p from pg_catalog.unnest(seen) p where p <> all (refused_now));
        rows_at := pg_catalog.array_fill(null::pg_catalog.tid, array[pg_catalog.cardinality(places)]);
        return;
    end if;
    select * into found_rows
    from rollcall.find_changed(part, undone, seen[pg_catalog.cardinality(seen)], part.reached) f;
    perform rollcall.refuse_rows(part, found_rows.held, 'lock_timeout', '55P03', null);
    perform rollcall.refuse_rows(part, found_rows.changed, 'changed_since', null, null);
    -- What is gone needs no undo.
    delete from rollcall.reference_changes c
    where c.run_id = undone and c.part = part.undone_part and c.place = any (seen)
        and c.place <> all (found_rows.places || found_rows.held || found_rows.changed);
    get diagnostics gone = row_count;
    places := found_rows.places;
    rows_at := found_rows.rows_at;
end
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
set search_path = pg_temp
set row_security = off
set lock_timeout = '500ms'
set jit = off
as $body$
#variable_conflict use_column
declare
    run rollcall.runs := rollcall.hold_run(the_run, the_fence, 'undo', 'references');
    next_parts rollcall.reference_parts[];
    part rollcall.reference_parts;
    is_linked boolean;
    seen bigint[];
    parts integer[] := '{}'::integer[];
    places bigint[] := '{}'::bigint[];
    rows_at pg_catalog.tid[] := '{}'::pg_catalog.tid[];
    turn pg_catalog.record;
    turns bigint := 0;
    done_now bigint := 0;
    gone_now bigint := 0;
begin
    is_fenced := run.run_id is null;
    if is_fenced then
        return;
    end if;
    next_parts := rollcall.next_parts(the_run);
    is_locked := not rollcall.hold_tables(next_parts);
    if is_locked then
        return;
    end if;
    foreach part in array next_parts loop
        is_linked := rollcall.is_linked(part);
        seen := rollcall.places_to_undo(part, run.undoes, case when not is_linked then batch_size end);
        select pg_catalog.cardinality(seen) as number, 0::bigint as gone into turn;
        if seen <> '{}' then
            select pg_catalog.cardinality(seen) as number, h.* into turn
            from rollcall.hold_done(part, run.undoes, seen) h;
            parts := parts || pg_catalog.array_fill(
                part.part, array[pg_catalog.cardinality(turn.places)]
            );
            places := places || turn.places;
            rows_at := rows_at || turn.rows_at;
        elsif not is_linked then
            select n.number, n.number as gone into turn
            from (select part.planned - part.done - part.refused - part.gone) n (number);
        end if;
        part.reached := coalesce(
            seen[pg_catalog.cardinality(seen)],
            -- Nothing is left of those that refer to one another, or nothing at all.
            case when is_linked then part.linked_from else 0 end
        );
        update rollcall.reference_parts p
        set reached = part.reached
        where p.run_id = the_run and p.part = part.part;
        perform rollcall.count_part(part, turn.number, 0, turn.gone);
        turns := turns + turn.number;
        gone_now := gone_now + turn.gone;
    end loop;
    if places <> '{}' then
        done_now := rollcall.settle_rows(the_run, parts, places, rows_at, batch_size);
    end if;
    select m.is_done, m.planned, m.created, m.refused, m.gone into is_done, planned, done, refused, gone
    from rollcall.move_on(the_run, turns, done_now, 0, gone_now) m;
end
$body$
$ddl$);
