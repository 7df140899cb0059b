-- The functions in `public` of the names given, with every sort of arguments.
select
    p.proname::text as name,
    p.oid::pg_catalog.regprocedure::text as signature,
    p.pronargs = p.pronargdefaults as needs_nothing,
    -- Its comment alone would not do: that stays when somebody else replaces the function.
    coalesce(pg_catalog.obj_description(p.oid, 'pg_proc'), '') like 'Rollcall%'
        and pg_catalog.strpos(p.prosrc, 'rollcall.') > 0 as is_rollcalls
from pg_catalog.pg_proc p
join pg_catalog.pg_namespace n on n.oid = p.pronamespace
where n.nspname = 'public'
    and p.proname = any ($1)
order by p.proname, signature
