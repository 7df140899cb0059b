-- Removes the profiles of all of these users, or an error.
call pg_temp.define('function', 'rollcall.delete_profiles(uuid[])', '', $ddl$
create or replace function rollcall.delete_profiles(todo uuid[])
returns void
language plpgsql
set search_path = pg_temp
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
declare
    run rollcall.runs := rollcall.hold_run(the_run, the_fence, 'undo', 'backfill');
    place bigint;
    batch pg_catalog.uuid[];
    batches bigint[];
    held pg_catalog.uuid[];
    todo pg_catalog.uuid[];
    changed pg_catalog.uuid[];
    lost pg_catalog.uuid[];
    referrer pg_catalog.record;
    referred pg_catalog.uuid[];
    taken pg_catalog.uuid[];
begin
    is_fenced := run.run_id is null;
    if is_fenced then
        return;
    end if;
    is_locked := not rollcall.hold_table({{table_literal}});
    if is_locked then
        return;
    end if;

    place := run.created + run.refused + run.gone;
    select p.users, p.batches into batch, batches from rollcall.planned_undo(the_run, place, batch_size) p;
    held := rollcall.hold_or_wait(batch);

    -- From here on each statement sees what was there before the locks were had.
    select f.unchanged, f.changed, f.gone into todo, changed, lost
    from rollcall.find_unchanged(run.undoes, batch, batches) f;
    if pg_catalog.cardinality(held) > 0 then
        held := rollcall.without(held, lost);
        todo := rollcall.without(todo, held);
        changed := rollcall.without(changed, held);
    end if;
    perform rollcall.refuse_users(the_run, changed, 'changed_since', null, null);
    perform rollcall.refuse_users(the_run, held, 'lock_timeout', '55P03', null);

    for referrer in select r.referrer, r.is_same from rollcall.referrers() r loop
        exit when todo = '{}';
        referred := rollcall.find_referred(referrer.referrer, referrer.is_same, todo);
        continue when referred = '{}';
        perform rollcall.refuse_users(the_run, referred, 'referred_to', null, referrer.referrer::pg_catalog.text);
        todo := rollcall.without(todo, referred);
    end loop;

    taken := rollcall.try_profiles(run, 'delete', todo, pg_catalog.cardinality(batch));

    insert into rollcall.run_batches (run_id, begins_at, created, present, gone, versions)
    select the_run, place, taken, '{}', lost, '{}'
    where pg_catalog.cardinality(batch) > 0;
    select m.is_done, m.planned, m.created, m.refused, m.gone into is_done, planned, removed, refused, gone
    from rollcall.move_on(
        the_run, pg_catalog.cardinality(batch), pg_catalog.cardinality(taken), 0,
        pg_catalog.cardinality(lost)
    ) m;
end
$body$
$ddl$);
