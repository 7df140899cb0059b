-- How long ago somebody looked, in seconds.
select
    extract(epoch from now() - b.installed_at)::bigint as installed,
    extract(epoch from now() - b.taken_at)::bigint as pulse,
    (
        select extract(epoch from now() - max(c.checked_at))::bigint
        from rollcall.checks c
        where c.kind = 'full'
    ) as full_check
from rollcall.baseline b
