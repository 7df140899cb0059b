-- Who holds one of these tables ($1, in the words of the configuration) against a change of its
-- definition, the longest first.
select
    l.pid,
    coalesce(nullif(a.application_name, ''), 'unnamed') as application,
    coalesce(a.state, 'unknown') as state,
    pg_catalog.date_part('epoch', now() - a.xact_start)::bigint as seconds
from pg_catalog.pg_locks l
join pg_catalog.pg_class c on c.oid = l.relation
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join pg_catalog.pg_stat_activity a on a.pid = l.pid
where l.locktype = 'relation' and l.granted
    and l.database = (select d.oid from pg_catalog.pg_database d where d.datname = current_database())
    and n.nspname || '.' || c.relname = any ($1)
    and l.mode not in ('AccessShareLock', 'RowShareLock')
    and l.pid <> pg_catalog.pg_backend_pid()
order by a.xact_start
limit 3
