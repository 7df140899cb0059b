-- What the runbooks tell an operator to call, under the names that they use. Nobody but the owner
-- may; on Supabase that is whoever uses the SQL editor.

-- What was found wrong and about to be touched, for those who look for it afterwards.
call pg_temp.define('table', 'public.error_logs', '', $ddl$
create table if not exists public.error_logs (
    id uuid primary key default gen_random_uuid(),
    error_type text not null,
    created_at timestamptz not null default now(),
    table_name text,
    row_count bigint,
    run_id uuid,
    message text
);
comment on table public.error_logs is
    'Rollcall: what was found orphaned before it was touched. It stays when Rollcall is uninstalled.';
alter table public.error_logs enable row level security
$ddl$);

-- The four checks, as the nightly check words them.
call pg_temp.define('function', 'public.run_user_sync_quality_check()', '', $ddl$
create or replace function public.run_user_sync_quality_check(
    out check_name text, out passed boolean, out issue_count bigint, out severity text,
    out message text
)
returns setof record
language sql
stable
security definer
set search_path = pg_temp
set row_security = off
as $body$
    select c.check_name, c.passed, c.issue_count, c.severity, c.message
    from rollcall.check_by_hand(false) h
    cross join lateral rows from (
        pg_catalog.jsonb_to_recordset(h.checks) as (
            check_name pg_catalog.text, passed boolean, issue_count bigint, severity pg_catalog.text,
            message pg_catalog.text
        )
    ) with ordinality c
    order by c.ordinality;
$body$;
comment on function public.run_user_sync_quality_check() is
    'Rollcall: takes the roll and answers the four checks of the runbook.'
$ddl$);

-- Live profiles without an auth user row.
call pg_temp.define('function', 'public.check_orphaned_profiles()', '', $ddl$
create or replace function public.check_orphaned_profiles(
    out user_id {{key_type}}, out email text, out created_at timestamptz
)
returns setof record
language sql
stable
security definer
set search_path = pg_temp
set row_security = off
as $body$
    select p.{{key}}, {{shown_email}}, {{shown_created_at}}
    from {{table}} p
    where {{live}}
        and p.{{key}} is not null
        and not exists (select from rollcall.standing s where s.profile_key = p.{{key}})
    order by p.{{key}};
$body$;
comment on function public.check_orphaned_profiles() is
    'Rollcall: live profiles without an auth user.'
$ddl$);

-- For work that was done by hand. Answers the id of the row in the audit log.
call pg_temp.define(
    'function', 'public.log_cleanup_job(text,text,text,bigint,bigint,text)', '', $ddl$
create or replace function public.log_cleanup_job(
    job_name text, job_type text, status text, records_affected bigint, records_failed bigint,
    message text
)
returns uuid
language sql
security definer
set search_path = pg_temp
set row_security = off
as $body$
    -- What is in rollcall.runs has logged itself.
    insert into public.cleanup_audit_log (
        job_name, job_type, status, records_affected, records_failed, completed_at, error_message
    )
    values (
        log_cleanup_job.job_name,
        log_cleanup_job.job_type,
        log_cleanup_job.status,
        coalesce(log_cleanup_job.records_affected, 0),
        coalesce(log_cleanup_job.records_failed, 0),
        case when log_cleanup_job.status not in ('started', 'running') then now() end,
        log_cleanup_job.message
    )
    returning id;
$body$;
comment on function public.log_cleanup_job(text, text, text, bigint, bigint, text) is
    'Rollcall: adds to the audit log what was done by hand. Answers the id of the row.'
$ddl$);

-- A full check that is kept. Answers what it found.
call pg_temp.define('function', 'public.record_user_sync_metrics()', '', $ddl$
create or replace function public.record_user_sync_metrics()
returns jsonb
language plpgsql
security definer
set search_path = pg_temp
set row_security = off
as $body$
declare
    begun pg_catalog.timestamptz := pg_catalog.clock_timestamp();
    kept rollcall.checks;
begin
    insert into rollcall.checks (
        run_id, kind, checked_at, duration_ms, configuration, status, severity, counts, checks,
        trigger_state, trigger_detail
    )
    select
        pg_catalog.gen_random_uuid(), 'full', begun, 0, c.digest, h.status, h.severity, h.counts,
        h.checks, h.trigger_state, h.trigger_detail
    from rollcall.check_by_hand(true) h
    cross join rollcall.configuration c
    returning * into strict kept;
    update rollcall.checks c
    set duration_ms = 1000 * extract(epoch from pg_catalog.clock_timestamp() - begun)
    where c.run_id = kept.run_id;
    return pg_catalog.jsonb_build_object(
        'run_id', kept.run_id, 'checked_at', kept.checked_at, 'status', kept.status,
        'severity', kept.severity, 'counts', kept.counts, 'trigger_state', kept.trigger_state
    );
end
$body$;
comment on function public.record_user_sync_metrics() is
    'Rollcall: takes the roll and keeps what it found. Answers the same.'
$ddl$);

