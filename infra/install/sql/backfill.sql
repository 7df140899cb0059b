-- Stores a backfill's planned set as a run, and changes nothing else.
call pg_temp.define(
    'function', 'rollcall.plan_backfill(uuid,text,uuid[],timestamptz,timestamptz,bigint)',
    'rollcall_operator', $ddl$
create or replace function rollcall.plan_backfill(
    the_run uuid, why text, only_users uuid[], created_after timestamptz, created_before timestamptz,
    max_users bigint, out planned bigint, out digest text
)
language plpgsql
security definer
set search_path = ''
set row_security = off
as $body$
begin
    insert into rollcall.runs (run_id, kind, state, configuration, reason, digest, planned)
    select the_run, 'backfill', 'planned', c.digest, why, '', 0
    from rollcall.configuration c;

    with ghosts as (
        select s.user_id
        from rollcall.standing s
        where s.is_eligible
            and (only_users is null or s.user_id = any (only_users))
            and (created_after is null or s.created_at >= created_after)
            and (created_before is null or s.created_at < created_before)
            and not exists (select from {{table}} p where p.{{key}} = s.profile_key)
        order by s.user_id
        limit max_users
    ), numbered as (
        select g.user_id, (pg_catalog.row_number() over (order by g.user_id) - 1) / 1000 as chunk
        from ghosts g
    ), chunks as (
        select pg_catalog.array_agg(n.user_id order by n.user_id) as user_ids
        from numbered n
        group by n.chunk
    ), stored as (
        insert into rollcall.run_plans (run_id, last_user, user_ids)
        select the_run, c.user_ids[pg_catalog.cardinality(c.user_ids)], c.user_ids
        from chunks c
        returning last_user, user_ids
    )
    select
        coalesce(pg_catalog.sum(pg_catalog.cardinality(s.user_ids)), 0),
        pg_catalog.encode(pg_catalog.sha256(coalesce(
            pg_catalog.string_agg(pg_catalog.md5(s.user_ids::text), '' order by s.last_user), ''
        )::bytea), 'hex')
    into plan_backfill.planned, plan_backfill.digest
    from stored s;

    update rollcall.runs r
    set planned = plan_backfill.planned, digest = plan_backfill.digest
    where r.run_id = the_run;
end
$body$
$ddl$);

-- A run as it stands.
call pg_temp.define('function', 'rollcall.find_run(uuid)', 'rollcall_operator', $ddl$
create or replace function rollcall.find_run(
    the_run uuid, out kind text, out state text, out configuration text, out digest text,
    out planned bigint, out created bigint, out present bigint, out refused bigint, out gone bigint
)
returns setof record
language sql
stable
security definer
set search_path = ''
set row_security = off
as $body$
    select r.kind, r.state, r.configuration, r.digest, r.planned, r.created, r.present, r.refused, r.gone
    from rollcall.runs r
    where r.run_id = the_run;
$body$
$ddl$);

-- Backfills that were begun and not ended.
call pg_temp.define('function', 'rollcall.unfinished_runs()', 'rollcall_app, rollcall_operator', $ddl$
create or replace function rollcall.unfinished_runs(out run_id uuid, out lease_until timestamptz)
returns setof record
language sql
stable
security definer
set search_path = ''
set row_security = off
as $body$
    select r.run_id, r.lease_until
    from rollcall.runs r
    where r.state = 'running'
    order by r.started_at, r.run_id;
$body$
$ddl$);

