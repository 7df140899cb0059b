-- One column of one table in a run on child rows: which rows, what is to become of them, and how far
-- that is. Of an undo: the same of what the run did.
call pg_temp.define('table', 'rollcall.reference_parts', '', $ddl$
create table if not exists rollcall.reference_parts (
    run_id uuid not null references rollcall.runs on delete cascade,
    -- In the order in which they are carried out; an undo goes the other way.
    part integer not null,
    -- Of an undo: the part of the run before.
    undone_part integer,
    -- What holds the rows: a partition, where the table that is named has any.
    relation oid not null,
    relation_name text not null,
    table_name text not null,
    column_name text not null,
    policy text not null check (policy in ('create_profile', 'quarantine', 'reassign')),
    -- To whom the rows are reassigned.
    new_user uuid,
    -- Of `create_profile` none: its rows are users.
    key_columns text[] not null,
    -- In the order of an image.
    columns text[] not null,
    -- What the catalog said of the table, as a digest.
    layout text not null,
    -- Why none of it can be done.
    refused_as text,
    -- From this place on rows refer to one another, and go in one batch.
    linked_from bigint,
    -- Of an undo, which goes down: everything from this place on has had its turn.
    reached bigint,
    planned bigint not null,
    done bigint not null default 0,
    refused bigint not null default 0,
    gone bigint not null default 0,
    primary key (run_id, part)
);
-- The first of those parts whose tables refer to each other in a circle, which this is one of: rows of
-- theirs that refer to one another go in one batch. By itself it is its own.
alter table rollcall.reference_parts add column if not exists circle integer;
-- `others`: of a quarantine by default, which leaves out whoever can get a profile, also by the time of the
-- batch.
alter table rollcall.reference_parts add column if not exists whose text;
alter table rollcall.reference_parts enable row level security
$ddl$);

-- The planned rows of a part, a thousand to a row: for each column of the primary key the values,
-- and the users that the rows name. A row is known by its place. Where it lay when it was planned is
-- only where to look first.
call pg_temp.define('table', 'rollcall.reference_rows', '', $ddl$
create table if not exists rollcall.reference_rows (
    run_id uuid not null,
    part integer not null,
    chunk integer not null,
    row_keys text[] not null,
    users text[] not null,
    rows_at tid[],
    primary key (run_id, part, chunk),
    foreign key (run_id, part) references rollcall.reference_parts on delete cascade
);
alter table rollcall.reference_rows alter column row_keys set storage external;
alter table rollcall.reference_rows alter column users set storage external;
alter table rollcall.reference_rows alter column rows_at set storage external;
alter table rollcall.reference_rows enable row level security
$ddl$);

-- Rows that were taken out of a table, each column as text, until they are put back or purged.
-- Nothing else deletes them. Without a foreign key to the part, which would be asked for each row.
call pg_temp.define('table', 'rollcall.quarantine', '', $ddl$
create table if not exists rollcall.quarantine (
    run_id uuid not null,
    part integer not null,
    place bigint not null,
    user_id text not null,
    image text[] not null,
    quarantined_at timestamptz not null default now(),
    primary key (run_id, part, place)
);
alter table rollcall.quarantine enable row level security
$ddl$);

-- What else a run on child rows did, until it is undone: rows that were reassigned, with the user
-- whom they named before; and profiles that were created, whose key is the user.
call pg_temp.define('table', 'rollcall.reference_changes', '', $ddl$
create table if not exists rollcall.reference_changes (
    run_id uuid not null,
    part integer not null,
    place bigint not null,
    row_key text[] not null,
    user_id text not null,
    -- The transaction that the row shows, and the whole number of the one that wrote this.
    version xid not null,
    transaction_id xid8 not null default pg_catalog.pg_current_xact_id(),
    primary key (run_id, part, place),
    foreign key (run_id, part) references rollcall.reference_parts on delete cascade
);
alter table rollcall.reference_changes enable row level security
$ddl$);

-- Rows that a run on child rows, or its undo, left as they were, and why.
call pg_temp.define('table', 'rollcall.reference_refusals', '', $ddl$
create table if not exists rollcall.reference_refusals (
    run_id uuid not null,
    part integer not null,
    place bigint not null,
    -- Null for all of the part that is left.
    row_key text,
    user_id text,
    reason text not null,
    sqlstate text,
    -- The table in which a row refers to this one.
    referrer text,
    number bigint not null default 1,
    primary key (run_id, part, place),
    foreign key (run_id, part) references rollcall.reference_parts on delete cascade
);
alter table rollcall.reference_refusals enable row level security
$ddl$);
