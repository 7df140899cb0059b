-- What the batches that change existing profiles have in common: an undo, stamps, and their undo.

-- Locks the profiles of these users against any change and any new reference, waits a moment for
-- whoever holds one, and answers whose is held still.
call pg_temp.define('function', 'rollcall.hold_or_wait(uuid[])', '', $ddl$
create or replace function rollcall.hold_or_wait(users uuid[])
returns uuid[]
language plpgsql
set search_path = pg_temp
as $body$
declare
    held pg_catalog.uuid[] := rollcall.hold_profiles(users);
begin
    if held <> '{}' then
        begin
            perform count(h.is_held)
            from pg_catalog.unnest(held) u (user_id)
            cross join lateral (
                select true as is_held from {{table}} p where p.{{key}} = {{undo_key}} for update
            ) h;
            held := '{}';
        exception
            when lock_not_available or deadlock_detected then
                -- Some may have been let go of meanwhile.
                held := rollcall.hold_profiles(held);
        end;
    end if;
    return held;
end
$body$
$ddl$);

-- The planned users of an undo from a place on, and which batch of the run made each.
call pg_temp.define('function', 'rollcall.planned_undo(uuid,bigint,integer)', '', $ddl$
create or replace function rollcall.planned_undo(
    the_run uuid, place bigint, batch_size integer, out users uuid[], out batches bigint[]
)
language sql
stable
set search_path = pg_temp
as $body$
    select
        coalesce(pg_catalog.array_agg(u.user_id order by p.chunk, u.number), '{}'),
        coalesce(pg_catalog.array_agg(u.batch order by p.chunk, u.number), '{}')
    from rollcall.run_plans p
    cross join lateral rows from (
        pg_catalog.unnest(p.user_ids), pg_catalog.unnest(p.batches)
    ) with ordinality u (user_id, batch, number)
    where p.run_id = the_run
        and p.chunk between place / 1000 and (place + batch_size - 1) / 1000
        and p.chunk * 1000::bigint + u.number between place + 1 and place + batch_size;
$body$
$ddl$);

-- Writes down users whose profile stays as it is.
call pg_temp.define('function', 'rollcall.refuse_users(uuid,uuid[],text,text,text)', '', $ddl$
create or replace function rollcall.refuse_users(
    the_run uuid, users uuid[], reason text, state text, referrer text
)
returns void
language sql
set search_path = pg_temp
as $body$
    insert into rollcall.run_refusals (run_id, user_id, reason, sqlstate, referrer)
    select the_run, u.user_id, refuse_users.reason, state, refuse_users.referrer
    from pg_catalog.unnest(users) u (user_id);
$body$
$ddl$);

-- Does the one or the other to all of these users' profiles, or an error.
call pg_temp.define('function', 'rollcall.do_profiles(text,uuid,uuid[])', '', $ddl$
create or replace function rollcall.do_profiles(work text, undone uuid, todo uuid[])
returns void
language plpgsql
set search_path = pg_temp
as $body$
begin
    case work
        when 'stamp' then perform rollcall.stamp_profiles(todo);
        when 'restore' then perform rollcall.restore_profiles(undone, todo);
        when 'delete' then perform rollcall.delete_profiles(todo);
    end case;
end
$body$
$ddl$);

-- The same, one by one where it fails for all at once: writes down those that stay, and answers the
-- others. What is not about anybody's row fails the batch, for the caller to decide. `turns` is how
-- many there are in the batch.
call pg_temp.define('function', 'rollcall.try_profiles(rollcall.runs,text,uuid[],bigint)', '', $ddl$
create or replace function rollcall.try_profiles(
    run rollcall.runs, work text, todo uuid[], turns bigint
)
returns uuid[]
language plpgsql
set search_path = pg_temp
as $body$
declare
    taken pg_catalog.uuid[] := '{}'::pg_catalog.uuid[];
    context pg_catalog.text;
    candidate pg_catalog.uuid;
begin
    -- Nothing may strike at the commit, where nobody could tell whose row it was about.
    set constraints all immediate;
    begin
        perform rollcall.do_profiles(work, run.undoes, todo);
        return todo;
    exception
        when others or query_canceled or assert_failure then
            get stacked diagnostics context = pg_exception_context;
            if sqlstate = '57014' and turns = 1 then
                perform rollcall.refuse_users(run.run_id, todo, 'other', '57014', null);
                return '{}'::pg_catalog.uuid[];
            elsif rollcall.is_about_no_row(sqlstate, context) then
                raise exception 'the database has no room, or cannot write now' using errcode = sqlstate;
            elsif turns > 1 and (sqlstate = '55P03' or sqlstate like '40%') then
                -- What meets a lock is tried again, smaller, down to the user it is about.
                raise exception 'the batch met a lock' using errcode = sqlstate;
            elsif sqlstate like '42%' and work = 'delete' then
                -- A right or a table that is gone fails for nobody as well as for somebody.
                perform rollcall.do_profiles(work, run.undoes, '{}');
            end if;
    end;
    foreach candidate in array todo loop
        begin
            perform rollcall.do_profiles(work, run.undoes, array[candidate]);
            taken := taken || candidate;
        exception
            when others or assert_failure then
                get stacked diagnostics context = pg_exception_context;
                if rollcall.is_about_no_row(sqlstate, context) then
                    raise exception 'the database has no room, or cannot write now'
                        using errcode = sqlstate;
                end if;
                perform rollcall.refuse_users(
                    run.run_id, array[candidate], rollcall.why_unwritten(sqlstate),
                    nullif(sqlstate, 'RC001'), null
                );
        end;
    end loop;
    return taken;
end
$body$
$ddl$);
