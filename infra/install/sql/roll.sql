-- The roll: every class of users and profiles, counted in one snapshot.
call pg_temp.define('function', 'rollcall.take_roll()', 'rollcall_app, rollcall_operator', $ddl$
create or replace function rollcall.take_roll(
    out auth_users bigint, out eligible bigint, out eligible_with_profile bigint,
    out profiles bigint, out live bigint, out ghosts bigint, out ghosts_old bigint,
    out refused bigint, out retired bigint, out orphaned_profiles bigint,
    out leftover bigint, out excluded bigint, out ineligible_without_profile bigint,
    out stamped_without_user bigint, out profiles_without_key bigint
)
language sql
stable
security definer
set search_path = ''
set row_security = off
as $body$
    select
        -- The plain counts are taken on their own, so that the classes below have something to
        -- be held against.
        (select count(*) from auth.users),
        count(*) filter (where s.is_eligible),
        count(*) filter (where s.is_eligible and p.profile_key is not null),
        (select count(*) from {{table}}),
        count(*) filter (where p.is_live),
        count(*) filter (where s.is_eligible and p.profile_key is null),
        -- Of unknown age counts as old.
        count(*) filter (
            where s.is_eligible and p.profile_key is null
                and (s.created_at > now() - pg_catalog.make_interval(secs => c.old_seconds)) is not true
        ),
        count(*) filter (where s.is_eligible and p.profile_key is null and f.user_id is not null),
        count(*) filter (where s.is_eligible and not p.is_live),
        count(*) filter (where s.user_id is null and p.is_live),
        count(*) filter (where not s.is_eligible and p.is_live),
        count(*) filter (where s.is_excluded),
        count(*) filter (where not s.is_eligible and p.profile_key is null),
        count(*) filter (where s.user_id is null and not p.is_live),
        (select count(*) from {{table}} p where p.{{key}} is null)
    from rollcall.configuration c
    cross join (
        rollcall.standing s
        full join (
            select p.{{key}} as profile_key, {{live}} as is_live
            from {{table}} p
            where p.{{key}} is not null
        ) p on p.profile_key = s.profile_key
        left join rollcall.sync_failures f on f.user_id = s.user_id and f.reason <> 'degraded'
    );
$body$
$ddl$);

-- Some ghosts to look at, oldest first.
call pg_temp.define('function', 'rollcall.sample_ghosts(integer)', 'rollcall_app, rollcall_operator', $ddl$
create or replace function rollcall.sample_ghosts(at_most integer)
returns setof uuid
language sql
stable
security definer
set search_path = ''
set row_security = off
as $body$
    select s.user_id
    from rollcall.standing s
    where s.is_eligible and not exists (select from {{table}} p where p.{{key}} = s.profile_key)
    order by s.created_at nulls first, s.user_id
    limit at_most;
$body$
$ddl$);

-- What the catalog says of the triggers that keep the profiles, and whether that is what was
-- installed.
call pg_temp.define('function', 'rollcall.trigger_facts()', 'rollcall_app, rollcall_operator', $ddl$
create or replace function rollcall.trigger_facts(
    out name text, out enabled text, out is_ours boolean, out is_as_installed boolean
)
returns setof record
language sql
stable
security definer
set search_path = ''
set row_security = off
as $body$
    select
        e.name,
        t.tgenabled::text,
        coalesce(t.tgfoid = pg_catalog.to_regprocedure(e.function), false),
        case when c.mode = 'watch' then t.oid is not null
        else coalesce(
            (
                select pg_catalog.bool_and(i.state is not distinct from rollcall.state_of(o.kind, o.name))
                from (values ('trigger', e.name), ('function', e.function)) o (kind, name)
                left join rollcall.installed i on i.object = o.kind || ' ' || o.name
            ),
            false
        ) end
    from rollcall.configuration c
    cross join lateral (
        values
            (c.trigger_name, c.trigger_function, true),
            ('rollcall_user_updated', 'rollcall.on_user_updated()', c.mode = 'create'),
            ('rollcall_user_deleted', 'rollcall.on_user_deleted()', c.mode = 'create')
    ) e (name, function, is_expected)
    left join pg_catalog.pg_trigger t
        on t.tgrelid = pg_catalog.to_regclass('auth.users') and t.tgname = e.name and not t.tgisinternal
    where e.is_expected
    order by e.name <> c.trigger_name, e.name;
$body$
$ddl$);

-- What the reviewed configuration says, for every run to report.
call pg_temp.define('function', 'rollcall.read_configuration()', 'rollcall_app, rollcall_operator', $ddl$
create or replace function rollcall.read_configuration(
    out digest text, out mode text, out heal_limit bigint, out burst bigint, out old_seconds bigint
)
language sql
stable
security definer
set search_path = ''
set row_security = off
as $body$
    select c.digest, c.mode, c.heal_limit, c.burst, c.old_seconds
    from rollcall.configuration c;
$body$
$ddl$);
