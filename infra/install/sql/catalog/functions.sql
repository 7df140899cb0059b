-- Functions that a call without arguments could mean.
select
    n.nspname::text as schema,
    p.proname::text as name,
    bool_or(p.pronargs = 0) as takes_nothing,
    bool_or(p.pronargs = 0 and p.prokind = 'f' and t.typname = 'trigger') as is_trigger,
    bool_or(p.pronargs = 0 and pg_catalog.pg_has_role(p.proowner, 'usage')) as is_owned,
    -- Its comment alone would not do: that stays when somebody else replaces the function.
    bool_or(
        p.pronargs = 0
        and coalesce(pg_catalog.obj_description(p.oid, 'pg_proc'), '') like 'Rollcall%'
        and pg_catalog.strpos(p.prosrc, 'rollcall.') > 0
    ) as is_rollcalls
from pg_catalog.pg_proc p
join pg_catalog.pg_namespace n on n.oid = p.pronamespace
join pg_catalog.pg_type t on t.oid = p.prorettype
where p.pronargs = p.pronargdefaults
    and n.nspname <> 'information_schema'
    and n.nspname !~ '^pg_'
group by n.nspname, p.proname
order by n.nspname, p.proname