-- Takes the lease for a run, from whoever held it for the same run. Answers the fence to show
-- with every batch, or else the other run that holds the lease, and until when.
call pg_temp.define('function', 'rollcall.take_lease(uuid)', 'rollcall_operator', $ddl$
create or replace function rollcall.take_lease(
    the_run uuid, out fence bigint, out holder uuid, out held_until timestamptz
)
language plpgsql
security definer
set search_path = ''
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
    select r.run_id, 'backfill_ghost_users', 'backfill', 'running'
    from rollcall.runs r
    where r.run_id = the_run and r.state = 'planned';
    update rollcall.runs r
    set
        state = 'running',
        fence = r.fence + 1,
        lease_until = pg_catalog.clock_timestamp() + interval '60 seconds',
        started_at = coalesce(r.started_at, pg_catalog.clock_timestamp())
    where r.run_id = the_run
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
set search_path = ''
set row_security = off
as $body$
    update rollcall.runs r
    set lease_until = null
    where r.run_id = the_run and r.fence = the_fence;
$body$
$ddl$);

-- The next batch of a run: profiles, counts, records and cursor in one transaction, or nothing.
-- A batch that fails as a whole is done again row by row, so that one bad row costs only itself.
call pg_temp.define('function', 'rollcall.backfill_batch(uuid,bigint,integer)', 'rollcall_operator', $ddl$
create or replace function rollcall.backfill_batch(
    the_run uuid, the_fence bigint, batch_size integer,
    out is_fenced boolean, out is_done boolean, out planned bigint, out created bigint,
    out present bigint, out refused bigint, out gone bigint
)
language plpgsql
security definer
{{writing_settings}}
as $body$
#variable_conflict use_column
<<own>>
declare
    run rollcall.runs;
    batch uuid[];
    made uuid[] := '{}';
    one_by_one boolean := false;
    hangs boolean := false;
    present_now bigint := 0;
    refused_now bigint := 0;
    gone_now bigint := 0;
    candidate uuid;
    answer record;
begin
    select * into run from rollcall.runs r where r.run_id = the_run for update;
    -- Also if the run is gone.
    is_fenced := (run.fence, run.state) is distinct from (the_fence, 'running');
    if is_fenced then
        return;
    end if;

    batch := array(
        select u.user_id
        from (
            select p.user_ids
            from rollcall.run_plans p
            where p.run_id = the_run
                and (run.last_user is null or p.last_user > run.last_user)
            order by p.last_user
            limit batch_size / 1000 + 2
        ) c
        cross join lateral pg_catalog.unnest(c.user_ids) u (user_id)
        where run.last_user is null or u.user_id > run.last_user
        order by u.user_id
        limit batch_size
    );

    -- Nothing may strike at the commit, where nobody could tell whose row it was about.
    set constraints all immediate;
    begin
        with made_now as (
{{insert_of_batch}}
        )
        select coalesce(pg_catalog.array_agg(m.profile_key::uuid order by m.profile_key::uuid), '{}')
        into made
        from made_now m;
    exception
        when query_canceled then
            -- A batch that runs out of time is tried again, smaller, down to the user it is about.
            if pg_catalog.cardinality(batch) > 1 then
                raise;
            end if;
            hangs := true;
        when others or assert_failure then
            made := '{}';
            one_by_one := true;
    end;

    if hangs then
        perform rollcall.record_failure(batch[1], '57014', 'other');
        insert into rollcall.run_refusals (run_id, user_id, reason, sqlstate)
        values (the_run, batch[1], 'other', '57014');
        refused_now := 1;
    elsif one_by_one then
        foreach candidate in array batch loop
            select e.outcome, e.reason into answer from rollcall.ensure_profile(candidate) e;
            if answer.outcome = 'created' then
                made := made || candidate;
            elsif answer.outcome in ('present', 'updated') then
                present_now := present_now + 1;
            elsif answer.outcome = 'refused' then
                refused_now := refused_now + 1;
                insert into rollcall.run_refusals (run_id, user_id, reason, sqlstate)
                select the_run, candidate, answer.reason, f.sqlstate
                from rollcall.sync_failures f
                where f.user_id = candidate;
            else
                gone_now := gone_now + 1;
            end if;
        end loop;
    else
        with missed as (
            select
                b.user_id,
                s.is_eligible is not true as is_gone,
                p.{{key}} is not null as is_present
            from pg_catalog.unnest(own.batch) b (user_id)
            left join rollcall.standing s on s.user_id = b.user_id
            left join {{table}} p on p.{{key}} = s.profile_key
            where b.user_id <> all (own.made)
        ), untold as (
            -- The table took no row and gave no reason: a trigger of the application's.
            insert into rollcall.run_refusals (run_id, user_id, reason)
            select the_run, m.user_id, 'no_row'
            from missed m
            where not m.is_gone and not m.is_present
            returning rollcall.record_failure(user_id, null, 'no_row')
        )
        select
            count(*) filter (where m.is_gone),
            count(*) filter (where not m.is_gone and m.is_present),
            count(*) filter (where not m.is_gone and not m.is_present)
        into gone_now, present_now, refused_now
        from missed m;
        delete from rollcall.sync_failures f where f.user_id = any (made);
    end if;

    if pg_catalog.cardinality(made) > 0 then
        insert into rollcall.run_created (run_id, last_user, user_ids)
        values (the_run, batch[pg_catalog.cardinality(batch)], made);
    end if;
    update rollcall.runs r
    set
        created = r.created + pg_catalog.cardinality(made),
        present = r.present + present_now,
        refused = r.refused + refused_now,
        gone = r.gone + gone_now,
        last_user = coalesce(batch[pg_catalog.cardinality(batch)], r.last_user),
        lease_until = pg_catalog.clock_timestamp() + interval '60 seconds'
    where r.run_id = the_run
    returning r.planned, r.created, r.present, r.refused, r.gone
    into planned, created, present, refused, gone;
    is_done := planned = created + present + refused + gone;
    if is_done then
        update rollcall.runs r
        set state = 'completed', lease_until = null, finished_at = pg_catalog.clock_timestamp()
        where r.run_id = the_run;
        update public.cleanup_audit_log a
        set
            status = 'completed', records_affected = backfill_batch.created,
            records_failed = backfill_batch.refused, completed_at = pg_catalog.clock_timestamp()
        where a.run_id = the_run;
    end if;
end
$body$
$ddl$);

