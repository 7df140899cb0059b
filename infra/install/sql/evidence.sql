-- Who the ghosts are, as far as that tells why: when they were born, and whether the ledger
-- knows of them.
call pg_temp.define('function', 'rollcall.ghost_evidence()', 'rollcall_app, rollcall_operator', $ddl$
create or replace function rollcall.ghost_evidence(
    out ghosts bigint, out in_ledger bigint, out first_created timestamptz,
    out last_created timestamptz, out before_install bigint, out providers text
)
language sql
stable
security definer
set search_path = pg_temp
set row_security = off
as $body$
    with ghosts as (
        select s.user_id, s.created_at
        from rollcall.standing s
        where s.is_eligible and not exists (select from {{table}} p where p.{{key}} = s.profile_key)
    )
    select
        count(*),
        count(f.user_id),
        pg_catalog.min(g.created_at) filter (where pg_catalog.isfinite(g.created_at)),
        pg_catalog.max(g.created_at) filter (where pg_catalog.isfinite(g.created_at)),
        count(*) filter (where g.created_at < (select b.installed_at from rollcall.baseline b)),
        (
            select pg_catalog.string_agg(p.name, ', ' order by p.users desc, p.name)
            from (
                select coalesce(u.raw_app_meta_data ->> 'provider', 'none') as name, count(*) as users
                from ghosts h
                join auth.users u on u.id = h.user_id
                group by 1
                order by 2 desc, 1
                limit 3
            ) p
        )
    from ghosts g
    left join rollcall.sync_failures f on f.user_id = g.user_id and f.reason <> 'degraded';
$body$
$ddl$);

-- Why the database did not accept the ghosts' profiles, by reason.
call pg_temp.define('function', 'rollcall.ghost_reasons()', 'rollcall_app, rollcall_operator', $ddl$
create or replace function rollcall.ghost_reasons(
    out reason text, out sqlstate text, out users bigint,
    out first_failed_at timestamptz, out last_failed_at timestamptz
)
returns setof record
language sql
stable
security definer
set search_path = pg_temp
set row_security = off
as $body$
    select f.reason, f.sqlstate, count(*), pg_catalog.min(f.first_failed_at), pg_catalog.max(f.last_failed_at)
    from rollcall.sync_failures f
    join rollcall.standing s on s.user_id = f.user_id and s.is_eligible
    where f.reason <> 'degraded'
        and not exists (select from {{table}} p where p.{{key}} = s.profile_key)
    group by f.reason, f.sqlstate
    order by 3 desc, 1, 2;
$body$
$ddl$);

-- Migrations of the application's that were applied near a time, newest first, where the Supabase
-- CLI keeps a list of them. Their versions are the times at which they were written.
call pg_temp.define(
    'function', 'rollcall.migrations_near(timestamptz,timestamptz)', 'rollcall_app, rollcall_operator', $ddl$
create or replace function rollcall.migrations_near(earliest timestamptz, latest timestamptz)
returns setof text
language plpgsql
stable
security definer
set search_path = pg_temp
set row_security = off
as $body$
begin
    return query execute $query$
        select pg_catalog.concat_ws('_', m.version, m.name)
        from supabase_migrations.schema_migrations m
        where m.version ~ '^[0-9]{14}$'
            and m.version between pg_catalog.to_char($1 at time zone 'utc', 'YYYYMMDDHH24MISS')
                and pg_catalog.to_char($2 at time zone 'utc', 'YYYYMMDDHH24MISS')
        order by m.version desc
        limit 3
    $query$ using earliest, latest;
exception
    -- No such list, or one of another shape.
    when undefined_table or undefined_column or invalid_schema_name or insufficient_privilege then
        return;
end
$body$
$ddl$);

-- The insert counters and files of both tables now and at the last look. They count what failed,
-- too, and tell of restores and imports under the replica role, which fire no trigger.
call pg_temp.define('function', 'rollcall.read_counters()', 'rollcall_app, rollcall_operator', $ddl$
create or replace function rollcall.read_counters(
    out users_inserted bigint, out users_deleted bigint,
    out profiles_inserted bigint, out profiles_deleted bigint,
    out users_file oid, out profiles_file oid,
    out last_users_inserted bigint, out last_users_deleted bigint,
    out last_profiles_inserted bigint, out last_profiles_deleted bigint,
    out last_users_file oid, out last_profiles_file oid,
    out taken_at timestamptz, out triggers_active_at timestamptz,
    out is_quiet boolean, out quiet_for interval, out read_at timestamptz
)
language sql
stable
security definer
set search_path = pg_temp
set row_security = off
as $body$
    select
        coalesce(pg_catalog.pg_stat_get_tuples_inserted(u.oid), 0),
        coalesce(pg_catalog.pg_stat_get_tuples_deleted(u.oid), 0),
        coalesce(pg_catalog.pg_stat_get_tuples_inserted(p.oid), 0),
        coalesce(pg_catalog.pg_stat_get_tuples_deleted(p.oid), 0),
        -- A table that is gone has no file, which is another than before.
        coalesce(pg_catalog.pg_relation_filenode(u.oid), 0),
        coalesce(pg_catalog.pg_relation_filenode(p.oid), 0),
        b.users_inserted, b.users_deleted, b.profiles_inserted, b.profiles_deleted,
        b.users_file, b.profiles_file,
        b.taken_at, b.triggers_active_at,
        coalesce(b.quiet_until > now(), false), b.quiet_for, pg_catalog.clock_timestamp()
    from pg_catalog.to_regclass('auth.users') u (oid)
    cross join pg_catalog.to_regclass({{table_literal}}) p (oid)
    left join rollcall.baseline b on true;
$body$
$ddl$);

