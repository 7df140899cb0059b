-- How bad it is, by the contract's table from top to bottom. For those who ask in SQL: a test
-- holds it against the checks' own `severity::assess`.
call pg_temp.define(
    'function', 'rollcall.assess(bigint,bigint,boolean,boolean,bigint,boolean,bigint)', '', $ddl$
create or replace function rollcall.assess(
    ghosts bigint, ghosts_old bigint, trigger_inactive boolean, guard_tripped boolean, lesser bigint,
    blind boolean, burst bigint, out severity text, out status text
)
language sql
immutable
set search_path = pg_temp
as $body$
    select r.severity, r.status
    from (
        values
            (1, ghosts > burst or ghosts_old > 0, 'P0', 'critical'),
            (2, ghosts > 0 or trigger_inactive, 'P1', 'critical'),
            (3, guard_tripped or blind, 'P1', 'unknown'),
            (4, lesser > 0, 'P2', 'warning'),
            (5, true, null, 'healthy')
    ) r (place, applies, severity, status)
    where r.applies
    order by r.place
    limit 1;
$body$
$ddl$);

-- A number with its thousands set apart by commas, and the same with a noun.
call pg_temp.define('function', 'rollcall.grouped(bigint)', '', $ddl$
create or replace function rollcall.grouped(number bigint)
returns text
language sql
immutable
set search_path = pg_temp
as $body$
    select pg_catalog.to_char(number, 'FM9,999,999,999,999,999,999');
$body$
$ddl$);

call pg_temp.define('function', 'rollcall.counted(bigint,text)', '', $ddl$
create or replace function rollcall.counted(number bigint, noun text)
returns text
language sql
immutable
set search_path = pg_temp
as $body$
    select rollcall.grouped(number) || ' ' || noun || case when number = 1 then '' else 's' end;
$body$
$ddl$);

-- All triggers together: the worst state, and one sentence that names each that is not active.
call pg_temp.define('function', 'rollcall.sum_up_triggers()', '', $ddl$
create or replace function rollcall.sum_up_triggers(
    out state text, out detail text, out examined bigint
)
language sql
stable
set search_path = pg_temp
as $body$
    with facts as (
        select
            t.name,
            t.ordinality,
            t.faults,
            coalesce(t.enabled in ('O', 'A') and t.is_ours and t.is_as_installed, false) as is_well,
            case
                when t.enabled is null then 5
                when t.enabled = 'D' then 4
                when t.enabled = 'R' then 3
                when not t.is_ours then 2
                when not t.is_as_installed or t.faults <> '{}' then 1
                else 0
            end as badness
        from rollcall.trigger_facts() with ordinality t
    ), words (badness, state, sentence) as (
        values
            (0, 'active', 'is active'),
            (1, 'altered', 'or its function is not as Rollcall installed it'),
            (2, 'foreign', 'calls another function than the configured one'),
            (3, 'replica_only', 'fires only for replicas, not for signups'),
            (4, 'disabled', 'is disabled'),
            (5, 'missing', 'does not exist on auth.users')
    ), worst as (
        select coalesce(pg_catalog.max(f.badness), 5) as badness
        from facts f
    ), sentences as (
        select f.ordinality as place, f.name || ' ' || w.sentence as sentence
        from facts f
        join words w using (badness)
        where not f.is_well
        union all
        -- They rely on the same things, so each fault is told once.
        select distinct 1000, u.fault
        from facts f
        cross join lateral pg_catalog.unnest(f.faults) u (fault)
    )
    select
        w.state,
        case w.badness
            when 0 then 'User sync trigger is active'
            else coalesce(
                (
                    select pg_catalog.string_agg(
                        s.sentence, '; ' order by s.place, s.sentence collate "C"
                    )
                    from sentences s
                ),
                ''
            )
        end,
        (select count(*) from facts)
    from worst
    join words w using (badness);
$body$
$ddl$);

