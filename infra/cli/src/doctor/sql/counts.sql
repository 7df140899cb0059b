-- Users and profiles that belong together and do not meet, where Rollcall is not installed.
select
    (select count(*) from auth.users u where {eligible}) as eligible,
    (select count(*) from {table} p) as profiles,
    (
        select count(*)
        from auth.users u
        where {eligible} and not exists (select from {table} p where {same})
    ) as ghosts,
    (
        select count(*)
        from {table} p
        where p.{key} is not null and {live} and not exists (select from auth.users u where {same})
    ) as orphans
