-- Leaves users out: they are not eligible any more, whatever auth.users says, also those who are not
-- there (yet). Without a list, whoever an undo of a backfill removed the profile of. Answers how many
-- were named, how many of them were not left out before, are in auth.users, and have a profile that
-- is live.
call pg_temp.define('function', 'rollcall.exclude(uuid[],uuid,text)', 'rollcall_operator', $ddl$
create or replace function rollcall.exclude(
    users uuid[], removed_by uuid, why text,
    out named bigint, out changed bigint, out known bigint, out with_profile bigint
)
language plpgsql
security definer
set search_path = pg_temp
set row_security = off
as $body$
begin
    if users is null then
        users := array(
            select u.user_id
            from rollcall.runs r
            join rollcall.runs undone on undone.run_id = r.undoes and undone.kind = 'backfill'
            join rollcall.run_batches b on b.run_id = r.run_id
            cross join lateral pg_catalog.unnest(b.created) u (user_id)
            where r.run_id = removed_by
        );
    end if;
    with written as (
        insert into rollcall.exclusions (user_id, reason)
        select distinct u.user_id, why
        from pg_catalog.unnest(users) u (user_id)
        on conflict (user_id) do nothing
        returning 1
    )
    select count(*) into changed from written;
    select w.named, w.known, w.with_profile into named, known, with_profile
    from rollcall.who_they_are(users) w;
end
$body$
$ddl$);

-- Takes exclusions away.
call pg_temp.define('function', 'rollcall.include(uuid[])', 'rollcall_operator', $ddl$
create or replace function rollcall.include(
    users uuid[], out named bigint, out changed bigint, out known bigint, out with_profile bigint
)
language plpgsql
security definer
set search_path = pg_temp
set row_security = off
as $body$
begin
    delete from rollcall.exclusions e where e.user_id = any (users);
    get diagnostics changed = row_count;
    select w.named, w.known, w.with_profile into named, known, with_profile
    from rollcall.who_they_are(users) w;
end
$body$
$ddl$);

-- How many users a list names, and how many of them are in auth.users and have a live profile.
call pg_temp.define('function', 'rollcall.who_they_are(uuid[])', 'rollcall_operator', $ddl$
create or replace function rollcall.who_they_are(
    users uuid[], out named bigint, out known bigint, out with_profile bigint
)
language sql
stable
security definer
set search_path = pg_temp
set row_security = off
as $body$
    select
        count(*),
        count(*) filter (where exists (select from auth.users a where a.id = u.user_id)),
        count(*) filter (
            where exists (
                select from {{table}} p where p.{{key}} = {{undo_key}} and {{live}}
            )
        )
    from (select distinct n.user_id from pg_catalog.unnest(users) n (user_id)) u;
$body$
$ddl$);
