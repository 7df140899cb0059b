-- The incidents that are open. Whoever asks holds them until the end of the transaction, so that
-- two checks at once do not open the same one twice.
call pg_temp.define('function', 'rollcall.open_incidents()', 'rollcall_app, rollcall_operator', $ddl$
create or replace function rollcall.open_incidents(
    out incident_id uuid, out cause text, out sentence text, out severity text,
    out began_at timestamptz, out opened_at timestamptz, out most_affected bigint, out healed bigint
)
returns setof record
language sql
volatile
security definer
set search_path = pg_temp
set row_security = off
as $body$
    select pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('rollcall.incidents', 0));
    select
        i.incident_id, i.cause, i.sentence, i.severity, i.began_at, i.opened_at, i.most_affected, i.healed
    from rollcall.incidents i
    where i.resolved_at is null
    order by i.severity, i.opened_at, i.incident_id;
$body$
$ddl$);

-- Writes an incident as it now stands, and the line that says what happened, if anything did. Both
-- are rows of their tables by column name; a time that is left out of the incident stays.
call pg_temp.define(
    'function', 'rollcall.write_incident(jsonb,jsonb)', 'rollcall_app, rollcall_operator', $ddl$
create or replace function rollcall.write_incident(incident jsonb, event jsonb)
returns void
language sql
security definer
set search_path = pg_temp
set row_security = off
as $body$
    insert into rollcall.incidents as i
    select n.*
    from pg_catalog.jsonb_populate_record(null::rollcall.incidents, incident) n
    on conflict (incident_id) do update
    set
        cause = excluded.cause,
        sentence = excluded.sentence,
        severity = excluded.severity,
        last_seen_at = greatest(i.last_seen_at, excluded.last_seen_at),
        resolved_at = excluded.resolved_at,
        most_affected = greatest(i.most_affected, excluded.most_affected),
        healed = excluded.healed;
    insert into rollcall.incident_events
    select e.*
    from pg_catalog.jsonb_populate_record(null::rollcall.incident_events, event) e
    where event is not null;
$body$
$ddl$);

-- Whether an incident is open, and which channels have been told of those that are.
call pg_temp.define('function', 'rollcall.told_of_open_incidents()', 'rollcall_app, rollcall_operator', $ddl$
create or replace function rollcall.told_of_open_incidents(out is_open boolean, out channels text[])
language sql
stable
security definer
set search_path = pg_temp
set row_security = off
as $body$
    select
        count(distinct i.incident_id) > 0,
        coalesce(
            pg_catalog.array_agg(distinct o.channel order by o.channel) filter (where o.channel is not null),
            '{}'
        )
    from rollcall.incidents i
    left join rollcall.outbox o on o.incident_id = i.incident_id
    where i.resolved_at is null;
$body$
$ddl$);

-- Puts a message into the outbox of a channel.
call pg_temp.define(
    'function', 'rollcall.queue_alert(uuid,uuid,text,text,jsonb)', 'rollcall_app, rollcall_operator', $ddl$
create or replace function rollcall.queue_alert(
    the_alert uuid, the_incident uuid, channel text, topic text, message jsonb
)
returns void
language sql
security definer
set search_path = pg_temp
set row_security = off
as $body$
    insert into rollcall.outbox (alert_id, incident_id, channel, topic, message)
    values (the_alert, the_incident, queue_alert.channel, queue_alert.topic, queue_alert.message);
$body$
$ddl$);

