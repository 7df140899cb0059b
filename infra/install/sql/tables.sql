call pg_temp.define('role', 'rollcall_app', '', $ddl$
do $body$
begin
    create role rollcall_app nologin;
exception
    -- Roles belong to the whole server: another database may have made it meanwhile.
    when duplicate_object or unique_violation then null;
end
$body$
$ddl$);

call pg_temp.define('role', 'rollcall_operator', '', $ddl$
do $body$
begin
    create role rollcall_operator nologin;
exception
    when duplicate_object or unique_violation then null;
end
$body$
$ddl$);

do $ddl$
begin
    if not pg_catalog.has_schema_privilege('rollcall_app', 'rollcall', 'usage')
        or not pg_catalog.has_schema_privilege('rollcall_operator', 'rollcall', 'usage') then
        grant usage on schema rollcall to rollcall_app, rollcall_operator;
    end if;
end
$ddl$;

-- The same for the checks to come, which ask some fifty times: in this language the plan is made
-- once for a session.
call pg_temp.define('function', 'rollcall.state_of(text,text)', '', $ddl$
create or replace function rollcall.state_of(kind text, name text)
returns text
language plpgsql
stable
set search_path = pg_temp
set quote_all_identifiers = off
as $body$
#variable_conflict use_variable
begin
    return (
    {{state_of}}
    );
end
$body$
$ddl$);

-- The same as while installing, for what `repair` makes anew.
call pg_temp.define('function', 'rollcall.close(text,text,text)', '', $ddl$
create or replace function rollcall.close(kind text, name text, roles text)
returns void
language plpgsql
set search_path = pg_temp
as $body$
{{close}}
$body$
$ddl$);

-- What was reviewed, as the functions need it.
call pg_temp.define('view', 'rollcall.configuration', '', $ddl$
drop view if exists rollcall.configuration;
create view rollcall.configuration as
select
    {{version_literal}}::text as version,
    {{digest_literal}}::text as digest,
    {{mode}}::text as mode,
    {{trigger_name_literal}}::text as trigger_name,
    {{trigger_function_signature}}::text as trigger_function,
    {{heal_limit}}::bigint as heal_limit,
    {{burst}}::bigint as burst,
    {{old_seconds}}::bigint as old_seconds,
    {{retention_days}}::bigint as retention_days
$ddl$);

-- Users an operator has left out. They are not eligible, whatever auth.users says. Of a table that
-- was never analyzed the planner assumes that it holds something, and every signup would open its
-- index. Of one that was it knows the size: it reads an empty table, and takes the index when
-- there is something to be found.
call pg_temp.define('table', 'rollcall.exclusions', '', $ddl$
create table if not exists rollcall.exclusions (
    user_id uuid primary key,
    reason text,
    excluded_at timestamptz not null default now()
);
alter table rollcall.exclusions enable row level security;
analyze rollcall.exclusions
$ddl$);

-- The ledger: whose profile could not be written, and why. Never what was to be written.
call pg_temp.define('table', 'rollcall.sync_failures', '', $ddl$
create table if not exists rollcall.sync_failures (
    user_id uuid primary key,
    sqlstate text,
    reason text not null,
    first_failed_at timestamptz not null,
    last_failed_at timestamptz not null,
    attempts integer not null,
    next_attempt_at timestamptz
);
-- Every pulse asks whose turn it is.
create index if not exists sync_failures_due on rollcall.sync_failures (next_attempt_at)
where reason <> 'degraded';
create index if not exists sync_failures_fresh on rollcall.sync_failures (first_failed_at)
where attempts = 1 and reason <> 'degraded';
alter table rollcall.sync_failures enable row level security
$ddl$);

-- Users who were deleted, until every trace of them is wiped: see forget.sql.
call pg_temp.define('table', 'rollcall.forgetting', '', $ddl$
create table if not exists rollcall.forgetting (
    user_id uuid primary key,
    noted_at timestamptz not null default now()
);
alter table rollcall.forgetting enable row level security
$ddl$);

-- Whether an id is the stand-in of somebody who was forgotten: of a form that no user's id has.
call pg_temp.define('function', 'rollcall.is_nobody(uuid)', '', $ddl$
create or replace function rollcall.is_nobody(the_user uuid)
returns boolean
language sql
immutable
set search_path = pg_temp
as $body$
    select the_user < '00000000-0000-0001-0000-000000000000'::pg_catalog.uuid;
$body$
$ddl$);