-- The runbook's four checks from one roll, in the words of the nightly check; a test holds the two
-- against each other. With everything it also counts what only the nightly check's other questions
-- ask for, without the canary: that writes.
call pg_temp.define('function', 'rollcall.check_by_hand(boolean)', '', $ddl$
create or replace function rollcall.check_by_hand(
    everything boolean, out counts jsonb, out checks jsonb, out severity text, out status text,
    out trigger_state text, out trigger_detail text
)
language sql
stable
set search_path = pg_temp
as $body$
    with roll as (
        select
            r.*,
            r.ghosts + r.ineligible_without_profile as users_alone,
            r.orphaned_profiles + r.stamped_without_user + r.profiles_without_key as profiles_alone
        from rollcall.take_roll() r
    ), explained as (
        select
            r.*,
            abs(r.eligible - r.eligible_with_profile - r.ghosts)
                + abs(r.auth_users - r.profiles - r.users_alone + r.profiles_alone)
                + r.profiles_without_key as unexplained
        from roll r
    ), found as (
        select
            e.*,
            e.ghosts + e.orphaned_profiles + e.leftover + e.unexplained as mismatched,
            (
                select pg_catalog.string_agg(
                    rollcall.counted(p.number, p.noun) || ' ' || p.words, ', ' order by p.place
                )
                from (
                    values
                        (1, e.ghosts, 'auth user', 'without a profile'),
                        (2, e.orphaned_profiles, 'profile', 'without an auth user'),
                        (3, e.leftover, 'profile', 'of auth users who ought to have none'),
                        (4, e.ineligible_without_profile, 'auth user', 'rightly without a profile'),
                        (5, e.stamped_without_user, 'profile', 'stamped as deleted, of users who are gone'),
                        (6, e.unexplained, 'row', 'that nothing explains')
                ) p (place, number, noun, words)
                where p.number > 0
            ) as explanation
        from explained e
    ), others as (
        select
            (select d.drifted from rollcall.count_drift() d) as drifted,
            (
                select coalesce(pg_catalog.sum(n.orphaned), 0)::bigint
                from rollcall.child_tables() t
                cross join lateral rollcall.count_child_rows(t.number) n
            ) as orphaned_child_rows,
            (select l.entries from rollcall.read_ledger() l) as ledger,
            (select d.failed from rollcall.count_deliveries() d) as deliveries
        where everything
    )
    select
        pg_catalog.jsonb_build_object(
            'auth_users', f.auth_users, 'eligible', f.eligible, 'profiles', f.profiles,
            'live', f.live, 'ghosts', f.ghosts, 'ghosts_old', f.ghosts_old, 'refused', f.refused,
            'retired', f.retired, 'orphaned_profiles', f.orphaned_profiles, 'leftover', f.leftover,
            'excluded', f.excluded, 'drifted', o.drifted, 'orphaned_child_rows', o.orphaned_child_rows
        ),
        pg_catalog.jsonb_build_array(
            pg_catalog.jsonb_build_object(
                'check_name', 'ghost_users_check', 'passed', f.ghosts = 0, 'issue_count', f.ghosts,
                'severity', 'critical', 'examined', f.auth_users,
                'message', case f.ghosts
                    when 0 then 'No ghost users detected'
                    else rollcall.counted(f.ghosts, 'auth user') || ' without a profile, '
                        || rollcall.grouped(f.ghosts_old) || ' of them for longer than allowed'
                        || case
                            when f.acknowledged > 0
                                then ', ' || rollcall.grouped(f.acknowledged) || ' acknowledged'
                            else ''
                        end
                end
            ),
            pg_catalog.jsonb_build_object(
                'check_name', 'orphaned_profiles_check', 'passed', f.orphaned_profiles = 0,
                'issue_count', f.orphaned_profiles, 'severity', 'warning', 'examined', f.profiles,
                'message', case f.orphaned_profiles
                    when 0 then 'No orphaned profiles detected'
                    else rollcall.counted(f.orphaned_profiles, 'profile') || ' without an auth user'
                end
            ),
            pg_catalog.jsonb_build_object(
                'check_name', 'count_parity_check', 'passed', f.mismatched = 0,
                'issue_count', f.mismatched, 'severity', 'critical',
                'examined', f.auth_users + f.profiles,
                'message', coalesce(
                    rollcall.counted(f.auth_users, 'auth user') || ' and '
                        || rollcall.counted(f.profiles, 'profile') || ': ' || f.explanation,
                    'User counts match: ' || rollcall.grouped(f.auth_users)
                )
            ),
            pg_catalog.jsonb_build_object(
                'check_name', 'trigger_exists_check', 'passed', t.state = 'active',
                'issue_count', (t.state <> 'active')::integer, 'severity', 'critical',
                'examined', t.examined, 'message', t.detail
            )
        ),
        a.severity,
        a.status,
        t.state,
        t.detail
    from found f
    cross join rollcall.sum_up_triggers() t
    cross join rollcall.configuration c
    left join others o on true
    cross join lateral rollcall.assess(
        f.ghosts - f.acknowledged,
        f.ghosts_old - f.acknowledged_old,
        t.state <> 'active',
        -- No users at all, or more than a tenth of them gone.
        f.auth_users = 0 or coalesce(f.auth_users < 0.9 * rollcall.previous_auth_users(), false),
        f.acknowledged + f.retired + f.orphaned_profiles + f.leftover + f.unexplained
            + coalesce(o.drifted, 0) + coalesce(o.orphaned_child_rows, 0) + coalesce(o.ledger, 0)
            + coalesce(o.deliveries, 0),
        false,
        c.burst
    ) a;
$body$
$ddl$);
