-- Ghosts that an operator knows of, until a date: counted and shown, but nobody is paged for them.
call pg_temp.define('table', 'rollcall.acknowledgements', '', $ddl$
create table if not exists rollcall.acknowledgements (
    user_id uuid primary key,
    until timestamptz not null,
    reason text,
    acknowledged_at timestamptz not null default now()
);
alter table rollcall.acknowledgements enable row level security
$ddl$);

-- What each full check found. Kept for as long as the configuration says.
call pg_temp.define('table', 'rollcall.checks', '', $ddl$
create table if not exists rollcall.checks (
    run_id uuid primary key,
    -- Made for itself ('full'), or called by a pulse that saw something.
    kind text not null check (kind in ('full', 'pulse')),
    checked_at timestamptz not null,
    duration_ms bigint not null,
    configuration text not null,
    status text not null check (status in ('healthy', 'warning', 'critical', 'unknown')),
    severity text check (severity in ('P0', 'P1', 'P2')),
    -- The contract's counts by their names, and its list of named checks.
    counts jsonb not null,
    checks jsonb not null,
    -- Null if it could not be seen.
    trigger_state text,
    trigger_detail text,
    cause text,
    sentence text,
    healed bigint not null default 0,
    refused bigint not null default 0,
    written_at timestamptz not null default pg_catalog.clock_timestamp()
);
create index if not exists checks_by_time on rollcall.checks (checked_at desc);
alter table rollcall.checks enable row level security
$ddl$);

-- One thing that is wrong, from the first check that found it to the full check that proves it
-- mended. Open ones are told apart by their cause.
call pg_temp.define('table', 'rollcall.incidents', '', $ddl$
create table if not exists rollcall.incidents (
    incident_id uuid primary key,
    cause text not null,
    sentence text not null,
    -- The worst so far.
    severity text not null check (severity in ('P0', 'P1', 'P2')),
    -- Since when, as far as the evidence goes; not when it was noticed.
    began_at timestamptz not null,
    opened_at timestamptz not null,
    last_seen_at timestamptz not null,
    resolved_at timestamptz,
    -- The most ghosts (or whatever it is about) that one check saw, and how many were healed.
    most_affected bigint not null,
    healed bigint not null default 0
);
create unique index if not exists incidents_open on rollcall.incidents (cause) where resolved_at is null;
create index if not exists incidents_by_time on rollcall.incidents (opened_at desc);
alter table rollcall.incidents enable row level security
$ddl$);

-- What happened in an incident, line by line, for the post-mortem.
call pg_temp.define('table', 'rollcall.incident_events', '', $ddl$
create table if not exists rollcall.incident_events (
    incident_id uuid not null references rollcall.incidents on delete cascade,
    happened_at timestamptz not null,
    what text not null check (what in ('opened', 'escalated', 'cause_found', 'healed', 'resolved')),
    severity text not null,
    run_id uuid not null,
    sentence text not null
);
create index if not exists incident_events_of on rollcall.incident_events (incident_id, happened_at);
alter table rollcall.incident_events enable row level security
$ddl$);

-- Messages to people, one row for each channel, written with the incident that they tell of. A row
-- stays until its channel has taken it.
call pg_temp.define('table', 'rollcall.outbox', '', $ddl$
create table if not exists rollcall.outbox (
    alert_id uuid primary key,
    incident_id uuid not null references rollcall.incidents on delete cascade,
    channel text not null,
    topic text not null check (topic in ('incidents', 'data_quality')),
    message jsonb not null,
    queued_at timestamptz not null default now(),
    attempts integer not null default 0,
    next_attempt_at timestamptz not null default now(),
    sent_at timestamptz,
    last_error text
);
create index if not exists outbox_unsent on rollcall.outbox (next_attempt_at) where sent_at is null;
create index if not exists outbox_of on rollcall.outbox (incident_id);
alter table rollcall.outbox enable row level security
$ddl$);

-- What the next check compares with: the insert counters and files of both tables, and when the
-- triggers were last seen active. One row.
call pg_temp.define('table', 'rollcall.baseline', '', $ddl$
create table if not exists rollcall.baseline (
    is_only boolean primary key default true check (is_only),
    installed_at timestamptz not null default now(),
    taken_at timestamptz,
    users_inserted bigint,
    users_deleted bigint,
    profiles_inserted bigint,
    profiles_deleted bigint,
    -- A truncated table has a new file, and moves no counter.
    users_file oid,
    profiles_file oid,
    triggers_active_at timestamptz,
    -- A gap that a full check explained asks for the next one only after a while, which doubles.
    quiet_until timestamptz,
    quiet_for interval,
    -- Since when an operator believes the number of auth users, however many are gone.
    users_believed_at timestamptz
);
insert into rollcall.baseline (is_only) values (true) on conflict (is_only) do nothing;
alter table rollcall.baseline enable row level security
$ddl$);