-- One execution of a backfill or an undo: what was asked for, how far it is, who holds it.
call pg_temp.define('table', 'rollcall.runs', '', $ddl$
create table if not exists rollcall.runs (
    run_id uuid primary key,
    kind text not null,
    state text not null check (state in ('planned', 'running', 'completed', 'cancelled')),
    -- Of an undo: the run whose profiles it removes.
    undoes uuid references rollcall.runs,
    configuration text not null,
    -- As it was asked for: the same call again goes on, another one is told so.
    scope jsonb not null default '{}',
    reason text,
    digest text not null,
    -- The next user is the one after as many as are counted here, in the order of the plan.
    planned bigint not null,
    -- Of an undo: the profiles that it removed.
    created bigint not null default 0,
    present bigint not null default 0,
    refused bigint not null default 0,
    gone bigint not null default 0,
    -- Counts the takings of the lease; a batch with an older number is turned away.
    fence bigint not null default 0,
    lease_until timestamptz,
    planned_at timestamptz not null default now(),
    started_at timestamptz,
    finished_at timestamptz
);
-- One undo of a run at a time, which is found again.
create unique index if not exists runs_undo on rollcall.runs (undoes)
where state in ('planned', 'running');
-- What it told would follow through the application's own code and keys.
alter table rollcall.runs add column if not exists effects text[];
alter table rollcall.runs enable row level security
$ddl$);

-- A run's planned users, a thousand to a row, in the order in which their turn comes: that in
-- which they lie in auth.users, because reading them so is cheap. Ids do not compress.
call pg_temp.define('table', 'rollcall.run_plans', '', $ddl$
create table if not exists rollcall.run_plans (
    run_id uuid not null references rollcall.runs on delete cascade,
    chunk integer not null,
    user_ids uuid[] not null,
    -- Of an undo, for each of them: the batch of the run before that created the profile.
    batches bigint[],
    primary key (run_id, chunk)
);
alter table rollcall.run_plans alter column user_ids set storage external;
alter table rollcall.run_plans enable row level security
$ddl$);

-- What a batch came to, written with the profiles themselves. Whoever was planned and is in none
-- of these lists was refused, or has not had their turn.
call pg_temp.define('table', 'rollcall.run_batches', '', $ddl$
create table if not exists rollcall.run_batches (
    run_id uuid not null references rollcall.runs on delete cascade,
    -- How many users had their turn before.
    begins_at bigint not null,
    -- Of an undo: whose profile was removed.
    created uuid[] not null,
    present uuid[] not null,
    gone uuid[] not null,
    -- The transactions, as the rows show them, that the created profiles come from: one that shows
    -- another has been touched since. A number comes round again after four billion, so the whole
    -- transaction's long one is kept, too.
    versions xid[] not null,
    transaction_id xid8 not null default pg_catalog.pg_current_xact_id(),
    ended_at timestamptz not null default now(),
    -- The transaction that took somebody's id out of this record, if one has.
    written_by xid8,
    primary key (run_id, begins_at)
);
alter table rollcall.run_batches add column if not exists written_by xid8;
alter table rollcall.run_batches alter column created set storage external;
alter table rollcall.run_batches enable row level security
$ddl$);

-- Whom the database would not accept in a run, or whose profile an undo left, and why.
call pg_temp.define('table', 'rollcall.run_refusals', '', $ddl$
create table if not exists rollcall.run_refusals (
    run_id uuid not null references rollcall.runs on delete cascade,
    user_id uuid not null,
    reason text not null,
    sqlstate text,
    -- The table in which a row refers to the profile.
    referrer text,
    primary key (run_id, user_id)
);
alter table rollcall.run_refusals enable row level security
$ddl$);

-- The runbooks' audit log: a row for each run, from its start.
call pg_temp.define('table', 'public.cleanup_audit_log', '', $ddl$
create table if not exists public.cleanup_audit_log (
    id uuid primary key default gen_random_uuid(),
    run_id uuid,
    job_name text not null,
    job_type text not null,
    status text not null,
    records_affected bigint not null default 0,
    records_failed bigint not null default 0,
    started_at timestamptz not null default now(),
    completed_at timestamptz,
    error_message text
);
comment on table public.cleanup_audit_log is
    'Rollcall: a row for each run that wrote, or was logged by hand. It stays when Rollcall is uninstalled.';
alter table public.cleanup_audit_log enable row level security
$ddl$);
