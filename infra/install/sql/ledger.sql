-- The ledger, summed up. A degraded profile is there, so its entry is no failure.
call pg_temp.define('function', 'rollcall.read_ledger()', 'rollcall_app, rollcall_operator', $ddl$
create or replace function rollcall.read_ledger(
    out entries bigint, out due bigint, out degraded bigint, out oldest timestamptz
)
language sql
stable
security definer
set search_path = pg_temp
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

-- The webhooks of the last day that the database itself was to post about auth users, and how many of
-- them failed: Rollcall's own, which also fail where they could not be queued or nobody answers, and
-- Supabase's. pg_net keeps the answers for some hours only. No row where there is neither, or no answer
-- that the installing role may read.
call pg_temp.define('function', 'rollcall.count_deliveries()', 'rollcall_app, rollcall_operator', $ddl$
create or replace function rollcall.count_deliveries()
returns table (examined bigint, failed bigint)
language plpgsql
stable
security definer
set search_path = pg_temp
set row_security = off
as $body$
declare
    hooks pg_catalog.oid := pg_catalog.to_regclass('supabase_functions.hooks');
    answers pg_catalog.oid := pg_catalog.to_regclass('net._http_response');
    calls boolean := pg_catalog.to_regprocedure('rollcall.on_user_inserted()') is not null;
    questions pg_catalog.text[] := '{}'::pg_catalog.text[];
begin
    if answers is not null and not (
        pg_catalog.has_schema_privilege('net', 'usage')
        and pg_catalog.has_table_privilege(answers, 'select')
    ) then
        answers := null;
    end if;
    if calls then
        questions := array[
            'select true from rollcall.webhook_calls c
            where c.request_id is null and c.called_at > now() - $2'
        ];
    end if;
    if calls and answers is not null then
        -- After a crash pg_net counts anew, so that a number alone does not tell whose answer it is.
        questions := questions || array[
            'select (r.status_code between 200 and 299) is not true
            from rollcall.webhook_calls c
            left join net._http_response r
                on r.id = c.request_id
                and r.created between c.called_at and c.called_at + interval ''1 hour''
            where c.request_id is not null and c.called_at > now() - $2
                and (
                    r.id is not null
                    or c.called_at between now() - interval ''3 hours'' and now() - interval ''10 minutes''
                )'
        ];
    end if;
    if answers is not null and hooks is not null
        and pg_catalog.has_schema_privilege('supabase_functions', 'usage')
        and pg_catalog.has_table_privilege(hooks, 'select') then
        questions := questions || array[
            'select (r.status_code between 200 and 299) is not true
            from supabase_functions.hooks h
            join net._http_response r on r.id = h.request_id
            where h.hook_table_id::bigint = $1 and r.created > now() - $2'
        ];
    end if;
    if questions = '{}' then
        return;
    end if;
    return query execute
        'select count(*), count(*) filter (where a.is_failure) from ('
            || pg_catalog.array_to_string(questions, ' union all ') || ') a (is_failure)'
        using pg_catalog.to_regclass('auth.users')::pg_catalog.oid::bigint, interval '24 hours';
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
set search_path = pg_temp
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
set search_path = pg_temp
set row_security = off
as $body$
    insert into rollcall.baseline as b (users_believed_at)
    values (pg_catalog.clock_timestamp())
    on conflict (is_only) do update
    set users_believed_at = excluded.users_believed_at;
$body$
$ddl$);
