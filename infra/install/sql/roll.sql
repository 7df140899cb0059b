-- The roll: every class of users and profiles, counted in one snapshot.
--
-- Joining two whole tables is what would take the time. So both are laid out in buckets by a hash
-- of the key, and a bucket with as many eligible users as live profiles, whose hashes come to the
-- same, holds the same users on both sides, with the same in the kept columns. Only the rest is
-- joined and compared: what is in the other buckets, and who is not eligible or not live anyway.
-- By chance two different sides of a bucket come to the same once in 2^64 times. The hashes are
-- put together by exclusive or, in which no key can hide: it is there once, or the counts differ.
--
-- What is held against each other is counted apart: users and eligible ones, profiles and live
-- ones each in a pass over their table, the classes between them in the join. `drifted` is null
-- where the kept columns cannot be compared so; that is what `count_drift` is for.
--
-- It returns a table because only such a function may use several processes. `limit null` keeps
-- the planner from looking into the hash: it would expect as many buckets as there are users, and
-- not divide the work.
call pg_temp.define('function', 'rollcall.take_roll()', 'rollcall_app, rollcall_operator', $ddl$
create or replace function rollcall.take_roll()
returns table (
    auth_users bigint, eligible bigint, eligible_with_profile bigint, profiles bigint, live bigint,
    ghosts bigint, ghosts_old bigint, oldest_ghost timestamptz, acknowledged bigint,
    acknowledged_old bigint, refused bigint, retired bigint, orphaned_profiles bigint,
    leftover bigint, excluded bigint, ineligible_without_profile bigint,
    stamped_without_user bigint, profiles_without_key bigint, drifted bigint, samples uuid[]
)
language sql
stable
security definer
set search_path = pg_temp
set row_security = off
set jit = off
as $body$
    with users as materialized (
        select
            s.hash & 4095 as bucket,
            count(*) as users,
            count(*) filter (where s.is_eligible) as eligible,
            count(*) filter (where s.is_excluded) as excluded,
            pg_catalog.bit_xor(
                {{user_total}}
            ) filter (where s.is_eligible) as total
        from (
            select {{standing_hash}} as hash, s.*
            from rollcall.standing s
            limit null
        ) s
        group by 1
    ),
    profiles as materialized (
        select
            p.hash & 4095 as bucket,
            count(*) as profiles,
            count(*) filter (where p.is_live) as live,
            pg_catalog.bit_xor(
                {{profile_total}}
            ) filter (where p.is_live) as total
        from (
            select
                {{kept_of_profile}}
                {{profile_hash}} as hash,
                {{live}} as is_live
            from {{table}} p
            limit null
        ) p
        group by 1
    ),
    -- A bit for each bucket: whether its two sides differ, and whether there is anything in it
    -- to look at. The second one needs no more of a row than the key, and is asked first.
    map as materialized (
        select
            pg_catalog.string_agg(b.differs::pg_catalog.text, '' order by b.bucket)::pg_catalog.varbit as bits,
            pg_catalog.string_agg(
                (b.differs | b.is_mixed)::pg_catalog.text, '' order by b.bucket
            )::pg_catalog.varbit as worth_a_look
        from (
            select
                n.bucket,
                (
                    (coalesce(u.eligible, 0), u.total) is distinct from (coalesce(p.live, 0), p.total)
                )::integer as differs,
                ((u.users > u.eligible or p.profiles > p.live) is true)::integer as is_mixed
            from pg_catalog.generate_series(0, 4095) n (bucket)
            left join users u on u.bucket = n.bucket
            left join profiles p on p.bucket = n.bucket
        ) b
    ),
    differing as (
        select
            s.user_id,
            s.created_at,
            s.is_eligible,
            p.is_live,
            s.is_eligible and p.profile_key is null as is_ghost,
            {{is_drifted}}
            -- Of unknown age counts as old.
            (s.created_at > now() - pg_catalog.make_interval(secs => c.old_seconds)) is not true as is_old
        from rollcall.configuration c
        cross join (
            (
                select s.*
                from rollcall.standing s
                where pg_catalog.get_bit(
                        (select m.worth_a_look from map m),
                        ({{standing_hash}} & 4095)::integer
                    ) <> 0
                    and case
                        when s.is_eligible then pg_catalog.get_bit(
                            (select m.bits from map m),
                            ({{standing_hash}} & 4095)::integer
                        )
                        else 1
                    end = 1
            ) s
            full join (
                select
                    {{kept_of_profile}}
                    p.{{key}} as profile_key,
                    {{live}} as is_live
                from {{table}} p
                where p.{{key}} is not null
                    and pg_catalog.get_bit(
                        (select m.worth_a_look from map m),
                        ({{profile_hash}} & 4095)::integer
                    ) <> 0
                    and case
                        when {{live}} then pg_catalog.get_bit(
                            (select m.bits from map m),
                            ({{profile_hash}} & 4095)::integer
                        )
                        else 1
                    end = 1
            ) p on p.profile_key = s.profile_key
        )
    ),
    classes as (
        select
            count(*) filter (where d.is_ghost) as ghosts,
            count(*) filter (where d.is_ghost and d.is_old) as ghosts_old,
            min(d.created_at) filter (
                where d.is_ghost and pg_catalog.isfinite(d.created_at)
            ) as oldest_ghost,
            count(*) filter (where d.is_ghost and a.user_id is not null) as acknowledged,
            count(*) filter (where d.is_ghost and d.is_old and a.user_id is not null) as acknowledged_old,
            count(*) filter (where d.is_ghost and f.user_id is not null) as refused,
            count(*) filter (where d.is_eligible and not d.is_live) as retired,
            count(*) filter (where d.user_id is null and d.is_live) as orphaned,
            count(*) filter (where not d.is_eligible and d.is_live) as leftover,
            count(*) filter (where not d.is_eligible and d.is_live is null) as ineligible_alone,
            count(*) filter (where d.user_id is null and not d.is_live) as stamped_alone,
            count(*) filter (where d.is_drifted) as drifted
        from differing d
        left join rollcall.sync_failures f on f.user_id = d.user_id and f.reason <> 'degraded'
        left join rollcall.acknowledgements a on a.user_id = d.user_id and a.until > now()
    )
    select
        u.users, u.eligible, p.live - c.orphaned - c.leftover + c.retired, p.profiles, p.live,
        c.ghosts, c.ghosts_old, c.oldest_ghost, c.acknowledged,
        c.acknowledged_old, c.refused, c.retired, c.orphaned,
        c.leftover, u.excluded, c.ineligible_alone,
        c.stamped_alone, p.without_key, {{drifted}},
        -- Some ghosts to look at, oldest first.
        array(
            select d.user_id
            from differing d
            where d.is_ghost
            order by d.created_at nulls first, d.user_id
            limit 10
        )
    from classes c
    cross join (
        select
            coalesce(sum(u.users), 0)::bigint as users,
            coalesce(sum(u.eligible), 0)::bigint as eligible,
            coalesce(sum(u.excluded), 0)::bigint as excluded
        from users u
    ) u
    cross join (
        select
            coalesce(sum(p.profiles), 0)::bigint as profiles,
            coalesce(sum(p.live) filter (where p.bucket is not null), 0)::bigint as live,
            coalesce(sum(p.profiles) filter (where p.bucket is null), 0)::bigint as without_key
        from profiles p
    ) p;
$body$
$ddl$);

-- What the reviewed configuration says, for every run to report.
call pg_temp.define('function', 'rollcall.read_configuration()', 'rollcall_app, rollcall_operator', $ddl$
create or replace function rollcall.read_configuration(
    out digest text, out mode text, out heal_limit bigint, out burst bigint, out old_seconds bigint
)
language sql
stable
security definer
set search_path = pg_temp
set row_security = off
as $body$
    select c.digest, c.mode, c.heal_limit, c.burst, c.old_seconds
    from rollcall.configuration c;
$body$
$ddl$);
