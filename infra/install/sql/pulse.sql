-- The look of every minute. Whatever it reads, it reads by an index and no more than so many rows,
-- so its cost does not grow with the users.
call pg_temp.define('function', 'rollcall.take_pulse(integer)', 'rollcall_app, rollcall_operator', $ddl$
create or replace function rollcall.take_pulse(
    at_most integer, out ledger_entries bigint, out due_ghosts uuid[], out moved_users bigint,
    out moved_ghosts uuid[], out acknowledged_ghosts bigint
)
language plpgsql
stable
security definer
set search_path = pg_temp
set row_security = off
-- Each look-up here is of one key; statistics that lag behind must not turn it into a scan.
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
-- What these cost on paper would call the compiler, which takes longer than the pulse.
set jit = off
as $body$
#variable_conflict use_column
begin
    -- In this language the plan is made once for a session, which costs as much as the look.
    with due as (
        select f.user_id
        from (
            (
                select f.user_id
                from rollcall.sync_failures f
                where f.reason <> 'degraded' and f.next_attempt_at <= now()
                order by f.next_attempt_at
                limit at_most
            )
            union
            (
                -- Nobody has tried these again yet.
                select f.user_id
                from rollcall.sync_failures f
                where f.attempts = 1 and f.reason <> 'degraded'
                order by f.first_failed_at
                limit at_most
            )
        ) f
        join rollcall.standing s on s.user_id = f.user_id and s.is_eligible
        where not exists (select from {{table}} p where p.{{key}} = s.profile_key)
    ), moved as (
        -- Whoever signs in or refreshes a session moves a token.
        select distinct t.user_id
        from (
            select t.user_id
            from auth.refresh_tokens t
            where t.updated_at > now() - interval '3 minutes'
            order by t.updated_at desc
            limit 1000
        ) t
        -- GoTrue keeps the id as text; whatever else stands there is nobody's.
        where t.user_id ~ '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'
    ), without as (
        select s.user_id
        from moved m
        join rollcall.standing s on s.user_id = m.user_id::pg_catalog.uuid and s.is_eligible
        where not exists (select from {{table}} p where p.{{key}} = s.profile_key)
            -- Known, and waiting for their turn or for an operator.
            and not exists (select from rollcall.sync_failures f where f.user_id = s.user_id)
            and not exists (
                select from rollcall.acknowledgements a where a.user_id = s.user_id and a.until > now()
            )
        limit at_most
    )
    select
        (
            select count(*) from (
                select from rollcall.sync_failures f where f.reason <> 'degraded' limit 1000
            ) entries
        ),
        coalesce((select pg_catalog.array_agg(d.user_id) from due d), '{}'),
        (select count(*) from moved),
        coalesce((select pg_catalog.array_agg(w.user_id) from without w), '{}'),
        (
            select count(*) from (
                select
                from rollcall.acknowledgements a
                join rollcall.standing s on s.user_id = a.user_id and s.is_eligible
                where a.until > now()
                    and not exists (select from {{table}} p where p.{{key}} = s.profile_key)
                limit 1000
            ) known
        )
    into ledger_entries, due_ghosts, moved_users, moved_ghosts, acknowledged_ghosts;
end
$body$
$ddl$);

-- Ghosts whose turn to be healed has come, oldest first: all of them, but for those whom the
-- database refused a short while ago.
call pg_temp.define('function', 'rollcall.ghosts_to_heal(integer)', 'rollcall_app, rollcall_operator', $ddl$
create or replace function rollcall.ghosts_to_heal(at_most integer)
returns setof uuid
language sql
stable
security definer
set search_path = pg_temp
set row_security = off
as $body$
    select s.user_id
    from rollcall.standing s
    where s.is_eligible
        and not exists (select from {{table}} p where p.{{key}} = s.profile_key)
        and not exists (
            select from rollcall.sync_failures f
            where f.user_id = s.user_id and f.next_attempt_at > now() and f.attempts > 1
        )
    order by s.created_at nulls first, s.user_id
    limit at_most;
$body$
$ddl$);

-- Whose profile could not be stamped, and whose time for another attempt has come: users who are there
-- and ought to have no profile, and those whose deletion was seen. Whoever is lost is not among them.
call pg_temp.define('function', 'rollcall.stamps_due(integer)', 'rollcall_app, rollcall_operator', $ddl$
create or replace function rollcall.stamps_due(at_most integer)
returns setof uuid
language sql
stable
security definer
set search_path = pg_temp
set row_security = off
set jit = off
as $body$
    select d.user_id
    from (
        (
            select f.user_id, f.next_attempt_at
            from rollcall.sync_failures f
            join rollcall.forgetting n on n.user_id = f.user_id
            where f.reason <> 'degraded' and f.next_attempt_at <= now()
                and not exists (select from rollcall.standing s where s.user_id = f.user_id)
            order by f.next_attempt_at
            limit at_most
        )
        union all
        (
            select f.user_id, f.next_attempt_at
            from (
                select l.user_id, l.next_attempt_at
                from rollcall.sync_failures l
                where l.reason <> 'degraded' and l.next_attempt_at <= now()
                order by l.next_attempt_at
                limit 1000
            ) f
            join rollcall.standing s on s.user_id = f.user_id and not s.is_eligible
        )
    ) d
    order by d.next_attempt_at
    limit at_most;
$body$
$ddl$);
