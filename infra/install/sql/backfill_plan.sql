-- Stores a backfill's planned set as a run, and changes nothing else. At most so many users are
-- those who came first.
call pg_temp.define(
    'function', 'rollcall.plan_backfill(uuid,jsonb,text,uuid[],timestamptz,timestamptz,bigint)',
    'rollcall_operator', $ddl$
create or replace function rollcall.plan_backfill(
    the_run uuid, scope jsonb, why text, only_users uuid[], created_after timestamptz,
    created_before timestamptz, max_users bigint, out planned bigint, out digest text
)
language plpgsql
security definer
set search_path = pg_temp
set row_security = off
-- Planned for what is asked, so that a scope which is not given costs nothing.
set plan_cache_mode = force_custom_plan
set jit = off
as $body$
begin
    insert into rollcall.runs (run_id, kind, state, configuration, scope, reason, digest, planned)
    select the_run, 'backfill', 'planned', c.digest, plan_backfill.scope, why, '', 0
    from rollcall.configuration c;

    with ghosts as (
        select s.user_id
        from rollcall.standing s
        where s.is_eligible
            and (only_users is null or s.user_id = any (only_users))
            and (created_after is null or s.created_at >= created_after)
            and (created_before is null or s.created_at < created_before)
            and not exists (select from {{table}} p where p.{{key}} = s.profile_key)
        order by
            case when max_users is not null then s.created_at end,
            case when max_users is not null then s.user_id end
        limit max_users
    ), numbered as (
        select g.user_id, (pg_catalog.row_number() over () - 1) / 1000 as chunk
        from ghosts g
    ), stored as (
        insert into rollcall.run_plans (run_id, chunk, user_ids)
        select the_run, n.chunk, pg_catalog.array_agg(n.user_id)
        from numbered n
        group by n.chunk
        returning user_ids
    ), members as (
        select
            count(*) as number,
            pg_catalog.bit_xor(pg_catalog.uuid_hash_extended(u.user_id, 0)) as one_half,
            pg_catalog.bit_xor(pg_catalog.uuid_hash_extended(u.user_id, 1)) as other_half
        from stored s
        cross join lateral pg_catalog.unnest(s.user_ids) u (user_id)
    )
    select
        m.number,
        -- The same set gives the same digest, in whatever order it was found.
        pg_catalog.lpad(pg_catalog.to_hex(coalesce(m.one_half, 0)), 16, '0')
            || pg_catalog.lpad(pg_catalog.to_hex(coalesce(m.other_half, 0)), 16, '0')
    into plan_backfill.planned, plan_backfill.digest
    from members m;

    update rollcall.runs r
    set planned = plan_backfill.planned, digest = plan_backfill.digest
    where r.run_id = the_run;
end
$body$
$ddl$);

-- A run as it stands.
call pg_temp.define('function', 'rollcall.find_run(uuid)', 'rollcall_operator', $ddl$
create or replace function rollcall.find_run(
    the_run uuid, out kind text, out state text, out configuration text, out scope jsonb,
    out digest text, out planned bigint, out created bigint, out present bigint, out refused bigint,
    out gone bigint
)
returns setof record
language sql
stable
security definer
set search_path = pg_temp
set row_security = off
as $body$
    select
        r.kind, r.state, r.configuration, r.scope, r.digest, r.planned, r.created, r.present,
        r.refused, r.gone
    from rollcall.runs r
    where r.run_id = the_run;
$body$
$ddl$);

-- Runs that were begun and not ended.
call pg_temp.define('function', 'rollcall.unfinished_runs()', 'rollcall_app, rollcall_operator', $ddl$
create or replace function rollcall.unfinished_runs(
    out run_id uuid, out kind text, out lease_until timestamptz
)
returns setof record
language sql
stable
security definer
set search_path = pg_temp
set row_security = off
as $body$
    select r.run_id, r.kind, r.lease_until
    from rollcall.runs r
    where r.state = 'running'
    order by r.started_at, r.run_id;
$body$
$ddl$);

-- Triggers of the application on the profile table that fire when a profile is created (`insert`),
-- stamped (`update`) or removed (`delete`).
call pg_temp.define('function', 'rollcall.side_effects(text)', 'rollcall_operator', $ddl$
create or replace function rollcall.side_effects(event text default 'insert')
returns setof text
language sql
stable
security definer
set search_path = pg_temp
set row_security = off
set quote_all_identifiers = off
as $body$
    select pg_catalog.format(
        'trigger %s on %s calls %s',
        t.tgname, {{table_words}}, t.tgfoid::pg_catalog.regprocedure
    )
    from pg_catalog.pg_trigger t
    where t.tgrelid = {{table_literal}}::pg_catalog.regclass
        and not t.tgisinternal
        and t.tgenabled in ('O', 'A')
        and t.tgtype & case event when 'insert' then 4 when 'delete' then 8 when 'update' then 16 end <> 0
    order by t.tgname;
$body$
$ddl$);
