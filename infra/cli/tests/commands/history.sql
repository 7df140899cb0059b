-- Thirty days of checks as they would have left them: two quiet weeks, a night in which nobody
-- looked, an incident that was resolved, one check that could not look, and one incident that is
-- open.
insert into rollcall.checks (
    run_id, kind, checked_at, duration_ms, configuration, status, severity, counts, checks,
    trigger_state, trigger_detail, cause, sentence
)
select
    gen_random_uuid(),
    'full',
    now() - make_interval(days => day, mins => 30),
    140,
    (select digest from rollcall.configuration),
    case when is_blind then 'unknown' when ghosts > 0 then 'critical' when orphans > 0 then 'warning' else 'healthy' end,
    case when is_blind then 'P1' when ghosts > 5 then 'P0' when ghosts > 0 then 'P1' when orphans > 0 then 'P2' end,
    jsonb_build_object(
        'auth_users', 48210 - day * 40, 'eligible', 48210 - day * 40, 'profiles', 48200 - day * 40,
        'live', 48200 - day * 40, 'ghosts', case when not is_blind then ghosts end, 'ghosts_old', 0,
        'refused', case when day < 2 then 2 else 0 end, 'retired', 3, 'orphaned_profiles', orphans,
        'leftover', 0, 'excluded', 1, 'drifted', null, 'orphaned_child_rows', null
    ),
    jsonb_build_array(
        jsonb_build_object(
            'check_name', 'ghost_users_check', 'severity', 'critical', 'issue_count', ghosts,
            'passed', case when not is_blind then ghosts = 0 end, 'examined', 48210 - day * 40,
            'message', case when is_blind then 'the roll was cut off after ten minutes'
                when ghosts = 0 then 'No ghost users detected'
                else ghosts || ' auth users without a profile, 0 of them for longer than allowed' end
        ),
        jsonb_build_object(
            'check_name', 'orphaned_profiles_check', 'severity', 'warning', 'issue_count', orphans,
            'passed', orphans = 0, 'examined', 48200 - day * 40,
            'message', case orphans when 0 then 'No orphaned profiles detected'
                else orphans || ' profiles without an auth user' end
        ),
        jsonb_build_object(
            'check_name', 'count_parity_check', 'severity', 'critical',
            'issue_count', ghosts + orphans, 'passed', ghosts + orphans = 0, 'examined', 96410,
            'message', case ghosts + orphans when 0 then 'User counts match: 48,210'
                else '48,210 auth users and 48,200 profiles: ' || ghosts || ' auth users without a profile, '
                    || orphans || ' profiles without an auth user' end
        ),
        jsonb_build_object(
            'check_name', 'trigger_exists_check', 'severity', 'critical',
            'issue_count', (day < 1)::integer, 'passed', day >= 1, 'examined', 3,
            'message', case when day < 1 then 'on_auth_user_created is disabled'
                else 'User sync trigger is active' end
        )
    ),
    case when day < 1 then 'disabled' else 'active' end,
    case when day < 1 then 'on_auth_user_created is disabled' else 'User sync trigger is active' end,
    case when day < 1 then 'trigger' end,
    case when day < 1 then 'the trigger does not do its work: on_auth_user_created is disabled' end
from (
    select
        day,
        case when day between 10 and 12 then 9 - (12 - day) * 2 when day < 2 then 14 - day * 6 else 0 end as ghosts,
        case when day < 18 then 2 else 0 end as orphans,
        day = 6 as is_blind
    from generate_series(0, 29) day
    where day not in (14, 15)
) days;

insert into rollcall.incidents (
    incident_id, cause, sentence, severity, began_at, opened_at, last_seen_at, resolved_at,
    most_affected, healed
)
values
    (
        '00000000-0000-4000-8000-00000000000a', 'trigger',
        'the trigger does not do its work: on_auth_user_created is disabled', 'P0',
        now() - interval '41 hours', now() - interval '40 hours 20 minutes', now() - interval '30 minutes',
        null, 14, 0
    ),
    (
        '00000000-0000-4000-8000-00000000000b', 'not_null',
        'the profile table demands a column that nothing fills', 'P0', now() - interval '12 days 20 hours',
        now() - interval '12 days 30 minutes', now() - interval '10 days', now() - interval '9 days 12 hours',
        9, 3
    );

insert into rollcall.incident_events (incident_id, happened_at, what, severity, run_id, sentence)
values
    (
        '00000000-0000-4000-8000-00000000000a', now() - interval '40 hours 20 minutes', 'opened', 'P1',
        gen_random_uuid(), '3 ghosts, the youngest a minute old'
    ),
    (
        '00000000-0000-4000-8000-00000000000a', now() - interval '39 hours', 'cause_found', 'P1',
        gen_random_uuid(), 'on_auth_user_created was disabled between 21:00 and 21:05 UTC'
    ),
    (
        '00000000-0000-4000-8000-00000000000a', now() - interval '24 hours', 'escalated', 'P0',
        gen_random_uuid(), '8 ghosts, more than the 5 that the configuration allows'
    ),
    (
        '00000000-0000-4000-8000-00000000000b', now() - interval '12 days 30 minutes', 'opened', 'P0',
        gen_random_uuid(), '9 ghosts'
    ),
    (
        '00000000-0000-4000-8000-00000000000b', now() - interval '9 days 12 hours', 'resolved', 'P0',
        gen_random_uuid(), 'a full check found no ghost'
    );

insert into rollcall.runs (
    run_id, kind, state, configuration, reason, digest, planned, created, present, refused, gone,
    planned_at, started_at, finished_at
)
values
    (
        '00000000-0000-4000-8000-0000000000c1', 'backfill', 'completed', '', 'asked for by ada@example.com',
        '', 9, 6, 1, 2, 0, now() - interval '10 days', now() - interval '9 days 23 hours',
        now() - interval '9 days 22 hours 58 minutes'
    ),
    (
        '00000000-0000-4000-8000-0000000000c2', 'backfill', 'planned', '', null, '', 14, 0, 0, 0, 0,
        now() - interval '2 hours', null, null
    );

insert into rollcall.run_refusals (run_id, user_id, reason, sqlstate)
values
    ('00000000-0000-4000-8000-0000000000c1', gen_random_uuid(), 'not_null', '23502'),
    ('00000000-0000-4000-8000-0000000000c1', gen_random_uuid(), 'unique_held_by_orphan', '23505');

insert into rollcall.sync_failures (
    user_id, sqlstate, reason, first_failed_at, last_failed_at, attempts
)
values (gen_random_uuid(), '23505', 'unique_held_by_orphan', now() - interval '9 days', now(), 4);
