-- Profiles for all of these users, or an error. Without `on conflict`: whoever has a profile by now
-- is rare, and looking for them in each row would cost a third of the whole.
call pg_temp.define('function', 'rollcall.insert_profiles(uuid[])', '', $ddl$
create or replace function rollcall.insert_profiles(users uuid[])
returns bigint
language plpgsql
{{writing_settings}}
as $body$
declare
    inserted bigint;
begin
    -- Nothing may strike at the commit, where nobody could tell whose row it was about. Each time
    -- anew: making one profile by itself puts the table's own constraints back to deferred.
    set constraints all immediate;
{{insert_of_batch}}
    get diagnostics inserted = row_count;
    return inserted;
end
$body$
$ddl$);

-- What each of these users is at this moment: gone, present, or a ghost. A question for each, by
-- the index, whatever the statistics say of tables that have just been filled or emptied.
call pg_temp.define('function', 'rollcall.face(uuid[])', '', $ddl$
create or replace function rollcall.face(users uuid[], out ghosts uuid[], out present uuid[], out gone uuid[])
language sql
stable
set search_path = pg_temp
as $body$
    select
        coalesce(pg_catalog.array_agg(f.user_id order by f.place) filter (where f.face = 'ghost'), '{}'),
        coalesce(pg_catalog.array_agg(f.user_id) filter (where f.face = 'present'), '{}'),
        coalesce(pg_catalog.array_agg(f.user_id) filter (where f.face is null), '{}')
    from (
        select
            u.user_id,
            u.place,
            (
                select case
                    when (select true from {{table}} p where p.{{key}} = s.profile_key) then 'present'
                    else 'ghost'
                end
                from rollcall.standing s
                where s.user_id = u.user_id and s.is_eligible
            ) as face
        from pg_catalog.unnest(users) with ordinality u (user_id, place)
    ) f;
$body$
$ddl$);

