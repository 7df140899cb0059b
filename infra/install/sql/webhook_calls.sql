-- The calls of the signup webhook that the database itself was to make, without whom they were about:
-- pg_net's number for it, or why there is none.
call pg_temp.define('table', 'rollcall.webhook_calls', '', $ddl$
create table if not exists rollcall.webhook_calls (
    call_id uuid primary key default pg_catalog.gen_random_uuid(),
    called_at timestamptz not null default pg_catalog.clock_timestamp(),
    request_id bigint,
    sqlstate text
);
comment on table rollcall.webhook_calls is 'The webhook calls of the last day, for deliveries_check.';
alter table rollcall.webhook_calls enable row level security
$ddl$);