-- Takes the messages that are due, for whoever asks to send them. They are due again in two
-- minutes, should the sender be gone by then.
call pg_temp.define(
    'function', 'rollcall.take_alerts(text[],integer)', 'rollcall_app, rollcall_operator', $ddl$
create or replace function rollcall.take_alerts(
    channels text[], at_most integer, out alert_id uuid, out channel text, out topic text,
    out message jsonb
)
returns setof record
language sql
volatile
security definer
set search_path = pg_temp
set row_security = off
as $body$
    update rollcall.outbox o
    set attempts = o.attempts + 1, next_attempt_at = pg_catalog.clock_timestamp() + interval '2 minutes'
    where o.alert_id in (
        select d.alert_id
        from rollcall.outbox d
        where d.sent_at is null and d.next_attempt_at <= pg_catalog.clock_timestamp()
            and d.channel = any (channels)
            -- In order: that it is over makes no sense before that it began.
            and not exists (
                select from rollcall.outbox e
                where e.incident_id = d.incident_id and e.channel = d.channel
                    and e.sent_at is null and e.queued_at < d.queued_at
            )
        order by d.queued_at
        limit at_most
        for update skip locked
    )
    returning o.alert_id, o.channel, o.topic, o.message;
$body$
$ddl$);

-- What became of a message. One that failed is tried again by the next pulse, then less and less
-- often, but so often that the alarm over what could not be sent goes on.
call pg_temp.define('function', 'rollcall.settle_alert(uuid,text)', 'rollcall_app, rollcall_operator', $ddl$
create or replace function rollcall.settle_alert(the_alert uuid, error text)
returns void
language sql
security definer
set search_path = pg_temp
set row_security = off
as $body$
    update rollcall.outbox o
    set
        sent_at = case when error is null then pg_catalog.clock_timestamp() end,
        last_error = error,
        next_attempt_at = pg_catalog.clock_timestamp() + least(
            interval '30 seconds' * pg_catalog.power(2, least(o.attempts - 1, 10)), interval '15 minutes'
        )
    where o.alert_id = the_alert;
$body$
$ddl$);

-- Writes what a check found into the history, and forgets what is older than the configuration
-- allows. Incidents that are open, and messages not sent, stay.
call pg_temp.define('function', 'rollcall.write_check(jsonb)', 'rollcall_app, rollcall_operator', $ddl$
create or replace function rollcall.write_check(found jsonb)
returns void
language sql
security definer
set search_path = pg_temp
set row_security = off
as $body$
    insert into rollcall.checks
    select n.*
    from pg_catalog.jsonb_populate_record(
        null::rollcall.checks,
        found || pg_catalog.jsonb_build_object(
            'written_at', pg_catalog.clock_timestamp(),
            -- One of the future would be the latest for ever.
            'checked_at',
            least((found ->> 'checked_at')::pg_catalog.timestamptz, pg_catalog.clock_timestamp())
        )
    ) n
    -- Whoever reads it later counts on numbers.
    where pg_catalog.jsonb_typeof(n.checks) = 'array'
        and not pg_catalog.jsonb_path_exists(
            n.counts, '$.* ? (@.type() != "number" && @.type() != "null")'
        )
    on conflict (run_id) do nothing;
    delete from rollcall.checks c
    using rollcall.configuration f
    where c.checked_at < now() - pg_catalog.make_interval(days => f.retention_days::integer);
    delete from rollcall.incidents i
    using rollcall.configuration f
    where i.resolved_at < now() - pg_catalog.make_interval(days => f.retention_days::integer)
        and not exists (
            select from rollcall.outbox o where o.incident_id = i.incident_id and o.sent_at is null
        );
    delete from rollcall.acknowledgements a where a.until < now() - interval '1 day';
    delete from rollcall.webhook_calls w where w.called_at < now() - interval '1 day';
$body$
$ddl$);

-- Acknowledges ghosts until a time: they are counted and shown, and page nobody.
call pg_temp.define(
    'function', 'rollcall.acknowledge(uuid[],timestamptz,text)', 'rollcall_operator', $ddl$
create or replace function rollcall.acknowledge(users uuid[], until timestamptz, reason text)
returns bigint
language sql
security definer
set search_path = pg_temp
set row_security = off
as $body$
    with written as (
        insert into rollcall.acknowledgements (user_id, until, reason)
        select distinct u.user_id, acknowledge.until, acknowledge.reason
        from pg_catalog.unnest(users) u (user_id)
        where u.user_id is not null
        on conflict (user_id) do update
        set until = excluded.until, reason = excluded.reason, acknowledged_at = now()
        returning 1
    )
    select count(*) from written;
$body$
$ddl$);
