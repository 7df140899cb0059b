-- A run on child rows, or its undo, table by table.
call pg_temp.define('function', 'rollcall.read_parts(uuid)', 'rollcall_operator', $ddl$
create or replace function rollcall.read_parts(
    the_run uuid, out table_name text, out column_name text, out policy text, out planned bigint,
    out done bigint, out refused bigint, out gone bigint
)
returns setof record
language sql
stable
security definer
set search_path = pg_temp
set row_security = off
as $body$
    select
        p.table_name, p.column_name, p.policy, sum(p.planned)::bigint, sum(p.done)::bigint,
        sum(p.refused)::bigint, sum(p.gone)::bigint
    from rollcall.reference_parts p
    where p.run_id = the_run
    group by p.table_name, p.column_name, p.policy
    order by min(p.part);
$body$
$ddl$);

-- The first hundred rows that it left.
call pg_temp.define('function', 'rollcall.left_rows(uuid)', 'rollcall_operator', $ddl$
create or replace function rollcall.left_rows(
    the_run uuid, out relation_name text, out row_key text, out reason text, out sqlstate text,
    out referrer text
)
returns setof record
language sql
stable
security definer
set search_path = pg_temp
set row_security = off
as $body$
    select p.relation_name, f.row_key, f.reason, f.sqlstate, f.referrer
    from rollcall.reference_refusals f
    join rollcall.reference_parts p using (run_id, part)
    where f.run_id = the_run
    order by f.part, f.place
    limit 100;
$body$
$ddl$);

-- How many for each reason.
call pg_temp.define('function', 'rollcall.left_reasons(uuid)', 'rollcall_operator', $ddl$
create or replace function rollcall.left_reasons(the_run uuid, out reason text, out number bigint)
returns setof record
language sql
stable
security definer
set search_path = pg_temp
set row_security = off
as $body$
    select f.reason, sum(f.number)::bigint
    from rollcall.reference_refusals f
    where f.run_id = the_run
    group by f.reason
    order by f.reason;
$body$
$ddl$);

-- The first three rows of each part of a plan.
call pg_temp.define('function', 'rollcall.sample_rows(uuid)', 'rollcall_operator', $ddl$
create or replace function rollcall.sample_rows(
    the_run uuid, out relation_name text, out row_key text, out user_id text, out policy text
)
returns setof record
language sql
stable
security definer
set search_path = pg_temp
set row_security = off
as $body$
    select
        p.relation_name, pg_catalog.array_to_string(r.row_keys[:][n:n], ', '), r.users[n], p.policy
    from rollcall.reference_parts p
    join rollcall.reference_rows r using (run_id, part)
    cross join pg_catalog.generate_series(1, 3) n
    where p.run_id = the_run and r.chunk = 0 and n <= pg_catalog.cardinality(r.users)
    order by p.part, n;
$body$
$ddl$);

-- Which planned tables are no longer as they were, and whether those to whom rows are reassigned
-- still have a profile.
call pg_temp.define('function', 'rollcall.moved_parts(uuid)', 'rollcall_operator', $ddl$
create or replace function rollcall.moved_parts(the_run uuid, out what text)
returns setof text
language sql
stable
security definer
set search_path = pg_temp
set row_security = off
as $body$
    select 'the table ' || p.relation_name
    from rollcall.reference_parts p
    where p.run_id = the_run and rollcall.layout_of(p.relation) is distinct from p.layout
    union
    select pg_catalog.format('user %s, who has no profile any more', p.new_user)
    from rollcall.reference_parts p
    where p.run_id = the_run and p.policy = 'reassign' and not rollcall.has_profile(p.new_user)
    order by 1;
$body$
$ddl$);

-- Whether there is any auth user: where none is seen, every row looks orphaned.
call pg_temp.define('function', 'rollcall.sees_users()', 'rollcall_operator', $ddl$
create or replace function rollcall.sees_users()
returns boolean
language sql
stable
security definer
set search_path = pg_temp
set row_security = off
as $body$
    select exists (select from auth.users);
$body$
$ddl$);

