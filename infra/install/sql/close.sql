declare
    what pg_catalog.text := case kind when 'view' then 'table' else kind end;
    grantee pg_catalog.text;
begin
    for grantee in
        select distinct coalesce(pg_catalog.quote_ident(r.rolname), 'public')
        from (
            select coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner)) as acl, p.proowner as owner
            from pg_catalog.pg_proc p
            where what = 'function' and p.oid = pg_catalog.to_regprocedure(name)
            union all
            select c.relacl, c.relowner
            from pg_catalog.pg_class c
            where what = 'table' and c.oid = pg_catalog.to_regclass(name)
            union all
            select n.nspacl, n.nspowner
            from pg_catalog.pg_namespace n
            where what = 'schema' and n.nspname = name
        ) o
        cross join lateral pg_catalog.aclexplode(o.acl) a
        left join pg_catalog.pg_roles r on r.oid = a.grantee
        where a.grantee <> o.owner
    loop
        execute pg_catalog.format('revoke all on %s %s from %s', what, name, grantee);
    end loop;
    if roles <> '' then
        execute pg_catalog.format(
            'grant %s on %s %s to %s',
            case what when 'function' then 'execute' when 'schema' then 'usage' else 'select' end,
            what, name, roles
        );
    end if;
end
