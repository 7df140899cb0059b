-- Wipes every trace of these users, each of them once, out of all that Rollcall keeps. Answers where
-- it found how many rows. Every table that may hold an id is here, and only here: what speaks of the
-- user alone is deleted, what counts the user among others gets the stand-in.
--
-- No exception is caught in here: a batch's record must come from the very transaction that it names.
call pg_temp.define('function', 'rollcall.wipe(uuid[])', '', $ddl$
create or replace function rollcall.wipe(users uuid[], out store text, out wiped bigint)
returns setof record
language plpgsql
set search_path = pg_temp
set jit = off
as $body$
#variable_conflict use_column
declare
    columns pg_catalog.text[];
    others pg_catalog.uuid[] := array(select rollcall.nobody() from pg_catalog.unnest(users));
    names pg_catalog.jsonb := (
        select pg_catalog.jsonb_object_agg(pg_catalog.replace(w.user_id::pg_catalog.text, '-', ''), w.other)
        from rows from (pg_catalog.unnest(users), pg_catalog.unnest(others)) w (user_id, other)
    );
begin
    -- A batch under way has read its users, and will write them down.
    perform from rollcall.runs r where r.state in ('planned', 'running') order by r.run_id for update;

    store := 'run_plans';
    update rollcall.run_plans p
    set user_ids = rollcall.replaced(p.user_ids, users, others)
    where (p.run_id, p.chunk) in (
        select n.run_id, n.chunk
        from rollcall.run_plans n
        cross join lateral pg_catalog.unnest(n.user_ids) u (user_id)
        join pg_catalog.unnest(users) w (user_id) on w.user_id = u.user_id
    );
    get diagnostics wiped = row_count;
    return next;
    store := 'run_batches';
    update rollcall.run_batches b
    set
        created = rollcall.replaced(b.created, users, others),
        present = rollcall.replaced(b.present, users, others),
        gone = rollcall.replaced(b.gone, users, others),
        -- What was proof for an undo stays it, and what was none does not become it.
        written_by = case
            when b.xmin = coalesce(b.written_by, b.transaction_id)::pg_catalog.xid
                then pg_catalog.pg_current_xact_id()
            else b.written_by
        end
    where (b.run_id, b.begins_at) in (
        select n.run_id, n.begins_at
        from rollcall.run_batches n
        cross join lateral pg_catalog.unnest(n.created || n.present || n.gone) u (user_id)
        join pg_catalog.unnest(users) w (user_id) on w.user_id = u.user_id
    );
    get diagnostics wiped = row_count;
    return next;
    store := 'run_refusals';
    update rollcall.run_refusals f
    set user_id = others[pg_catalog.array_position(users, f.user_id)]
    where f.user_id = any (users);
    get diagnostics wiped = row_count;
    return next;
    store := 'run_images';
    delete from rollcall.run_images i where i.user_id = any (users);
    get diagnostics wiped = row_count;
    return next;
    store := 'reference_rows';
    update rollcall.reference_rows r
    set
        users = rollcall.replaced(r.users, names),
        row_keys = rollcall.replaced(r.row_keys, names)
    where exists (
        select from pg_catalog.unnest(r.users || array(select pg_catalog.unnest(r.row_keys))) w (word)
        where names ? pg_catalog.translate(pg_catalog.lower(w.word), '{}- ', '')
    );
    get diagnostics wiped = row_count;
    return next;
    -- The row is the application's: it is not lost, but comes back without the person.
    store := 'quarantine';
    update rollcall.quarantine q
    set
        user_id = coalesce(
            names ->> pg_catalog.translate(pg_catalog.lower(q.user_id), '{}- ', ''), q.user_id
        ),
        image = rollcall.replaced(q.image, names)
    where exists (
        select from pg_catalog.unnest(q.image || q.user_id) w (word)
        where names ? pg_catalog.translate(pg_catalog.lower(w.word), '{}- ', '')
    );
    get diagnostics wiped = row_count;
    return next;
    -- Nothing goes back to somebody who is erased.
    store := 'reference_changes';
    delete from rollcall.reference_changes c
    where exists (
        select from pg_catalog.unnest(c.row_key || c.user_id) w (word)
        where names ? pg_catalog.translate(pg_catalog.lower(w.word), '{}- ', '')
    );
    get diagnostics wiped = row_count;
    return next;
    store := 'reference_refusals';
    update rollcall.reference_refusals f
    set
        user_id = coalesce(
            names ->> pg_catalog.translate(pg_catalog.lower(f.user_id), '{}- ', ''), f.user_id
        ),
        row_key = rollcall.replaced(f.row_key, names)
    where names ? pg_catalog.translate(pg_catalog.lower(f.user_id), '{}- ', '')
        or f.row_key <> rollcall.replaced(f.row_key, names);
    get diagnostics wiped = row_count;
    return next;
    store := 'reference_parts';
    update rollcall.reference_parts p
    set new_user = others[pg_catalog.array_position(users, p.new_user)]
    where p.new_user = any (users);
    get diagnostics wiped = row_count;
    return next;
    store := 'sync_failures';
    delete from rollcall.sync_failures f where f.user_id = any (users);
    get diagnostics wiped = row_count;
    return next;
    store := 'exclusions';
    delete from rollcall.exclusions e where e.user_id = any (users);
    get diagnostics wiped = row_count;
    return next;
    store := 'acknowledgements';
    delete from rollcall.acknowledgements a where a.user_id = any (users);
    get diagnostics wiped = row_count;
    return next;

    -- Texts. What an operator said of somebody else may name the person, too.
    for store, columns in
        select w.store, w.columns
        from (
            values
                ('rollcall.exclusions', '{reason}'::pg_catalog.text[]),
                ('rollcall.acknowledgements', '{reason}'),
                ('rollcall.runs', '{scope,reason}'),
                ('rollcall.checks', '{checks,sentence}'),
                ('rollcall.incidents', '{sentence}'),
                ('rollcall.incident_events', '{sentence}'),
                ('rollcall.outbox', '{message,last_error}'),
                ('public.error_logs', '{message}'),
                ('public.cleanup_audit_log', '{error_message}')
        ) w (store, columns)
    loop
        wiped := rollcall.wipe_words(store::pg_catalog.regclass, columns, names);
        store := pg_catalog.split_part(store, '.', 2);
        return next;
    end loop;

    delete from rollcall.forgetting f where f.user_id = any (users);
end
$body$
$ddl$);

