-- Rollcall's two roles: who can connect as them, and who should not be able to.
select
    r.rolname::text as name,
    r.rolcanlogin as has_login,
    r.rolsuper or r.rolbypassrls or r.rolcreaterole or r.rolcreatedb or r.rolreplication as is_mighty,
    array(
        select m.rolname::text
        from pg_catalog.pg_auth_members a
        join pg_catalog.pg_roles m on m.oid = a.member
        -- Since version 16 whoever makes a role is a member of it.
        where a.roleid = r.oid and m.rolcanlogin and not m.rolcreaterole
        order by m.rolname
    ) as logins,
    array(
        select m.rolname::text
        from pg_catalog.pg_roles m
        where m.rolname in ('anon', 'authenticated', 'authenticator', 'service_role')
            and not m.rolsuper and pg_catalog.pg_has_role(m.oid, r.oid, 'member')
        order by m.rolname
    ) as exposed_to
from pg_catalog.pg_roles r
where r.rolname in ('rollcall_app', 'rollcall_operator')
order by r.rolname