-- What the last check said, if the nightly ones still come.
call pg_temp.define('function', 'public.get_latest_sync_status()', '', $ddl$
create or replace function public.get_latest_sync_status(
    out status text, out severity text, out checked_at timestamptz, out auth_users bigint,
    out profiles bigint, out ghosts bigint, out orphaned_profiles bigint, out trigger_state text,
    out message text
)
returns setof record
language sql
stable
security definer
set search_path = pg_temp
set row_security = off
as $body$
    select
        case when f.is_fresh then k.status else 'unknown' end,
        case when f.is_fresh then k.severity end,
        k.checked_at,
        (k.counts ->> 'auth_users')::bigint,
        (k.counts ->> 'profiles')::bigint,
        (k.counts ->> 'ghosts')::bigint,
        (k.counts ->> 'orphaned_profiles')::bigint,
        k.trigger_state,
        case
            when k.run_id is null then 'There has been no full check yet'
            when not f.is_fresh
                then 'There has been no full check for more than 26 hours; the last one said ' || k.status
            else coalesce(
                (
                    select pg_catalog.string_agg(c.value ->> 'message', '; ' order by c.ordinality)
                    from pg_catalog.jsonb_array_elements(k.checks) with ordinality c
                    where (c.value ->> 'passed')::boolean is not true
                ),
                'All checks passed'
            ) || case
                when k.healed > 0 then '; ' || rollcall.counted(k.healed, 'profile') || ' created at once'
                else ''
            end
        end
    -- The nightly check has to come. What a pulse called meanwhile is later, and as good.
    from (
        select coalesce(pg_catalog.max(c.checked_at) >= now() - interval '26 hours', false) as is_fresh
        from rollcall.checks c
        where c.kind = 'full'
    ) f
    left join (
        select *
        from rollcall.checks c
        order by c.checked_at desc, c.run_id
        limit 1
    ) k on true;
$body$;
comment on function public.get_latest_sync_status() is
    'Rollcall: what the last check said; unknown when no full one came for 26 hours.'
$ddl$);

-- What the checks of the last days said, latest first.
call pg_temp.define('function', 'public.get_sync_status_history(integer)', '', $ddl$
create or replace function public.get_sync_status_history(
    days integer, out checked_at timestamptz, out kind text, out status text, out severity text,
    out auth_users bigint, out profiles bigint, out ghosts bigint, out orphaned_profiles bigint,
    out trigger_state text, out healed bigint, out run_id uuid
)
returns setof record
language sql
stable
security definer
set search_path = pg_temp
set row_security = off
as $body$
    select
        c.checked_at, c.kind, c.status, c.severity, (c.counts ->> 'auth_users')::bigint,
        (c.counts ->> 'profiles')::bigint, (c.counts ->> 'ghosts')::bigint,
        (c.counts ->> 'orphaned_profiles')::bigint, c.trigger_state, c.healed, c.run_id
    from rollcall.checks c
    where c.checked_at >= now() - pg_catalog.make_interval(
        days => case
            when get_sync_status_history.days is not null
                then greatest(0, least(get_sync_status_history.days, 36500))
        end
    )
    order by c.checked_at desc, c.run_id;
$body$;
comment on function public.get_sync_status_history(integer) is
    'Rollcall: what the checks of the last days said, latest first.'
$ddl$);

-- The numbers of this moment, for a dashboard.
call pg_temp.define('function', 'public.get_user_sync_stats()', '', $ddl$
create or replace function public.get_user_sync_stats(
    out auth_users bigint, out eligible bigint, out profiles bigint, out live bigint,
    out ghosts bigint, out ghosts_old bigint, out refused bigint, out retired bigint,
    out orphaned_profiles bigint, out leftover bigint, out excluded bigint,
    out synced_percent numeric, out trigger_state text, out last_checked_at timestamptz,
    out last_status text
)
returns setof record
language sql
stable
security definer
set search_path = pg_temp
set row_security = off
as $body$
    select
        r.auth_users, r.eligible, r.profiles, r.live, r.ghosts, r.ghosts_old, r.refused, r.retired,
        r.orphaned_profiles, r.leftover, r.excluded,
        -- Never rounded up: 100 means everybody.
        pg_catalog.trunc(100.0 * r.eligible_with_profile / nullif(r.eligible, 0), 2),
        t.state, s.checked_at, s.status
    from rollcall.take_roll() r
    cross join rollcall.sum_up_triggers() t
    cross join public.get_latest_sync_status() s;
$body$;
comment on function public.get_user_sync_stats() is
    'Rollcall: counts every class of users and profiles now.'
$ddl$);
