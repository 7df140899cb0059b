select case kind
    when 'function' then (
        select pg_catalog.md5(pg_catalog.concat_ws(
            e'\n', pg_catalog.pg_get_functiondef(p.oid), p.proowner::pg_catalog.regrole, p.proacl
        ))
        from pg_catalog.pg_proc p
        where p.oid = pg_catalog.to_regprocedure(name)
    )
    when 'view' then (
        select pg_catalog.md5(pg_catalog.concat_ws(
            e'\n', c.relkind, pg_catalog.pg_get_viewdef(c.oid), c.relowner::pg_catalog.regrole, c.relacl
        ))
        from pg_catalog.pg_class c
        where c.oid = pg_catalog.to_regclass(name)
    )
    when 'table' then (
        select pg_catalog.md5(pg_catalog.concat_ws(
            e'\n', c.relkind, c.relrowsecurity, c.relowner::pg_catalog.regrole, c.relacl,
            (
                select pg_catalog.string_agg(pg_catalog.concat_ws(
                    ' ', a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull,
                    pg_catalog.pg_get_expr(d.adbin, d.adrelid)
                ), e'\n' order by a.attnum)
                from pg_catalog.pg_attribute a
                left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
                where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            ),
            (
                select pg_catalog.string_agg(
                    k.conname || ' ' || pg_catalog.pg_get_constraintdef(k.oid), e'\n' order by k.conname
                )
                from pg_catalog.pg_constraint k
                -- Since version 18 a column's not null is a constraint, too.
                where k.conrelid = c.oid and k.contype <> 'n'
            )
        ))
        from pg_catalog.pg_class c
        where c.oid = pg_catalog.to_regclass(name)
    )
    when 'trigger' then (
        select pg_catalog.md5(pg_catalog.concat_ws(
            e'\n', pg_catalog.pg_get_triggerdef(t.oid),
            -- O and A both fire at a signup; D and R do not.
            case when t.tgenabled in ('O', 'A') then 'fires' else t.tgenabled::text end
        ))
        from pg_catalog.pg_trigger t
        where t.tgrelid = pg_catalog.to_regclass('auth.users')
            and t.tgname = name and not t.tgisinternal
    )
    when 'role' then (
        -- Login and password are the operator's to give, so they do not count.
        select 'present' from pg_catalog.pg_roles r where r.rolname = name
    )
end
