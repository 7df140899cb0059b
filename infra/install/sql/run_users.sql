-- Whom a run was for, and what became of each, some at a time in the order of the plan. Outcomes
-- lie in lists, one for each batch; they are brought to their users by grouping, which is as good
-- whatever the statistics say. A user is asked for by the index, for the same reason.
call pg_temp.define('function', 'rollcall.run_users(uuid,bigint,integer)', 'rollcall_operator', $ddl$
create or replace function rollcall.run_users(
    the_run uuid, after_place bigint, at_most integer,
    out place bigint, out user_id uuid, out email text, out created_at timestamptz,
    out affected_until timestamptz, out outcome text, out reason text
)
returns setof record
language sql
stable
security definer
set search_path = pg_temp
set row_security = off
set enable_seqscan = off
set jit = off
as $body$
    with batches as (
        select b.*
        from rollcall.run_batches b
        where b.run_id = the_run
            and b.begins_at < after_place + at_most
            -- The batch that the first of them was in may have begun before.
            and b.begins_at >= coalesce(
                (
                    select f.begins_at
                    from rollcall.run_batches f
                    where f.run_id = the_run and f.begins_at <= after_place
                    order by f.begins_at desc
                    limit 1
                ),
                0
            )
    ), known as (
        select
            u.user_id, p.chunk * 1000::bigint + u.number as place, null as outcome,
            null::pg_catalog.timestamptz as at
        from rollcall.run_plans p
        cross join lateral pg_catalog.unnest(p.user_ids) with ordinality u (user_id, number)
        where p.run_id = the_run
            and p.chunk between after_place / 1000 and (after_place + at_most - 1) / 1000
            and p.chunk * 1000::bigint + u.number between after_place + 1 and after_place + at_most
        union all
        select u.user_id, null, 'created', b.ended_at
        from batches b cross join lateral pg_catalog.unnest(b.created) u (user_id)
        union all
        select u.user_id, null, 'present', b.ended_at
        from batches b cross join lateral pg_catalog.unnest(b.present) u (user_id)
        union all
        select u.user_id, null, 'gone', b.ended_at
        from batches b cross join lateral pg_catalog.unnest(b.gone) u (user_id)
    ), page as (
        select
            k.user_id, pg_catalog.max(k.place) as place, pg_catalog.max(k.outcome) as outcome,
            pg_catalog.max(k.at) as at
        from known k
        group by k.user_id
        having pg_catalog.max(k.place) is not null
    )
    select
        p.place, p.user_id,
        -- An account that is deleted has none, whatever was left in its row.
        case when p.outcome is distinct from 'gone' and a.deleted_at is null then a.email end,
        case when a.created_at between '0001-01-01' and '9999-12-31' then a.created_at end,
        -- After an undo they are affected still.
        case when r.kind = 'backfill' then coalesce(p.at, r.finished_at) end,
        case
            when rollcall.is_nobody(p.user_id) then 'forgotten'
            when p.outcome = 'created' and r.kind = 'profiles' then 'stamped'
            when p.outcome = 'created' and r.undone_kind = 'profiles' then 'restored'
            when p.outcome = 'created' and r.kind = 'undo' then 'removed'
            when p.outcome is not null then p.outcome
            when f.reason is not null then 'refused'
            else 'not_reached'
        end,
        f.reason
    from page p
    cross join (
        select r.finished_at, r.kind, undone.kind as undone_kind
        from rollcall.runs r
        left join rollcall.runs undone on undone.run_id = r.undoes
        where r.run_id = the_run
    ) r
    -- `offset 0` keeps each of them a question of its own.
    left join lateral (
        select u.email, u.created_at, u.deleted_at from auth.users u where u.id = p.user_id offset 0
    ) a on true
    left join lateral (
        select f.reason
        from rollcall.run_refusals f
        where f.run_id = the_run and f.user_id = p.user_id and p.outcome is null
        offset 0
    ) f on true
    order by p.place;
$body$
$ddl$);
