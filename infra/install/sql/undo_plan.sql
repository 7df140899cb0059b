-- The run that undoes another one of these kinds, as yet of nothing. One run at a time does.
call pg_temp.define('function', 'rollcall.store_undo(uuid,uuid,text,text[])', '', $ddl$
create or replace function rollcall.store_undo(the_run uuid, undone uuid, why text, kinds text[])
returns void
language plpgsql
set search_path = pg_temp
as $body$
begin
    if not exists (select from rollcall.runs r where r.run_id = undone and r.kind = any (kinds)) then
        raise exception 'run % is of another kind', undone using errcode = 'invalid_parameter_value';
    end if;
    insert into rollcall.runs (run_id, kind, state, undoes, configuration, reason, digest, planned)
    select the_run, 'undo', 'planned', undone, c.digest, why, '', 0
    from rollcall.configuration c
    on conflict do nothing;
    if not found then
        raise exception 'somebody else has just begun to undo this run' using errcode = '40001';
    end if;
end
$body$
$ddl$);

-- Stores as a run whom a finished run created a profile for and no undo of it has dealt with for
-- good, in the same order. Changes nothing else.
call pg_temp.define('function', 'rollcall.plan_undo(uuid,uuid,text)', 'rollcall_operator', $ddl$
create or replace function rollcall.plan_undo(
    the_run uuid, undone uuid, why text, out planned bigint
)
language plpgsql
security definer
set search_path = pg_temp
set row_security = off
set jit = off
as $body$
begin
    perform rollcall.store_undo(the_run, undone, why, '{backfill,profiles}');

    with dealt_with as (
        select u.user_id
        from rollcall.runs r
        join rollcall.run_batches b on b.run_id = r.run_id
        cross join lateral pg_catalog.unnest(b.created || b.gone) u (user_id)
        where r.undoes = undone
    ), left_over as (
        select
            u.user_id, b.begins_at,
            pg_catalog.row_number() over (order by b.begins_at, u.place) - 1 as number
        from rollcall.run_batches b
        cross join lateral pg_catalog.unnest(b.created) with ordinality u (user_id, place)
        where b.run_id = undone
            and not exists (select from dealt_with d where d.user_id = u.user_id)
    ), stored as (
        insert into rollcall.run_plans (run_id, chunk, user_ids, batches)
        select
            the_run, l.number / 1000, pg_catalog.array_agg(l.user_id order by l.number),
            pg_catalog.array_agg(l.begins_at order by l.number)
        from left_over l
        group by l.number / 1000
        returning user_ids
    ), members as (
        select
            count(*) as number,
            pg_catalog.bit_xor(pg_catalog.uuid_hash_extended(u.user_id, 0)) as one_half,
            pg_catalog.bit_xor(pg_catalog.uuid_hash_extended(u.user_id, 1)) as other_half
        from stored s
        cross join lateral pg_catalog.unnest(s.user_ids) u (user_id)
    )
    -- Whoever was planned for all of a backfill's users and got them has the backfill's digest.
    update rollcall.runs r
    set
        planned = m.number,
        digest = pg_catalog.lpad(pg_catalog.to_hex(coalesce(m.one_half, 0)), 16, '0')
            || pg_catalog.lpad(pg_catalog.to_hex(coalesce(m.other_half, 0)), 16, '0')
    from members m
    where r.run_id = the_run
    returning r.planned into plan_undo.planned;
end
$body$
$ddl$);

-- What a run undoes, and which unfinished run undoes it.
call pg_temp.define('function', 'rollcall.undo_of(uuid)', 'rollcall_operator', $ddl$
create or replace function rollcall.undo_of(the_run uuid, out undoes uuid, out undone_by uuid)
language sql
stable
security definer
set search_path = pg_temp
set row_security = off
as $body$
    select
        r.undoes,
        (
            select u.run_id
            from rollcall.runs u
            where u.undoes = r.run_id and u.state in ('planned', 'running')
        )
    from rollcall.runs r
    where r.run_id = the_run;
$body$
$ddl$);

-- Where profiles are, in the words of the configuration.
call pg_temp.define('function', 'rollcall.profile_table()', 'rollcall_app, rollcall_operator', $ddl$
create or replace function rollcall.profile_table(out table_name text, out key_name text)
language sql
stable
security definer
set search_path = pg_temp
set row_security = off
as $body$
    select {{table_words}}, {{key_name_literal}};
$body$
$ddl$);

-- Whose profile an undo left: the first hundred.
call pg_temp.define('function', 'rollcall.left_profiles(uuid)', 'rollcall_operator', $ddl$
create or replace function rollcall.left_profiles(
    the_run uuid, out user_id uuid, out reason text, out sqlstate text, out referrer text
)
returns setof record
language sql
stable
security definer
set search_path = pg_temp
set row_security = off
as $body$
    select f.user_id, f.reason, f.sqlstate, f.referrer
    from rollcall.run_refusals f
    where f.run_id = the_run and not rollcall.is_nobody(f.user_id)
    order by f.user_id
    limit 100;
$body$
$ddl$);
