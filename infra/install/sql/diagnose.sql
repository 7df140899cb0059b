-- What a diagnosis asks. All of it only reads.

-- Whose rows a table holds: it is the profile table, auth.users, another table of users (its key
-- refers to one of these two), or anything else.
call pg_temp.define('function', 'rollcall.kind_of_table(oid)', '', $ddl$
create or replace function rollcall.kind_of_table(the_table oid)
returns text
language sql
stable
set search_path = pg_temp
as $body$
    select case
        when the_table = pg_catalog.to_regclass({{table_literal}}) then 'profiles'
        when the_table = pg_catalog.to_regclass('auth.users') then 'auth'
        when exists (
            select from pg_catalog.pg_constraint k
            join pg_catalog.pg_constraint u
                on u.conrelid = k.conrelid and u.contype in ('p', 'u') and u.conkey = k.conkey
            where k.contype = 'f'
                and k.conrelid = the_table
                and k.confrelid in (
                    pg_catalog.to_regclass({{table_literal}}), pg_catalog.to_regclass('auth.users')
                )
        ) then 'users'
        else 'other'
    end;
$body$
$ddl$);

-- The foreign keys of these names. PostgreSQL's messages name constraints and tables without their
-- schema, so there may be several; that of a partitioned table comes before those of its partitions.
call pg_temp.define(
    'function', 'rollcall.foreign_keys_named(text[])', 'rollcall_app, rollcall_operator', $ddl$
create or replace function rollcall.foreign_keys_named(names text[])
returns table (
    name text, child_schema text, child text, child_columns text[],
    parent_schema text, parent text, parent_columns text[], target text
)
language sql
stable
security definer
set search_path = pg_temp
set row_security = off
as $body$
    select
        k.conname::pg_catalog.text,
        cn.nspname::pg_catalog.text,
        c.relname::pg_catalog.text,
        array(
            select a.attname::pg_catalog.text
            from pg_catalog.unnest(k.conkey) with ordinality x (attnum, place)
            join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = x.attnum
            order by x.place
        ),
        pn.nspname::pg_catalog.text,
        p.relname::pg_catalog.text,
        array(
            select a.attname::pg_catalog.text
            from pg_catalog.unnest(k.confkey) with ordinality x (attnum, place)
            join pg_catalog.pg_attribute a on a.attrelid = k.confrelid and a.attnum = x.attnum
            order by x.place
        ),
        rollcall.kind_of_table(p.oid)
    from pg_catalog.pg_constraint k
    join pg_catalog.pg_class c on c.oid = k.conrelid
    join pg_catalog.pg_namespace cn on cn.oid = c.relnamespace
    join pg_catalog.pg_class p on p.oid = k.confrelid
    join pg_catalog.pg_namespace pn on pn.oid = p.relnamespace
    where k.contype = 'f' and k.conname = any (foreign_keys_named.names)
    order by
        pg_catalog.array_position(foreign_keys_named.names, k.conname::pg_catalog.text),
        k.conparentid <> 0, cn.nspname <> 'public', cn.nspname, c.relname
    limit 50;
$body$
$ddl$);

-- The tables of these names, for a foreign key that is not there: one that was being added, or has
-- been dropped since.
call pg_temp.define('function', 'rollcall.tables_named(text[])', 'rollcall_app, rollcall_operator', $ddl$
create or replace function rollcall.tables_named(names text[])
returns table (schema_name text, table_name text, columns text[], target text)
language sql
stable
security definer
set search_path = pg_temp
set row_security = off
as $body$
    select
        n.nspname::pg_catalog.text,
        c.relname::pg_catalog.text,
        array(
            select a.attname::pg_catalog.text
            from pg_catalog.pg_attribute a
            where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            order by a.attnum
        ),
        rollcall.kind_of_table(c.oid)
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p')
        and c.relname = any (tables_named.names)
        and n.nspname not in ('pg_catalog', 'information_schema')
    order by
        pg_catalog.array_position(tables_named.names, c.relname::pg_catalog.text),
        rollcall.kind_of_table(c.oid) <> 'profiles', n.nspname <> 'public', n.nspname
    limit 50;
$body$
$ddl$);

-- Where one user stands: a row in any case.
call pg_temp.define('function', 'rollcall.about_user(uuid)', 'rollcall_app, rollcall_operator', $ddl$
create or replace function rollcall.about_user(
    the_user uuid,
    out in_auth boolean, out has_profile boolean, out is_live boolean, out is_eligible boolean,
    out excluded_at timestamptz, out created_at timestamptz, out deleted_at timestamptz,
    out reason text, out sqlstate text, out first_failed_at timestamptz,
    out is_older_than_rollcall boolean, out clean_at timestamptz, out inactive_at timestamptz
)
language sql
stable
security definer
set search_path = pg_temp
set row_security = off
as $body$
    select
        u.id is not null,
        p.is_live is not null,
        coalesce(p.is_live, false),
        coalesce(s.is_eligible, false),
        e.excluded_at,
        case when pg_catalog.isfinite(u.created_at) then u.created_at end,
        case when pg_catalog.isfinite(u.deleted_at) then u.deleted_at end,
        f.reason,
        f.sqlstate,
        f.first_failed_at,
        coalesce(u.created_at < b.installed_at, false),
        -- When a check last found nobody missing, with the user there.
        (
            select pg_catalog.max(c.checked_at)
            from rollcall.checks c
            where c.checked_at > u.created_at and (c.counts ->> 'ghosts')::bigint - c.healed = 0
        ),
        -- When the triggers were not active, of the checks next to the user's coming.
        (
            select pg_catalog.max(c.checked_at)
            from (
                (
                    select k.checked_at, k.trigger_state
                    from rollcall.checks k
                    where k.checked_at <= u.created_at
                    order by k.checked_at desc
                    limit 1
                )
                union all
                (
                    select k.checked_at, k.trigger_state
                    from rollcall.checks k
                    where k.checked_at > u.created_at
                    order by k.checked_at
                    limit 1
                )
            ) c
            where c.trigger_state <> 'active'
        )
    from (values (about_user.the_user)) x (id)
    left join auth.users u on u.id = x.id
    left join rollcall.standing s on s.user_id = x.id
    left join rollcall.exclusions e on e.user_id = x.id
    left join rollcall.sync_failures f on f.user_id = x.id and f.reason <> 'degraded'
    left join rollcall.baseline b on true
    left join lateral (
        select {{live}} as is_live
        from {{table}} p
        where p.{{key}} = {{about_key}}
    ) p on true;
$body$
$ddl$);