-- Keeps the counters of a look that has been followed up, for the next one to compare with.
call pg_temp.define(
    'function', 'rollcall.keep_counters(bigint,bigint,bigint,bigint,oid,oid,boolean)',
    'rollcall_app, rollcall_operator', $ddl$
create or replace function rollcall.keep_counters(
    users_inserted bigint, users_deleted bigint, profiles_inserted bigint, profiles_deleted bigint,
    users_file oid, profiles_file oid, triggers_active boolean
)
returns void
language sql
security definer
set search_path = pg_temp
set row_security = off
as $body$
    -- The row may have been lost.
    insert into rollcall.baseline as b (
        taken_at, users_inserted, users_deleted, profiles_inserted, profiles_deleted,
        users_file, profiles_file, triggers_active_at
    )
    values (
        now(), keep_counters.users_inserted, keep_counters.users_deleted,
        keep_counters.profiles_inserted, keep_counters.profiles_deleted,
        keep_counters.users_file, keep_counters.profiles_file, case when triggers_active then now() end
    )
    on conflict (is_only) do update
    set
        taken_at = excluded.taken_at,
        users_inserted = excluded.users_inserted,
        users_deleted = excluded.users_deleted,
        profiles_inserted = excluded.profiles_inserted,
        profiles_deleted = excluded.profiles_deleted,
        users_file = excluded.users_file,
        profiles_file = excluded.profiles_file,
        triggers_active_at = coalesce(excluded.triggers_active_at, b.triggers_active_at);
$body$
$ddl$);

-- After a full check that the pulse called in vain: it waits so long before it calls the next.
call pg_temp.define('function', 'rollcall.be_quiet(integer)', 'rollcall_app, rollcall_operator', $ddl$
create or replace function rollcall.be_quiet(seconds integer)
returns void
language sql
security definer
set search_path = pg_temp
set row_security = off
as $body$
    -- The longest that the pulse ever waits, whoever asks for more.
    update rollcall.baseline b
    set
        quiet_until = now() + pg_catalog.make_interval(secs => least(seconds, 900)),
        quiet_for = pg_catalog.make_interval(secs => least(seconds, 900));
$body$
$ddl$);

-- Whether another check has settled what it found since a time: then whatever was seen before may
-- be mended by now.
call pg_temp.define(
    'function', 'rollcall.settled_since(timestamptz)', 'rollcall_app, rollcall_operator', $ddl$
create or replace function rollcall.settled_since(a_time timestamptz)
returns boolean
language sql
stable
security definer
set search_path = pg_temp
set row_security = off
as $body$
    select exists (select from rollcall.checks c where c.written_at > a_time);
$body$
$ddl$);

-- What earlier full checks saw, whoever called them, as far as the next look depends on it.
call pg_temp.define('function', 'rollcall.last_full_check()', 'rollcall_app, rollcall_operator', $ddl$
create or replace function rollcall.last_full_check(
    out checked_at timestamptz, out trigger_state text, out ghosts bigint, out cause text,
    out sentence text, out clean_at timestamptz, out open_severity text
)
language sql
stable
security definer
set search_path = pg_temp
set row_security = off
as $body$
    select
        l.checked_at, l.trigger_state, l.ghosts - l.healed, l.cause, l.sentence,
        (
            select c.checked_at
            from rollcall.checks c
            where (c.counts ->> 'ghosts')::bigint - c.healed = 0
            order by c.checked_at desc
            limit 1
        ),
        (
            select pg_catalog.min(i.severity)
            from rollcall.incidents i
            where i.resolved_at is null and i.severity <> 'P2'
        )
    from (
        select
            c.checked_at, c.trigger_state, (c.counts ->> 'ghosts')::bigint as ghosts, c.healed,
            c.cause, c.sentence
        from rollcall.checks c
        order by c.checked_at desc
        limit 1
    ) l;
$body$
$ddl$);
