-- Who is asking, and what keeps them from seeing every auth user.
select
    current_user::text as role,
    case
        when not pg_catalog.has_schema_privilege('auth', 'usage') then 'may not use the schema auth'
        when not pg_catalog.has_table_privilege('auth.users', 'select') then 'may not read auth.users'
        when pg_catalog.row_security_active('auth.users') then
            'sees no auth user: row-level security hides them'
    end as hindrance,
    -- Rollcall's functions see with its eyes.
    exists (
        select from pg_catalog.pg_namespace n
        where n.nspname = 'rollcall' and n.nspowner = current_user::pg_catalog.regrole
    ) as is_owner,
    -- Without the right on the schema no function in it can be looked up by name.
    exists (
        select from pg_catalog.pg_proc p
        join pg_catalog.pg_namespace n on n.oid = p.pronamespace
        where n.nspname = 'rollcall' and p.proname = 'take_roll' and p.pronargs = 0
            and pg_catalog.has_schema_privilege(n.oid, 'usage')
            and pg_catalog.has_function_privilege(p.oid, 'execute')
    ) as may_take_roll
