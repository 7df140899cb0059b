-- What becomes of the profile of whoever is gone: no row where profiles are left alone.
call pg_temp.define('function', 'rollcall.read_removal()', 'rollcall_operator', $ddl$
create or replace function rollcall.read_removal(out columns text[])
returns setof text[]
language sql
stable
security definer
set search_path = pg_temp
set row_security = off
as $body$
    select r.columns
    from (select {{removal_columns}} as columns) r
    where pg_catalog.cardinality(r.columns) > 0;
$body$
$ddl$);

-- Stores as a run the live profiles of whoever ought to have none, and changes nothing else. Told
-- apart as far as the evidence goes: no auth user of this id (`orphaned`); one who is deleted,
-- excluded by an operator, or left out for being anonymous (`leftover_…`). Class after class, each in
-- the order in which the profiles lie. A key that is no id of a user is counted only.
call pg_temp.define('function', 'rollcall.plan_profiles(uuid,text)', 'rollcall_operator', $ddl$
create or replace function rollcall.plan_profiles(the_run uuid, why text)
returns void
language plpgsql
security definer
set search_path = pg_temp
set row_security = off
set jit = off
as $body$
begin
    insert into rollcall.runs (run_id, kind, state, configuration, reason, digest, planned)
    select the_run, 'profiles', 'planned', c.digest, why, '', 0
    from rollcall.configuration c;

    with classed as (
        select
            {{profile_id}}
            case
                when s.user_id is null then 1
                when s.is_deleted then 2
                when s.is_excluded then 3
                else 4
            end as class,
            p.ctid as place
        from {{table}} p
        left join rollcall.standing s on s.profile_key = p.{{key}}
        where {{live}} and s.is_eligible is not true and p.{{key}} is not null
    ), numbered as (
        select
            c.user_id, c.class,
            pg_catalog.row_number() over (order by c.class, c.place) - 1 as number
        from classed c
        where c.user_id is not null
    ), stored as (
        insert into rollcall.run_plans (run_id, chunk, user_ids)
        select the_run, n.number / 1000, pg_catalog.array_agg(n.user_id order by n.number)
        from numbered n
        group by n.number / 1000
        returning user_ids
    ), members as (
        select
            count(*) as number,
            pg_catalog.bit_xor(pg_catalog.uuid_hash_extended(u.user_id, 0)) as one_half,
            pg_catalog.bit_xor(pg_catalog.uuid_hash_extended(u.user_id, 1)) as other_half
        from stored s
        cross join lateral pg_catalog.unnest(s.user_ids) u (user_id)
    )
    update rollcall.runs r
    set
        planned = m.number,
        digest = pg_catalog.lpad(pg_catalog.to_hex(coalesce(m.one_half, 0)), 16, '0')
            || pg_catalog.lpad(pg_catalog.to_hex(coalesce(m.other_half, 0)), 16, '0'),
        scope = pg_catalog.jsonb_build_object(
            'columns', {{removal_columns}},
            'classes', array(
                select count(n.user_id)
                from pg_catalog.generate_series(1, 4) c (class)
                left join numbered n on n.class = c.class
                group by c.class
                order by c.class
            ),
            'no_ids', (select count(*) from classed c where c.user_id is null),
            'auth_users', (select count(*) from auth.users),
            'profiles', (select count(*) from {{table}} p where {{live}})
        )
    from members m
    where r.run_id = the_run;
end
$body$
$ddl$);

-- How far each class of a run on profiles is.
call pg_temp.define('function', 'rollcall.profile_classes(uuid)', 'rollcall_operator', $ddl$
create or replace function rollcall.profile_classes(
    the_run uuid, out class text, out planned bigint, out done bigint, out refused bigint, out gone bigint
)
returns setof record
language sql
stable
security definer
set search_path = pg_temp
set row_security = off
as $body$
    select
        c.class, c.planned, b.done,
        -- Of those who have had their turn, whoever is neither.
        greatest(least(c.reached - c.begins_at, c.planned), 0) - b.done - b.gone,
        b.gone
    from (
        select
            (array['orphaned', 'leftover_deleted', 'leftover_excluded', 'leftover_anonymous'])[n.number]
                as class,
            n.planned::bigint as planned,
            (sum(n.planned::bigint) over (order by n.number))::bigint - n.planned::bigint as begins_at,
            r.created + r.refused + r.gone as reached
        from rollcall.runs r
        cross join lateral pg_catalog.jsonb_array_elements_text(r.scope -> 'classes')
            with ordinality n (planned, number)
        where r.run_id = the_run and r.kind = 'profiles'
    ) c
    cross join lateral (
        select
            coalesce(sum(pg_catalog.cardinality(b.created)), 0)::bigint as done,
            coalesce(sum(pg_catalog.cardinality(b.gone)), 0)::bigint as gone
        from rollcall.run_batches b
        where b.run_id = the_run
            and b.begins_at >= c.begins_at and b.begins_at < c.begins_at + c.planned
    ) b
    where c.planned > 0
    order by c.begins_at;
$body$
$ddl$);

-- The first of a run's planned users, to look at.
call pg_temp.define('function', 'rollcall.first_planned(uuid,bigint,integer)', 'rollcall_operator', $ddl$
create or replace function rollcall.first_planned(the_run uuid, after_place bigint, at_most integer)
returns setof uuid
language sql
stable
security definer
set search_path = pg_temp
set row_security = off
as $body$
    select u.user_id
    from rollcall.run_plans p
    cross join lateral pg_catalog.unnest(p.user_ids) with ordinality u (user_id, number)
    where p.run_id = the_run
        and p.chunk between after_place / 1000 and (after_place + at_most - 1) / 1000
        and p.chunk * 1000::bigint + u.number between after_place + 1 and after_place + at_most
    order by p.chunk, u.number;
$body$
$ddl$);
