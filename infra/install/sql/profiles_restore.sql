-- Puts back what a run on profiles wrote over, of all of these, or an error.
call pg_temp.define('function', 'rollcall.restore_profiles(uuid,uuid[])', '', $ddl$
create or replace function rollcall.restore_profiles(undone uuid, todo uuid[])
returns void
language plpgsql
set search_path = pg_temp
as $body$
declare
    assignments pg_catalog.text;
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
set search_path = pg_temp
set row_security = off
-- What is kept as text says the same in every session.
{{image_settings}}
set lock_timeout = '500ms'
-- By the index, whatever the statistics say.
set enable_seqscan = off
set jit = off
as $body$
#variable_conflict use_column
declare
    run rollcall.runs := rollcall.hold_run(the_run, the_fence, 'undo', 'profiles');
    place bigint;
    batch pg_catalog.uuid[];
    batches bigint[];
    held pg_catalog.uuid[];
    todo pg_catalog.uuid[];
    changed pg_catalog.uuid[];
    lost pg_catalog.uuid[];
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
    held := rollcall.without(held, lost);
    todo := rollcall.without(todo, held);
    changed := rollcall.without(changed, held);
    perform rollcall.refuse_users(the_run, changed, 'changed_since', null, null);
    perform rollcall.refuse_users(the_run, held, 'lock_timeout', '55P03', null);

    taken := rollcall.try_profiles(run, 'restore', todo, pg_catalog.cardinality(batch));

    insert into rollcall.run_batches (run_id, begins_at, created, present, gone, versions)
    select the_run, place, taken, '{}', lost, '{}'
    where pg_catalog.cardinality(batch) > 0;
    select m.is_done, m.planned, m.created, m.refused, m.gone into is_done, planned, restored, refused, gone
    from rollcall.move_on(
        the_run, pg_catalog.cardinality(batch), pg_catalog.cardinality(taken), 0,
        pg_catalog.cardinality(lost)
    ) m;
end
$body$
$ddl$);
