-- Puts back what a run on profiles wrote over, of all of these, or an error.
call pg_temp.define('function', 'rollcall.restore_profiles(uuid,uuid[])', '', $ddl$
create or replace function rollcall.restore_profiles(undone uuid, todo uuid[])
returns void
language plpgsql
set search_path = ''
as $body$
declare
    assignments text;
    restored bigint;
begin
    select pg_catalog.string_agg(
        pg_catalog.format(
            '%I = m.image[%s]::%s', c.name, c.number, pg_catalog.format_type(a.atttypid, a.atttypmod)
        ),
        ', ' order by c.number
    )
    into assignments
    from rollcall.runs r
    cross join lateral pg_catalog.jsonb_array_elements_text(r.scope -> 'columns')
        with ordinality c (name, number)
    left join pg_catalog.pg_attribute a
        on a.attrelid = {{table_literal}}::pg_catalog.regclass and a.attname = c.name and a.attnum > 0
        and not a.attisdropped
    where r.run_id = undone;
    execute pg_catalog.format(
        'update %s p set %s
        from rollcall.run_images m
        where m.run_id = $1 and m.user_id = any ($2) and p.%I = {{made_key}}',
        {{table_literal}}::pg_catalog.regclass, assignments, {{key_name_literal}}
    )
    using undone, todo;
    get diagnostics restored = row_count;
    if restored <> pg_catalog.cardinality(todo) then
        raise exception 'a trigger of the application kept a profile' using errcode = 'RC001';
    end if;
end
$body$
$ddl$);

-- The next batch of the undo of a run on profiles: each profile that is as the run left it gets back
-- what the run wrote over.
call pg_temp.define('function', 'rollcall.restore_batch(uuid,bigint,integer)', 'rollcall_operator', $ddl$
create or replace function rollcall.restore_batch(
    the_run uuid, the_fence bigint, batch_size integer,
    out is_fenced boolean, out is_locked boolean, out is_done boolean, out planned bigint,
    out restored bigint, out refused bigint, out gone bigint
)
language plpgsql
security definer
set search_path = ''
set row_security = off
-- What is kept as text says the same in every session.
set timezone = 'UTC'
set datestyle = 'ISO, MDY'
set intervalstyle = 'postgres'
set extra_float_digits = 3
set lock_timeout = '500ms'
-- By the index, whatever the statistics say.
set enable_seqscan = off
set jit = off
as $body$
#variable_conflict use_column
<<own>>
declare
    -- The classes of a lost connection, a standby, a lack of room, a shutdown, a broken disk.
    about_no_row constant text[] := '{08,25,53,57,58}';
    run rollcall.runs;
    place bigint;
    batch uuid[];
    batches bigint[];
    held uuid[];
    todo uuid[];
    changed uuid[];
    lost uuid[];
    taken uuid[] := '{}';
    candidate uuid;
begin
    select * into run from rollcall.runs r where r.run_id = the_run for update;
    -- Also if the run is gone.
    is_fenced := (run.fence, run.state) is distinct from (the_fence, 'running');
    if is_fenced then
        return;
    end if;
    begin
        lock table only {{table}} in row exclusive mode;
    exception
        when lock_not_available then
            is_locked := true;
            return;
        when others then
            -- The look at its rows will say it.
            null;
    end;

    place := run.created + run.refused + run.gone;
    select
        coalesce(pg_catalog.array_agg(u.user_id order by p.chunk, u.number), '{}'),
        coalesce(pg_catalog.array_agg(u.batch order by p.chunk, u.number), '{}')
    into batch, batches
    from rollcall.run_plans p
    cross join lateral rows from (
        pg_catalog.unnest(p.user_ids), pg_catalog.unnest(p.batches)
    ) with ordinality u (user_id, batch, number)
    where p.run_id = the_run
        and p.chunk between place / 1000 and (place + batch_size - 1) / 1000
        and p.chunk * 1000 + u.number between place + 1 and place + batch_size;

    held := rollcall.hold_profiles(batch);
    if pg_catalog.cardinality(held) > 0 then
        begin
            perform rollcall.wait_for_profiles(held);
            held := '{}';
        exception
            when lock_not_available or deadlock_detected then
                -- Some may have been let go of meanwhile.
                held := rollcall.hold_profiles(held);
        end;
    end if;

    -- From here on each statement sees what was there before the locks were had.
    select f.unchanged, f.changed, f.gone into todo, changed, lost
    from rollcall.find_unchanged(run.undoes, batch, batches) f;
    held := rollcall.without(held, lost);
    todo := rollcall.without(todo, held);
    changed := rollcall.without(changed, held);
    insert into rollcall.run_refusals (run_id, user_id, reason, sqlstate)
    select the_run, u.user_id, 'changed_since', null
    from pg_catalog.unnest(changed) u (user_id)
    union all
    select the_run, u.user_id, 'lock_timeout', '55P03'
    from pg_catalog.unnest(held) u (user_id);

    -- Nothing may strike at the commit, where nobody could tell whose row it was about.
    set constraints all immediate;
    begin
        perform rollcall.restore_profiles(run.undoes, todo);
        taken := todo;
    exception
        when others or query_canceled or assert_failure then
            if sqlstate = '57014' and pg_catalog.cardinality(batch) = 1 then
                insert into rollcall.run_refusals (run_id, user_id, reason, sqlstate)
                values (the_run, batch[1], 'other', '57014');
                todo := '{}';
            elsif pg_catalog.left(sqlstate, 2) = any (own.about_no_row) then
                raise exception 'the database has no room, or cannot write now' using errcode = sqlstate;
            elsif pg_catalog.cardinality(batch) > 1
                and (sqlstate in ('55P03', '57014') or pg_catalog.left(sqlstate, 2) = '40') then
                -- What meets a lock is tried again, smaller, down to the user it is about.
                raise exception 'the batch met a lock' using errcode = sqlstate;
            end if;
            foreach candidate in array todo loop
                begin
                    perform rollcall.restore_profiles(run.undoes, array[candidate]);
                    taken := taken || candidate;
                exception
                    when others or assert_failure then
                        if pg_catalog.left(sqlstate, 2) = any (own.about_no_row) then
                            raise exception 'the database has no room, or cannot write now'
                                using errcode = sqlstate;
                        end if;
                        insert into rollcall.run_refusals (run_id, user_id, reason, sqlstate)
                        values (
                            the_run, candidate, rollcall.why_unwritten(sqlstate),
                            nullif(sqlstate, 'RC001')
                        );
                end;
            end loop;
    end;

    insert into rollcall.run_batches (run_id, begins_at, created, present, gone, versions)
    select the_run, place, taken, '{}', lost, '{}'
    where pg_catalog.cardinality(batch) > 0;
    update rollcall.runs r
    set
        created = r.created + pg_catalog.cardinality(taken),
        refused = r.refused + pg_catalog.cardinality(batch)
            - pg_catalog.cardinality(taken) - pg_catalog.cardinality(lost),
        gone = r.gone + pg_catalog.cardinality(lost),
        lease_until = pg_catalog.clock_timestamp() + interval '60 seconds'
    where r.run_id = the_run
    returning r.planned, r.created, r.refused, r.gone into planned, restored, refused, gone;
    is_done := planned = restored + refused + gone;
    if is_done then
        perform rollcall.end_run(the_run, 'completed');
    end if;
end
$body$
$ddl$);
