-- The history as the report shows it. It holds ids, counts and Rollcall's own sentences; what an
-- operator wrote as a reason is left out.
call pg_temp.define('function', 'rollcall.latest_check()', 'rollcall_app, rollcall_operator', $ddl$
create or replace function rollcall.latest_check(
    out run_id uuid, out since timestamptz, out full_at timestamptz
)
returns setof record
language sql
stable
security definer
set search_path = pg_temp
set row_security = off
as $body$
    select
        k.run_id,
        -- The first of the checks in a row that said the same.
        (
            select pg_catalog.min(c.checked_at)
            from rollcall.checks c
            where c.checked_at > coalesce(other.checked_at, '-infinity')
        ),
        -- The last that no pulse called: without one, nobody looks when nothing seems wrong.
        (select pg_catalog.max(c.checked_at) from rollcall.checks c where c.kind = 'full')
    from (
        select c.run_id, c.status
        from rollcall.checks c
        order by c.checked_at desc, c.run_id
        limit 1
    ) k
    left join lateral (
        select c.checked_at
        from rollcall.checks c
        where c.status <> k.status
        order by c.checked_at desc
        limit 1
    ) other on true;
$body$
$ddl$);

-- The checks since a time, and the one named, oldest first; no more than so many, the latest.
call pg_temp.define(
    'function', 'rollcall.read_checks(timestamptz,uuid,integer)', 'rollcall_app, rollcall_operator', $ddl$
create or replace function rollcall.read_checks(
    since timestamptz, and_this uuid, at_most integer, out run_id uuid, out kind text,
    out checked_at timestamptz, out duration_ms bigint, out configuration text, out status text,
    out severity text, out counts jsonb, out checks jsonb, out trigger_state text,
    out trigger_detail text, out cause text, out sentence text, out healed bigint, out refused bigint
)
returns setof record
language sql
stable
security definer
set search_path = pg_temp
set row_security = off
as $body$
    select
        k.run_id, k.kind, k.checked_at, k.duration_ms, k.configuration, k.status, k.severity, k.counts,
        k.checks, k.trigger_state, k.trigger_detail, k.cause, k.sentence, k.healed, k.refused
    from (
        select *
        from rollcall.checks c
        where c.checked_at >= read_checks.since or c.run_id = and_this
        order by c.checked_at desc, c.run_id
        limit at_most
    ) k
    order by k.checked_at, k.run_id;
$body$
$ddl$);

-- Incidents that are open or were seen since a time, or the one named; open and late ones first.
call pg_temp.define(
    'function', 'rollcall.read_incidents(timestamptz,uuid)', 'rollcall_app, rollcall_operator', $ddl$
create or replace function rollcall.read_incidents(
    since timestamptz, only_this uuid, out incident_id uuid, out cause text, out sentence text,
    out severity text, out began_at timestamptz, out opened_at timestamptz,
    out last_seen_at timestamptz, out resolved_at timestamptz, out most_affected bigint,
    out healed bigint, out events jsonb
)
returns setof record
language sql
stable
security definer
set search_path = pg_temp
set row_security = off
as $body$
    select
        i.incident_id, i.cause, i.sentence, i.severity, i.began_at, i.opened_at, i.last_seen_at,
        i.resolved_at, i.most_affected, i.healed,
        coalesce(
            (
                select pg_catalog.jsonb_agg(
                    pg_catalog.jsonb_build_object(
                        'happened_at', e.happened_at, 'what', e.what, 'severity', e.severity,
                        'run_id', e.run_id, 'sentence', e.sentence
                    ) order by e.happened_at
                )
                from rollcall.incident_events e
                where e.incident_id = i.incident_id
            ),
            '[]'
        )
    from rollcall.incidents i
    where case
        when only_this is not null then i.incident_id = only_this
        else i.resolved_at is null or i.resolved_at >= read_incidents.since
    end
    order by i.resolved_at is null desc, i.opened_at desc, i.incident_id;
$body$
$ddl$);

-- Runs that were planned or worked on since a time, latest first.
call pg_temp.define(
    'function', 'rollcall.read_runs(timestamptz,integer)', 'rollcall_app, rollcall_operator', $ddl$
create or replace function rollcall.read_runs(
    since timestamptz, at_most integer, out run_id uuid, out kind text, out state text,
    out planned bigint, out created bigint, out present bigint, out refused bigint, out gone bigint,
    out planned_at timestamptz, out started_at timestamptz, out finished_at timestamptz
)
returns setof record
language sql
stable
security definer
set search_path = pg_temp
set row_security = off
as $body$
    select
        r.run_id, r.kind, r.state, r.planned, r.created, r.present, r.refused, r.gone, r.planned_at,
        r.started_at, r.finished_at
    from rollcall.runs r
    where r.state = 'running' or coalesce(r.finished_at, r.planned_at) >= read_runs.since
    order by r.planned_at desc, r.run_id
    limit at_most;
$body$
$ddl$);

-- Why the database would not accept profiles: now in the ledger, and in runs since a time.
call pg_temp.define(
    'function', 'rollcall.count_refusals(timestamptz)', 'rollcall_app, rollcall_operator', $ddl$
create or replace function rollcall.count_refusals(
    since timestamptz, out reason text, out sqlstate text, out in_ledger bigint, out in_runs bigint,
    out oldest_at timestamptz
)
returns setof record
language sql
stable
security definer
set search_path = pg_temp
set row_security = off
as $body$
    select
        r.reason, r.sqlstate, count(*) filter (where r.is_in_ledger),
        count(*) filter (where not r.is_in_ledger), pg_catalog.min(r.at)
    from (
        select f.reason, f.sqlstate, true as is_in_ledger, f.first_failed_at as at
        from rollcall.sync_failures f
        union all
        select f.reason, f.sqlstate, false, coalesce(r.finished_at, r.started_at)
        from rollcall.run_refusals f
        join rollcall.runs r using (run_id)
        where r.kind = 'backfill'
            and coalesce(r.finished_at, r.started_at, r.planned_at) >= count_refusals.since
    ) r
    group by r.reason, r.sqlstate
    order by count(*) desc, r.reason, r.sqlstate;
$body$
$ddl$);
