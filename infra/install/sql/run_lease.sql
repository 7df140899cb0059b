-- Takes the lease for a run, from whoever held it for the same run. Answers the fence to show
-- with every batch, or else the other run that holds the lease, and until when.
call pg_temp.define('function', 'rollcall.take_lease(uuid)', 'rollcall_operator', $ddl$
create or replace function rollcall.take_lease(
    the_run uuid, out fence bigint, out holder uuid, out held_until timestamptz
)
language plpgsql
security definer
set search_path = pg_temp
set row_security = off
as $body$
begin
    -- Two takings at once would each see no other holder.
    perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('rollcall.take_lease', 0));
    select r.run_id, r.lease_until into holder, held_until
    from rollcall.runs r
    where r.run_id <> the_run and r.state = 'running' and r.lease_until > pg_catalog.clock_timestamp()
    order by r.lease_until desc
    limit 1;
    if found then
        return;
    end if;
    -- Whoever let a lease run out and wakes up finds the fence moved.
    update rollcall.runs r
    set fence = r.fence + 1, lease_until = null
    where r.run_id <> the_run and r.state = 'running' and r.lease_until is not null;
    insert into public.cleanup_audit_log (run_id, job_name, job_type, status)
    select
        r.run_id,
        case r.kind
            when 'backfill' then 'backfill_ghost_users'
            when 'profiles' then 'stamp_profiles'
            when 'undo' then
                'undo_' || (select u.kind from rollcall.runs u where u.run_id = r.undoes)
            else 'repair_' || r.kind
        end,
        r.kind, 'running'
    from rollcall.runs r
    where r.run_id = the_run and r.state = 'planned';
    update rollcall.runs r
    set
        state = 'running',
        fence = r.fence + 1,
        lease_until = pg_catalog.clock_timestamp() + interval '60 seconds',
        started_at = coalesce(r.started_at, pg_catalog.clock_timestamp())
    where r.run_id = the_run and r.state in ('planned', 'running')
    returning r.fence into fence;
end
$body$
$ddl$);

-- Lets go of the lease, if it is still the caller's.
call pg_temp.define('function', 'rollcall.release_lease(uuid,bigint)', 'rollcall_operator', $ddl$
create or replace function rollcall.release_lease(the_run uuid, the_fence bigint)
returns void
language sql
security definer
set search_path = pg_temp
set row_security = off
as $body$
    update rollcall.runs r
    set lease_until = null
    where r.run_id = the_run and r.fence = the_fence;
$body$
$ddl$);

-- Writes down how a run ended.
call pg_temp.define('function', 'rollcall.end_run(uuid,text)', '', $ddl$
create or replace function rollcall.end_run(the_run uuid, end_state text)
returns void
language sql
set search_path = pg_temp
as $body$
    with ended as (
        update rollcall.runs r
        set
            state = end_state, lease_until = null, fence = r.fence + 1,
            finished_at = pg_catalog.clock_timestamp()
        where r.run_id = the_run and r.state in ('planned', 'running')
        returning r.run_id, r.created, r.refused
    )
    update public.cleanup_audit_log a
    set
        status = end_state, records_affected = e.created, records_failed = e.refused,
        completed_at = pg_catalog.clock_timestamp()
    from ended e
    where a.run_id = e.run_id;
$body$
$ddl$);

-- Ends a run where it is. Whoever is at it is turned away with the next batch.
call pg_temp.define('function', 'rollcall.cancel_run(uuid)', 'rollcall_operator', $ddl$
create or replace function rollcall.cancel_run(the_run uuid)
returns void
language sql
security definer
set search_path = pg_temp
set row_security = off
as $body$
    select rollcall.end_run(the_run, 'cancelled');
$body$
$ddl$);