-- Whom a run could not give a profile: the first hundred, and how many for each reason.
call pg_temp.define('function', 'rollcall.run_refusals_of(uuid)', 'rollcall_operator', $ddl$
create or replace function rollcall.run_refusals_of(
    the_run uuid, out user_id uuid, out reason text, out sqlstate text
)
returns setof record
language sql
stable
security definer
set search_path = ''
set row_security = off
as $body$
    select f.user_id, f.reason, f.sqlstate
    from rollcall.run_refusals f
    where f.run_id = the_run
    order by f.user_id
    limit 100;
$body$
$ddl$);

call pg_temp.define('function', 'rollcall.run_reasons(uuid)', 'rollcall_operator', $ddl$
create or replace function rollcall.run_reasons(the_run uuid, out reason text, out users bigint)
returns setof record
language sql
stable
security definer
set search_path = ''
set row_security = off
as $body$
    select f.reason, count(*)
    from rollcall.run_refusals f
    where f.run_id = the_run
    group by f.reason
    order by f.reason;
$body$
$ddl$);

-- Triggers of the application on the profile table: they fire for every profile that is created.
call pg_temp.define('function', 'rollcall.side_effects()', 'rollcall_operator', $ddl$
create or replace function rollcall.side_effects()
returns setof text
language sql
stable
security definer
set search_path = ''
set row_security = off
as $body$
    select pg_catalog.format(
        'trigger %s on %s calls %s',
        t.tgname, {{table_words}}, t.tgfoid::pg_catalog.regprocedure
    )
    from pg_catalog.pg_trigger t
    where t.tgrelid = {{table_literal}}::pg_catalog.regclass
        and not t.tgisinternal
        and t.tgenabled in ('O', 'A')
        -- Bit 2: fires on insert.
        and t.tgtype & 4 <> 0
    order by t.tgname;
$body$
$ddl$);
