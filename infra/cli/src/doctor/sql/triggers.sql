-- The triggers on auth.users and on the profile table that somebody made.
select
    n.nspname::text as schema,
    c.relname::text as relation,
    t.tgname::text as name,
    fn.nspname::text as function_schema,
    p.proname::text as function_name,
    t.tgenabled::text as enabled,
    -- Bits of tgtype: 0x02 before, 0x04 insert, 0x08 delete, 0x10 update, 0x20 truncate, 0x40 instead.
    t.tgtype::integer as bits,
    -- The comment alone would not do: it stays when somebody else replaces the function.
    fn.nspname = 'rollcall'
        or coalesce(pg_catalog.obj_description(p.oid, 'pg_proc'), '') like 'Rollcall%'
            and pg_catalog.strpos(p.prosrc, 'rollcall.') > 0 as is_rollcalls,
    fn.nspname = 'supabase_functions' or p.prosrc ~ '\mnet\s*\.\s*http_' as is_webhook
from pg_catalog.pg_trigger t
join pg_catalog.pg_class c on c.oid = t.tgrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_proc p on p.oid = t.tgfoid
join pg_catalog.pg_namespace fn on fn.oid = p.pronamespace
where not t.tgisinternal
    and (
        n.nspname = 'auth' and c.relname = 'users'
        or n.nspname = $1 and c.relname = $2
    )
order by n.nspname <> 'auth', t.tgname
