-- The ledger, summed up. A degraded profile is there, so its entry is no failure.
call pg_temp.define('function', 'rollcall.read_ledger()', 'rollcall_app, rollcall_operator', $ddl$
create or replace function rollcall.read_ledger(
    out entries bigint, out due bigint, out degraded bigint, out oldest timestamptz
)
language sql
stable
security definer
set search_path = ''
set row_security = off
as $body$
    select
        count(*) filter (where f.reason <> 'degraded'),
        count(*) filter (where f.reason <> 'degraded' and f.next_attempt_at <= now()),
        count(*) filter (where f.reason = 'degraded'),
        min(f.first_failed_at) filter (where f.reason <> 'degraded')
    from rollcall.sync_failures f;
$body$
$ddl$);

-- The database's own webhooks about auth users in the last day, and how many of them failed; pg_net
-- itself keeps the answers for some hours only. No row where there is no pg_net, or none that the
-- installing role may read.
call pg_temp.define('function', 'rollcall.count_deliveries()', 'rollcall_app, rollcall_operator', $ddl$
create or replace function rollcall.count_deliveries()
returns table (examined bigint, failed bigint)
language plpgsql
stable
security definer
set search_path = ''
set row_security = off
as $body$
declare
    hooks oid := pg_catalog.to_regclass('supabase_functions.hooks');
    answers oid := pg_catalog.to_regclass('net._http_response');
begin
    if hooks is null or answers is null
        or not pg_catalog.has_schema_privilege('supabase_functions', 'usage')
        or not pg_catalog.has_schema_privilege('net', 'usage')
        or not pg_catalog.has_table_privilege(hooks, 'select')
        or not pg_catalog.has_table_privilege(answers, 'select') then
        return;
    end if;
    return query execute
        'select
            count(*),
            count(*) filter (where (r.status_code between 200 and 299) is not true)
        from supabase_functions.hooks h
        join net._http_response r on r.id = h.request_id
        where h.hook_table_id::bigint = $1 and r.created > now() - $2'
        using pg_catalog.to_regclass('auth.users')::oid::bigint, interval '24 hours';
end
$body$
$ddl$);

-- How many auth users the last full check counted that believed it; null before the first. One that
-- did not is no measure for the next, or the loss would be green a day later.
call pg_temp.define('function', 'rollcall.previous_auth_users()', 'rollcall_app, rollcall_operator', $ddl$
create or replace function rollcall.previous_auth_users()
returns bigint
language sql
stable
security definer
set search_path = ''
set row_security = off
as $body$
    select (c.counts ->> 'auth_users')::bigint
    from rollcall.checks c
    where c.kind = 'full' and c.counts ->> 'auth_users' is not null and c.checked_at <= now()
        and case
            when c.checks @> '[{"check_name": "guard_check"}]'
                then c.checks @> '[{"check_name": "guard_check", "passed": true}]'
            -- Metrics taken by SQL have no such line, and are unknown for nothing else.
            else c.status <> 'unknown'
        end
        and c.checked_at > coalesce(
            (select b.users_believed_at from rollcall.baseline b), '-infinity'
        )
    order by c.checked_at desc
    limit 1;
$body$
$ddl$);

-- Users were deleted on purpose: the next full check believes the number that it finds.
call pg_temp.define('function', 'rollcall.believe_auth_users()', 'rollcall_operator', $ddl$
create or replace function rollcall.believe_auth_users()
returns void
language sql
security definer
set search_path = ''
set row_security = off
as $body$
    insert into rollcall.baseline as b (users_believed_at)
    values (pg_catalog.clock_timestamp())
    on conflict (is_only) do update
    set users_believed_at = excluded.users_believed_at;
$body$
$ddl$);