-- What the next batch of a run waits for: the tables that it writes to, each with those who keep it from
-- that, and the profile table where somebody keeps it from being read.
call pg_temp.define('function', 'rollcall.run_waits(uuid)', 'rollcall_operator', $ddl$
create or replace function rollcall.run_waits(
    the_run uuid, out relation_name text, out pid integer, out since timestamptz
)
returns setof record
language sql
stable
security definer
set search_path = pg_temp
set row_security = off
as $body$
    with tables as (
        select w.relation, bool_or(w.is_written) as is_written
        from (
            select rollcall.written_by(p), true
            from pg_catalog.unnest(rollcall.next_parts(the_run)) p
            union all
            -- Any other run is about profiles.
            select
                {{table_literal}}::pg_catalog.regclass,
                not exists (select from rollcall.reference_parts p where p.run_id = the_run)
        ) w (relation, is_written)
        group by w.relation
    )
    select t.relation::pg_catalog.text, l.pid, min(a.xact_start)
    from tables t
    left join pg_catalog.pg_locks l
        on l.relation = t.relation
        and l.database = (select d.oid from pg_catalog.pg_database d where d.datname = current_database())
        and l.granted
        and l.pid <> pg_catalog.pg_backend_pid()
        and (
            l.mode = 'AccessExclusiveLock'
            or t.is_written and l.mode in ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock')
        )
    left join pg_catalog.pg_stat_activity a on a.pid = l.pid
    where t.is_written or l.pid is not null
    group by 1, 2
    order by 3, 2, 1
    limit 5;
$body$
$ddl$);

-- Says in the error log what is orphaned, once for a run and a table, before any of it is touched.
call pg_temp.define(
    'function', 'rollcall.log_orphans(uuid,text,text,bigint,text)', 'rollcall_operator', $ddl$
create or replace function rollcall.log_orphans(
    the_run uuid, error_type text, table_name text, row_count bigint, message text
)
returns void
language plpgsql
security definer
set search_path = pg_temp
set row_security = off
as $body$
begin
    -- Two at once would each find nothing.
    perform from rollcall.runs r where r.run_id = the_run for update;
    insert into public.error_logs (run_id, error_type, table_name, row_count, message)
    select
        the_run, log_orphans.error_type, log_orphans.table_name, log_orphans.row_count,
        log_orphans.message
    where not exists (
        select from public.error_logs l
        where l.run_id = the_run and l.table_name = log_orphans.table_name
    );
end
$body$
$ddl$);

-- How many rows of a run are in quarantine.
call pg_temp.define('function', 'rollcall.count_quarantined(uuid)', 'rollcall_operator', $ddl$
create or replace function rollcall.count_quarantined(the_run uuid)
returns bigint
language sql
stable
security definer
set search_path = pg_temp
set row_security = off
as $body$
    select count(*) from rollcall.quarantine q where q.run_id = the_run;
$body$
$ddl$);

-- Deletes the rows of a run that are in quarantine, for good, and says so in the audit log. Answers
-- for each column how many.
call pg_temp.define('function', 'rollcall.purge_quarantine(uuid)', 'rollcall_operator', $ddl$
create or replace function rollcall.purge_quarantine(
    the_run uuid, out table_name text, out column_name text, out purged bigint
)
returns setof record
language plpgsql
security definer
set search_path = pg_temp
set row_security = off
set jit = off
as $body$
#variable_conflict use_column
begin
    -- Nobody puts rows back meanwhile.
    perform from rollcall.runs r
    where r.run_id = the_run or r.undoes = the_run
    order by r.run_id
    for update;
    if exists (
        select from rollcall.runs r
        where r.run_id = the_run and r.state in ('planned', 'running')
            or r.undoes = the_run and r.state = 'running'
    ) then
        raise exception 'the run, or an undo of it, has not ended' using errcode = '40001';
    end if;
    return query
    with deleted as (
        delete from rollcall.quarantine q where q.run_id = the_run returning q.part
    ), counts as (
        select d.part, count(*) as number from deleted d group by d.part
    ), audited as (
        insert into public.cleanup_audit_log (
            run_id, job_name, job_type, status, records_affected, completed_at
        )
        select the_run, 'purge_quarantine', 'purge', 'completed', sum(c.number), now()
        from counts c
        having sum(c.number) > 0
    )
    select p.table_name, p.column_name, sum(c.number)::bigint
    from counts c
    join rollcall.reference_parts p on p.run_id = the_run and p.part = c.part
    group by p.table_name, p.column_name
    order by min(p.part);
end
$body$
$ddl$);