-- The next batch of a run: profiles, counts, records and cursor in one transaction, or nothing.
--
-- All of the batch at once is tried first. Where that fails, once more without those who are gone or
-- have a profile by now; then in small pieces, and user by user where a piece fails, so that one bad
-- row costs only itself. A large batch is not taken to pieces, which would take long in one
-- transaction: it fails with RC002, and the caller comes back with a small one. What is not about
-- anybody's row (a lock, a full disk, a table that is gone) fails the batch, for the caller to
-- decide; but an error that a trigger of the application's raises by itself is about a row, whatever
-- it calls itself. Messages are never handed on: they may hold anything.
call pg_temp.define('function', 'rollcall.backfill_batch(uuid,bigint,integer)', 'rollcall_operator', $ddl$
create or replace function rollcall.backfill_batch(
    the_run uuid, the_fence bigint, batch_size integer,
    out is_fenced boolean, out is_locked boolean, out is_done boolean, out planned bigint,
    out created bigint, out present bigint, out refused bigint, out gone bigint
)
language plpgsql
security definer
{{writing_settings}}
set lock_timeout = '500ms'
-- By the index, whatever the statistics say.
set enable_seqscan = off
set jit = off
as $body$
#variable_conflict use_column
declare
    piece_size constant integer := 16;
    most_in_pieces constant integer := 250;
    state pg_catalog.text;
    context pg_catalog.text;
    run rollcall.runs := rollcall.hold_run(the_run, the_fence, 'backfill');
    place bigint;
    batch pg_catalog.uuid[];
    todo pg_catalog.uuid[];
    made pg_catalog.uuid[] := '{}'::pg_catalog.uuid[];
    made_at_once pg_catalog.uuid[] := '{}'::pg_catalog.uuid[];
    missing pg_catalog.uuid[] := '{}'::pg_catalog.uuid[];
    found_there pg_catalog.uuid[] := '{}'::pg_catalog.uuid[];
    lost pg_catalog.uuid[] := '{}'::pg_catalog.uuid[];
    is_narrowed boolean := false;
    in_pieces boolean := false;
    piece pg_catalog.uuid[];
    candidate pg_catalog.uuid;
    answer pg_catalog.record;
    versions pg_catalog.xid[] := '{}'::pg_catalog.xid[];
begin
    is_fenced := run.run_id is null;
    if is_fenced then
        return;
    end if;
    is_locked := not rollcall.hold_table({{table_literal}});
    if is_locked then
        return;
    end if;

    place := run.created + run.present + run.refused + run.gone;
    batch := array(
        select u.user_id
        from rollcall.run_plans p
        cross join lateral pg_catalog.unnest(p.user_ids) with ordinality u (user_id, number)
        where p.run_id = the_run
            and p.chunk between place / 1000 and (place + batch_size - 1) / 1000
            and p.chunk * 1000 + u.number between place + 1 and place + batch_size
        order by p.chunk, u.number
    );

    todo := batch;
    loop
        begin
            if rollcall.insert_profiles(todo) <> pg_catalog.cardinality(todo) then
                -- Some are gone, or a trigger of the application's took no row and gave no reason.
                raise exception 'not all were taken' using errcode = 'RC001';
            end if;
            made_at_once := todo;
            exit;
        exception
            when query_canceled or lock_not_available or transaction_rollback then
                get stacked diagnostics context = pg_exception_context;
                -- What runs out of time is tried again, smaller, down to the user it is about; and two
                -- transactions in each other's way until they are not.
                if pg_catalog.cardinality(batch) > 1
                    or sqlstate like '40%'
                    and pg_catalog.split_part(context, e'\n', 1) not like '%at RAISE' then
                    raise exception 'the batch met a lock or took too long' using errcode = sqlstate;
                end if;
                if sqlstate = '57014' then
                    perform rollcall.record_failure(batch[1], '57014', 'other');
                    insert into rollcall.run_refusals (run_id, user_id, reason, sqlstate)
                    values (the_run, batch[1], 'other', '57014');
                    exit;
                end if;
                in_pieces := true;
                exit;
            when others or assert_failure then
                get stacked diagnostics context = pg_exception_context;
                if rollcall.is_about_no_row(sqlstate, context) then
                    raise exception 'the database has no room, or cannot write now'
                        using errcode = sqlstate;
                elsif sqlstate like '42%' and sqlstate <> '42501' then
                    -- A table or column that is gone fails for nobody as well as for somebody.
                    perform rollcall.insert_profiles('{}');
                end if;
                in_pieces := is_narrowed;
                exit when in_pieces;
        end;
        select f.ghosts, f.present, f.gone into todo, found_there, lost from rollcall.face(batch) f;
        is_narrowed := true;
        in_pieces := pg_catalog.cardinality(todo) = pg_catalog.cardinality(batch);
        exit when in_pieces;
    end loop;

    if in_pieces then
        if pg_catalog.cardinality(batch) > most_in_pieces then
            raise exception 'too many to be taken one by one' using errcode = 'RC002';
        end if;
        for place_in_todo in 1..pg_catalog.cardinality(todo) by piece_size loop
            piece := todo[place_in_todo:place_in_todo + piece_size - 1];
            -- The whole of what is as small has just failed.
            if pg_catalog.cardinality(todo) > piece_size then
                begin
                    if rollcall.insert_profiles(piece) <> pg_catalog.cardinality(piece) then
                        raise exception 'not all were taken' using errcode = 'RC001';
                    end if;
                    made_at_once := made_at_once || piece;
                    continue;
                exception
                    when others or assert_failure then
                        get stacked diagnostics context = pg_exception_context;
                        if rollcall.is_about_no_row(sqlstate, context) then
                            raise exception 'the database has no room, or cannot write now'
                                using errcode = sqlstate;
                        end if;
                end;
            end if;
            foreach candidate in array piece loop
                select e.outcome, e.reason into answer from rollcall.ensure_profile(candidate) e;
                if answer.outcome = 'created' then
                    made := made || candidate;
                elsif answer.outcome in ('present', 'updated') then
                    found_there := found_there || candidate;
                elsif answer.outcome = 'refused' then
                    insert into rollcall.run_refusals (run_id, user_id, reason, sqlstate)
                    values (
                        the_run, candidate, answer.reason,
                        (select f.sqlstate from rollcall.sync_failures f where f.user_id = candidate)
                    )
                    returning sqlstate into state;
                    if rollcall.is_about_no_row(state, '') or state like '40%' then
                        -- Whose words these are, only the error itself tells.
                        begin
                            context := '';
                            perform rollcall.insert_profiles(array[candidate]);
                        exception
                            when others or assert_failure then
                                get stacked diagnostics context = pg_exception_context;
                        end;
                        if pg_catalog.split_part(context, e'\n', 1) not like '%at RAISE'
                            or state like '40%' and pg_catalog.cardinality(batch) > 1 then
                            raise exception 'the database could not take the profile now'
                                using errcode = state;
                        end if;
                    end if;
                else
                    lost := lost || candidate;
                end if;
            end loop;
        end loop;
    end if;
    made := made || made_at_once;

    if in_pieces or exists (select from rollcall.side_effects()) then
        -- A trigger may have taken away again what was inserted.
        select f.ghosts into missing from rollcall.face(made) f;
        if pg_catalog.cardinality(missing) > 0 then
            made := rollcall.without(made, missing);
            made_at_once := rollcall.without(made_at_once, missing);
            insert into rollcall.run_refusals (run_id, user_id, reason)
            select the_run, m.user_id, 'no_row' from pg_catalog.unnest(missing) m (user_id);
            perform rollcall.record_failure(m.user_id, null, 'no_row')
            from pg_catalog.unnest(missing) m (user_id);
        end if;
        -- Each comes from a transaction of its own, or was touched by a trigger since.
        versions := array(
            select distinct (select p.xmin from {{table}} p where p.{{key}} = {{made_key}})
            from pg_catalog.unnest(made) m (user_id)
        );
    elsif pg_catalog.cardinality(made) > 0 then
        versions := array(
            select p.xmin
            from pg_catalog.unnest(made[1:1]) m (user_id)
            cross join lateral (select p.xmin from {{table}} p where p.{{key}} = {{made_key}}) p
        );
    end if;
    insert into rollcall.run_batches (run_id, begins_at, created, present, gone, versions)
    select the_run, place, made, found_there, lost, versions
    where pg_catalog.cardinality(batch) > 0;
    if exists (select from rollcall.sync_failures) then
        delete from rollcall.sync_failures f
        using pg_catalog.unnest(made_at_once) m (user_id)
        where f.user_id = m.user_id;
    end if;
    select m.is_done, m.planned, m.created, m.present, m.refused, m.gone
    into is_done, planned, created, present, refused, gone
    from rollcall.move_on(
        the_run, pg_catalog.cardinality(batch), pg_catalog.cardinality(made),
        pg_catalog.cardinality(found_there), pg_catalog.cardinality(lost)
    ) m;
end
$body$
$ddl$);
