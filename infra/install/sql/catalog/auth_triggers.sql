-- The triggers on auth.users that somebody made.
select
    t.tgname::text as name,
    fn.nspname::text as function_schema,
    p.proname::text as function_name,
    t.tgenabled::text as enabled,
    -- Bits of tgtype: 1 for each row, 2 before, 4 insert, 8 delete, 16 update, 64 instead.
    t.tgtype & 71 = 5 as after_insert_row,
    p.prosrc as source
from pg_catalog.pg_trigger t
join pg_catalog.pg_class c on c.oid = t.tgrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_proc p on p.oid = t.tgfoid
join pg_catalog.pg_namespace fn on fn.oid = p.pronamespace
where n.nspname = 'auth'
    and c.relname = 'users'
    and not t.tgisinternal
order by t.tgname
