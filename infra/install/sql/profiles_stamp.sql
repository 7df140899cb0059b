-- Stamps all of these profiles, or an error: each as the delete trigger does.
call pg_temp.define('function', 'rollcall.stamp_profiles(uuid[])', '', $ddl$
create or replace function rollcall.stamp_profiles(todo uuid[])
returns void
language plpgsql
set search_path = pg_temp
as $body$
declare
    candidate pg_catalog.uuid;
begin
    foreach candidate in array todo loop
        perform rollcall.stamp_profile(candidate);
    end loop;
end
$body$
$ddl$);

-- The next batch of a run on profiles: images, stamps, refusals, counts, records and cursor in one
-- transaction, or nothing. Whoever is live no more, or ought to have a profile again, is gone. A
-- batch is of one class.
call pg_temp.define('function', 'rollcall.stamp_batch(uuid,bigint,integer)', 'rollcall_operator', $ddl$
create or replace function rollcall.stamp_batch(
    the_run uuid, the_fence bigint, batch_size integer,
    out is_fenced boolean, out is_altered boolean, out is_locked boolean, out is_done boolean,
    out planned bigint, out stamped bigint, out refused bigint, out gone bigint
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
    run rollcall.runs := rollcall.hold_run(the_run, the_fence, 'profiles');
    place bigint;
    ends_at bigint;
    batch pg_catalog.uuid[];
    held pg_catalog.uuid[];
    todo pg_catalog.uuid[];
    lost pg_catalog.uuid[];
    taken pg_catalog.uuid[];
    versions pg_catalog.xid[];
begin
    is_fenced := run.run_id is null;
    if is_fenced then
        return;
    end if;
    -- What is written over is kept in the order of the plan's columns. Having read the configuration,
    -- the batch holds it: no migration lands before its end.
    is_altered := run.configuration is distinct from (select c.digest from rollcall.configuration c)
        or run.scope -> 'columns' is distinct from pg_catalog.to_jsonb(
            {{removal_columns}}
        );
    if is_altered then
        return;
    end if;
    is_locked := not rollcall.hold_table({{table_literal}});
    if is_locked then
        return;
    end if;

    place := run.created + run.refused + run.gone;
    select min(c.ends_at) into ends_at
    from (
        select sum(n.planned::bigint) over (order by n.number) as ends_at
        from pg_catalog.jsonb_array_elements_text(run.scope -> 'classes')
            with ordinality n (planned, number)
    ) c
    where c.ends_at > place;
    batch := array(
        select p.user_id
        from rollcall.first_planned(
            the_run, place, least(batch_size, coalesce(ends_at - place, batch_size))::integer
        ) p (user_id)
    );

    held := rollcall.hold_or_wait(batch);

    -- From here on each statement sees what was there before the locks were had.
    todo := array(
        select u.user_id
        from pg_catalog.unnest(batch) u (user_id)
        where exists (
                select from {{table}} p where p.{{key}} = {{undo_key}} and {{live}}
            )
            and not exists (
                select from rollcall.standing s where s.user_id = u.user_id and s.is_eligible
            )
    );
    lost := rollcall.without(batch, todo);
    held := rollcall.without(held, lost);
    todo := rollcall.without(todo, held);
    perform rollcall.refuse_users(the_run, held, 'lock_timeout', '55P03', null);
    insert into rollcall.run_images (run_id, user_id, image)
    select
        the_run, u.user_id,
        {{removal_image}}
    from pg_catalog.unnest(todo) u (user_id)
    join {{table}} p on p.{{key}} = {{undo_key}};

    taken := rollcall.try_profiles(run, 'stamp', todo, pg_catalog.cardinality(batch));
    delete from rollcall.run_images i
    where i.run_id = the_run and i.user_id = any (batch) and i.user_id <> all (taken);
    -- Each may come from a transaction of its own, or have been touched by a trigger since.
    versions := array(
        select distinct (select p.xmin from {{table}} p where p.{{key}} = {{made_key}})
        from pg_catalog.unnest(taken) m (user_id)
    );
    insert into rollcall.run_batches (run_id, begins_at, created, present, gone, versions)
    select the_run, place, taken, '{}', lost, versions
    where pg_catalog.cardinality(batch) > 0;
    select m.is_done, m.planned, m.created, m.refused, m.gone into is_done, planned, stamped, refused, gone
    from rollcall.move_on(
        the_run, pg_catalog.cardinality(batch), pg_catalog.cardinality(taken), 0,
        pg_catalog.cardinality(lost)
    ) m;
end
$body$
$ddl$);
