-- What the batches of all runs have in common. A batch takes the run, and turns back where somebody
-- else has it; it takes the table, or comes back later; it does its work; and it moves the run on.

-- The run, for the batch of whoever holds this fence; null for anybody else, and if it is gone. What one
-- kind of run has in hand is nothing for the batches of another.
call pg_temp.define('function', 'rollcall.hold_run(uuid,bigint,text,text)', '', $ddl$
create or replace function rollcall.hold_run(
    the_run uuid, the_fence bigint, its_kind text, undone_kind text default null
)
returns rollcall.runs
language plpgsql
set search_path = pg_temp
as $body$
declare
    run rollcall.runs;
begin
    select * into run from rollcall.runs r where r.run_id = the_run for update;
    if (run.fence, run.state) is distinct from (the_fence, 'running') then
        return null;
    end if;
    if (run.kind, (select u.kind from rollcall.runs u where u.run_id = run.undoes))
        is distinct from (its_kind, undone_kind) then
        raise exception 'run % is of another kind', the_run using errcode = 'invalid_parameter_value';
    end if;
    return run;
end
$body$
$ddl$);

-- Keeps a table from being changed while the batch lasts; false if somebody has it locked.
call pg_temp.define('function', 'rollcall.hold_table(regclass)', '', $ddl$
create or replace function rollcall.hold_table(relation regclass)
returns boolean
language plpgsql
set search_path = pg_temp
as $body$
begin
    execute pg_catalog.format('lock table only %s in row exclusive mode', relation);
    return true;
exception
    when lock_not_available then
        return false;
    when others then
        -- Whatever comes next will say it.
        return true;
end
$body$
$ddl$);

-- Whether an error is about no row, but about the database: a lost connection, a standby, a lack of
-- room, a shutdown, a broken disk. One that a trigger of the application's raises by itself is about
-- a row, whatever it calls itself.
call pg_temp.define('function', 'rollcall.is_about_no_row(text,text)', '', $ddl$
create or replace function rollcall.is_about_no_row(state text, context text)
returns boolean
language sql
immutable
set search_path = pg_temp
as $body$
    select pg_catalog.left(state, 2) = any ('{08,25,53,57,58}')
        and pg_catalog.split_part(context, e'\n', 1) not like '%at RAISE';
$body$
$ddl$);

-- Why a row was not written, by the SQLSTATE.
call pg_temp.define('function', 'rollcall.why_unwritten(text)', '', $ddl$
create or replace function rollcall.why_unwritten(state text)
returns text
language sql
immutable
set search_path = pg_temp
as $body$
    select case state
        when 'RC001' then 'no_row'
        when 'RC003' then 'altered'
        when '23502' then 'not_null'
        when '23503' then 'foreign_key'
        when '23001' then 'foreign_key'
        when '23505' then 'unique_held'
        when '23P01' then 'unique_held'
        when '23514' then 'check'
        when '55P03' then 'lock_timeout'
        when '42501' then 'permission'
        else 'other'
    end;
$body$
$ddl$);

-- Counts what a batch did, renews the lease, and answers how the run stands. Whoever had their turn
-- and was not dealt with otherwise was refused. With the last of them the run ends.
call pg_temp.define('function', 'rollcall.move_on(uuid,bigint,bigint,bigint,bigint)', '', $ddl$
create or replace function rollcall.move_on(
    the_run uuid, turns bigint, created_now bigint, present_now bigint, gone_now bigint,
    out is_done boolean, out planned bigint, out created bigint, out present bigint, out refused bigint,
    out gone bigint
)
language plpgsql
set search_path = pg_temp
as $body$
#variable_conflict use_column
begin
    update rollcall.runs r
    set
        created = r.created + created_now,
        present = r.present + present_now,
        gone = r.gone + gone_now,
        refused = r.refused + turns - created_now - present_now - gone_now,
        lease_until = pg_catalog.clock_timestamp() + interval '60 seconds'
    where r.run_id = the_run
    returning r.planned, r.created, r.present, r.refused, r.gone
    into planned, created, present, refused, gone;
    is_done := planned = created + present + refused + gone;
    if is_done then
        perform rollcall.end_run(the_run, 'completed');
    end if;
end
$body$
$ddl$);
