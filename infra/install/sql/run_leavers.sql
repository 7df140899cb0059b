-- Looks again at those whom a run gave a profile, once all of it is committed: whoever was deleted,
-- left out or changed while the batch was under way was seen by no trigger, because the profile was
-- not there yet. Takes back the profile of whoever has left, if it is as the run made it and nobody
-- refers to it; stamps it otherwise; and refreshes that of whoever has changed. Asked only when a
-- check has found that something is not as it ought to be.
call pg_temp.define('function', 'rollcall.settle_leavers(uuid)', 'rollcall_operator', $ddl$
create or replace function rollcall.settle_leavers(the_run uuid, out taken_back bigint, out refreshed bigint)
language plpgsql
security definer
{{writing_settings}}
set lock_timeout = '500ms'
set jit = off
as $body$
#variable_conflict use_column
declare
    leavers pg_catalog.uuid[];
    batches bigint[];
    todo pg_catalog.uuid[];
    referrer pg_catalog.record;
    candidate pg_catalog.uuid;
begin
    perform from rollcall.runs r where r.run_id = the_run and r.kind = 'backfill' for update;
    if not found then
        return;
    end if;
    select
        coalesce(pg_catalog.array_agg(u.user_id order by b.begins_at), '{}'),
        coalesce(pg_catalog.array_agg(b.begins_at order by b.begins_at), '{}')
    into leavers, batches
    from rollcall.run_batches b
    cross join lateral pg_catalog.unnest(b.created) u (user_id)
    left join rollcall.standing s on s.user_id = u.user_id
    where b.run_id = the_run and s.is_eligible is not true;

    todo := rollcall.without(leavers, rollcall.hold_profiles(leavers));
    -- From here on each statement sees what was there before the locks were had.
    select array(select pg_catalog.unnest(todo) intersect select pg_catalog.unnest(f.unchanged)) into todo
    from rollcall.find_unchanged(the_run, leavers, batches) f;
    set constraints all immediate;
    for referrer in select r.referrer, r.is_same from rollcall.referrers() r loop
        exit when todo = '{}';
        todo := rollcall.without(todo, rollcall.find_referred(referrer.referrer, referrer.is_same, todo));
    end loop;
    begin
        perform rollcall.delete_profiles(todo);
    exception
        when others or assert_failure then
            -- Somebody wants to keep them.
            todo := '{}';
    end;
    taken_back := pg_catalog.cardinality(todo);
    refreshed := 0;
    foreach candidate in array rollcall.without(leavers, todo) loop
        if (select p.outcome from rollcall.remove_profile(candidate) p) = 'removed' then
            refreshed := refreshed + 1;
        end if;
    end loop;
    if taken_back > 0 then
        -- They were gone when their turn came.
        update rollcall.run_batches b
        set
            created = rollcall.without(b.created, todo),
            gone = b.gone || array(
                select pg_catalog.unnest(b.created) intersect select pg_catalog.unnest(todo)
            )
        where b.run_id = the_run and b.created && todo;
        update rollcall.runs r
        set created = r.created - taken_back, gone = r.gone + taken_back
        where r.run_id = the_run;
        update public.cleanup_audit_log a
        set records_affected = a.records_affected - taken_back
        where a.run_id = the_run;
    end if;

    for candidate in
        select u.id
        from rollcall.run_batches b
        cross join lateral pg_catalog.unnest(b.created) m (user_id)
        join auth.users u on u.id = m.user_id
        where b.run_id = the_run
            -- Changed by a transaction that began after the batch, or not long before it.
            and pg_catalog.age(u.xmin) <= pg_catalog.age(b.transaction_id::pg_catalog.xid) + 10000
    loop
        if (select e.outcome from rollcall.ensure_profile(candidate) e) = 'updated' then
            refreshed := refreshed + 1;
        end if;
    end loop;
end
$body$
$ddl$);
