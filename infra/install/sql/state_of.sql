select pg_catalog.md5(pg_catalog.concat_ws(e'\n', o.kind, o.definition, o.owner, r.rights))
from (
    select
        'function' as kind,
        pg_catalog.pg_get_functiondef(p.oid) as definition,
        p.proowner::pg_catalog.regrole as owner,
        coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner)) as acl
    from pg_catalog.pg_proc p
    where p.oid = case kind when 'function' then pg_catalog.to_regprocedure(name) end
    union all
    select
        'view',
        pg_catalog.pg_get_viewdef(c.oid),
        c.relowner::pg_catalog.regrole,
        coalesce(c.relacl, pg_catalog.acldefault('r', c.relowner))
    from pg_catalog.pg_class c
    where c.oid = case kind when 'view' then pg_catalog.to_regclass(name) end
    union all
    select
        'table',
        pg_catalog.concat_ws(
            e'\n', c.relkind, c.relrowsecurity, columns.definition, constraints.definition
        ),
        c.relowner::pg_catalog.regrole,
        coalesce(c.relacl, pg_catalog.acldefault('r', c.relowner))
    from pg_catalog.pg_class c
    cross join lateral (
        select pg_catalog.string_agg(pg_catalog.concat_ws(
            ' ', a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull,
            pg_catalog.pg_get_expr(d.adbin, d.adrelid)
        ), e'\n' order by a.attnum)
        from pg_catalog.pg_attribute a
        left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    ) columns (definition)
    cross join lateral (
        select pg_catalog.string_agg(
            k.conname || ' ' || pg_catalog.pg_get_constraintdef(k.oid), e'\n' order by k.conname
        )
        from pg_catalog.pg_constraint k
        -- Since version 18 a column's not null is a constraint, too.
        where k.conrelid = c.oid and k.contype <> 'n'
    ) constraints (definition)
    where c.oid = case kind when 'table' then pg_catalog.to_regclass(name) end
    union all
    select
        -- O and A both fire at a signup; D and R do not.
        'trigger ' || case
            when t.tgenabled in ('O', 'A') then 'that fires'
            else t.tgenabled::pg_catalog.text
        end,
        pg_catalog.pg_get_triggerdef(t.oid),
        null,
        null
    from pg_catalog.pg_trigger t
    where kind = 'trigger'
        and t.tgrelid = pg_catalog.to_regclass('auth.users')
        and t.tgname = name
        and not t.tgisinternal
    union all
    -- Login and password are the operator's to give, so they do not count.
    select 'role', null, null, null
    from pg_catalog.pg_roles r
    where kind = 'role' and r.rolname = name
) o
cross join lateral (
    -- In an order of its own: a right that was taken and given again would come last.
    select pg_catalog.string_agg(e.entry, ' ' order by e.entry)
    from pg_catalog.aclexplode(o.acl) a
    cross join lateral pg_catalog.concat(a.grantee::pg_catalog.regrole, '=', a.privilege_type) e (entry)
) r (rights)
