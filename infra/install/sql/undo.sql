-- Removes the profiles of all of these users, or an error.
call pg_temp.define('function', 'rollcall.delete_profiles(uuid[])', '', $ddl$
create or replace function rollcall.delete_profiles(todo uuid[])
returns void
language plpgsql
set search_path = ''
as $body$
declare
    deleted bigint;
begin
    delete from {{table}} p where p.{{key}} = any ({{todo_keys}});
    get diagnostics deleted = row_count;
    if deleted <> pg_catalog.cardinality(todo) then
        raise exception 'a trigger of the application kept a profile' using errcode = 'RC001';
    end if;
end
$body$
$ddl$);

-- The next batch of an undo: profiles removed, refusals, counts, records and cursor in one
-- transaction, or nothing.
--
-- First every profile is locked, so that nobody changes it or begins to refer to it; only then is
-- it looked at, so that a key that cascades finds nothing to take along. What is not about
-- anybody's row fails the batch, for the caller to decide.
call pg_temp.define('function', 'rollcall.undo_batch(uuid,bigint,integer)', 'rollcall_operator', $ddl$
create or replace function rollcall.undo_batch(
    the_run uuid, the_fence bigint, batch_size integer,
    out is_fenced boolean, out is_locked boolean, out is_done boolean, out planned bigint,
    out removed bigint, out refused bigint, out gone bigint
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
    referrer record;
    referred uuid[];
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
    if pg_catalog.cardinality(held) > 0 then
        held := rollcall.without(held, lost);
        todo := rollcall.without(todo, held);
        changed := rollcall.without(changed, held);
    end if;
    insert into rollcall.run_refusals (run_id, user_id, reason, sqlstate)
    select the_run, u.user_id, 'changed_since', null
    from pg_catalog.unnest(changed) u (user_id)
    union all
    select the_run, u.user_id, 'lock_timeout', '55P03'
    from pg_catalog.unnest(held) u (user_id);

    -- Nothing may strike at the commit, where nobody could tell whose row it was about.
    set constraints all immediate;
    for referrer in select r.referrer, r.is_same from rollcall.referrers() r loop
        exit when todo = '{}';
        referred := rollcall.find_referred(referrer.referrer, referrer.is_same, todo);
        continue when referred = '{}';
        insert into rollcall.run_refusals (run_id, user_id, reason, referrer)
        select the_run, u.user_id, 'referred_to', referrer.referrer::text
        from pg_catalog.unnest(referred) u (user_id);
        todo := rollcall.without(todo, referred);
    end loop;

    begin
        perform rollcall.delete_profiles(todo);
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
                and (sqlstate = '55P03' or pg_catalog.left(sqlstate, 2) = '40') then
                -- What meets a lock is tried again, smaller, down to the user it is about.
                raise exception 'the batch met a lock' using errcode = sqlstate;
            elsif sqlstate like '42%' then
                -- A right or a column that is gone fails for nobody as well as for somebody.
                perform rollcall.delete_profiles('{}');
            end if;
            foreach candidate in array todo loop
                begin
                    perform rollcall.delete_profiles(array[candidate]);
                    taken := taken || candidate;
                exception
                    when others or assert_failure then
                        if pg_catalog.left(sqlstate, 2) = any (own.about_no_row) then
                            raise exception 'the database has no room, or cannot write now'
                                using errcode = sqlstate;
                        end if;
                        insert into rollcall.run_refusals (run_id, user_id, reason, sqlstate)
                        values (
                            the_run, candidate,
                            case sqlstate
                                when 'RC001' then 'no_row'
                                when '23503' then 'foreign_key'
                                when '23001' then 'foreign_key'
                                when '55P03' then 'lock_timeout'
                                when '42501' then 'permission'
                                else 'other'
                            end,
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
    returning r.planned, r.created, r.refused, r.gone into planned, removed, refused, gone;
    is_done := planned = removed + refused + gone;
    if is_done then
        perform rollcall.end_run(the_run, 'completed');
    end if;
end
$body$
$ddl$);