-- Forgets these users for good, because somebody asked for it. If any of them is still in auth.users
-- it does nothing, and answers who: deleting them comes first.
call pg_temp.define('function', 'rollcall.forget(uuid[])', 'rollcall_operator', $ddl$
create or replace function rollcall.forget(
    users uuid[], out still_there uuid, out store text, out wiped bigint
)
returns setof record
language plpgsql
security definer
set search_path = pg_temp
set row_security = off
set lock_timeout = '2s'
as $body$
begin
    return query
    select u.id, null::pg_catalog.text, null::bigint from auth.users u where u.id = any (users) order by u.id;
    if found then
        return;
    end if;
    return query
    select null::pg_catalog.uuid, w.store, sum(w.wiped)::bigint
    from rollcall.wipe(array(select distinct u from pg_catalog.unnest(users) u))
        with ordinality w (store, wiped, number)
    where w.wiped > 0
    group by w.store
    order by min(w.number);
end
$body$
$ddl$);

-- Forgets some of those whose deletion was noted, oldest first. Answers how many.
call pg_temp.define('function', 'rollcall.forget_noted(integer)', 'rollcall_app, rollcall_operator', $ddl$
create or replace function rollcall.forget_noted(at_most integer)
returns integer
language plpgsql
security definer
set search_path = pg_temp
set row_security = off
set lock_timeout = '2s'
as $body$
declare
    noted pg_catalog.uuid[];
begin
    noted := array(
        select f.user_id
        from rollcall.forgetting f
        -- A stamp that is still due comes first; one that is refused for good costs a day, no more.
        where f.noted_at < now() - interval '1 day' or not exists (
            select from rollcall.sync_failures l
            where l.user_id = f.user_id and l.reason <> 'degraded' and l.last_failed_at >= f.noted_at
        )
        order by f.noted_at
        limit at_most
        for update skip locked
    );
    if noted = '{}' then
        return 0;
    end if;
    -- Whoever was restored meanwhile is not to be forgotten.
    perform from rollcall.wipe(array(
        select n.user_id
        from pg_catalog.unnest(noted) n (user_id)
        where not exists (select from auth.users u where u.id = n.user_id)
    ));
    delete from rollcall.forgetting f where f.user_id = any (noted);
    return pg_catalog.cardinality(noted);
end
$body$
$ddl$);

-- Notes whoever a backfill was for and is no longer in auth.users: where no trigger saw the deletion.
-- Who was excluded or orphaned by an id that never was there is not among them.
call pg_temp.define('function', 'rollcall.note_erased()', 'rollcall_app, rollcall_operator', $ddl$
create or replace function rollcall.note_erased()
returns void
language sql
security definer
set search_path = pg_temp
set row_security = off
set jit = off
as $body$
    insert into rollcall.forgetting (user_id)
    select distinct u.user_id
    from rollcall.runs r
    join rollcall.run_plans p on p.run_id = r.run_id
    cross join lateral pg_catalog.unnest(p.user_ids) u (user_id)
    where r.kind = 'backfill'
        and not rollcall.is_nobody(u.user_id)
        and not exists (select from auth.users a where a.id = u.user_id)
    on conflict (user_id) do nothing;
$body$
$ddl$);
