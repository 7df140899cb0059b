-- What the triggers' functions rely on, what is needed first coming first.
call pg_temp.define('function', 'rollcall.trigger_needs()', '', $ddl$
create or replace function rollcall.trigger_needs(out kind text, out name text)
returns setof record
language sql
immutable
set search_path = pg_temp
as $body$
    values
        ('table', 'rollcall.exclusions'),
        ('table', 'rollcall.sync_failures'),
        ('function', 'rollcall.read_through(jsonb)'),
        ('view', 'rollcall.standing'),
        ('function', 'rollcall.wanted_from(auth.users,jsonb,jsonb)'),
        ('view', 'rollcall.wanted'),
        ('function', 'rollcall.is_plain()'),
        ('function', 'rollcall.check_deferred()'),
        ('function', 'rollcall.mark(text,uuid)'),
        ('function', 'rollcall.create_profile(uuid,boolean)'),
        ('function', 'rollcall.refresh_profile(uuid,boolean,boolean)'),
        ('function', 'rollcall.stamp_profile(uuid)'),
        ('function', 'rollcall.unique_reason(uuid,text)'),
        ('function', 'rollcall.reason_of(uuid,text,text,text,text)'),
        ('function', 'rollcall.record_failure(uuid,text,text)'),
        ('function', 'rollcall.recover(uuid,boolean,text,text,text,text)');
$body$
$ddl$);

-- Which of it is not as it was installed: a line for each.
call pg_temp.define('function', 'rollcall.altered_objects()', '', $ddl$
create or replace function rollcall.altered_objects()
returns setof text
language sql
stable
set search_path = pg_temp
as $body$
    select pg_catalog.concat(
        o.name,
        case
            when rollcall.state_of(o.kind, o.name) is null then ' is missing'
            else ' is not as it was installed'
        end
    )
    from rollcall.trigger_needs() o
    left join rollcall.installed i on i.object = o.kind || ' ' || o.name
    where i.object is null or i.state is distinct from rollcall.state_of(o.kind, o.name);
$body$
$ddl$);

-- What the owner of a trigger's function would need and lacks: a line for each.
call pg_temp.define('function', 'rollcall.trigger_faults(oid)', '', $ddl$
create or replace function rollcall.trigger_faults(its_function oid)
returns setof text
language sql
stable
set search_path = pg_temp
as $body$
    with its as (
        select
            p.proowner as owner,
            r.rolsuper or r.rolbypassrls as sees_all,
            pg_catalog.to_regclass({{table_literal}}) as profiles,
            pg_catalog.to_regclass('auth.users') as users
        from pg_catalog.pg_proc p
        join pg_catalog.pg_roles r on r.oid = p.proowner
        where p.oid = its_function
    )
    select 'the table ' || {{table_words}} || ' is missing'
    from its
    where its.profiles is null
    union all
    select pg_catalog.format('the column %s of %s is missing', e.name, {{table_words}})
    from its
    cross join pg_catalog.unnest(
        {{expected_columns}}
    ) e (name)
    where its.profiles is not null and not exists (
        select from pg_catalog.pg_attribute a
        where a.attrelid = its.profiles and a.attname = e.name and a.attnum > 0 and not a.attisdropped
    )
    union all
    select pg_catalog.format('%s may not %s', its.owner::pg_catalog.regrole, needed.words)
    from its
    cross join lateral (
        values
            ('select from auth.users', pg_catalog.has_table_privilege(its.owner, its.users, 'select')),
            (
                'select from ' || {{table_words}},
                pg_catalog.has_any_column_privilege(its.owner, its.profiles, 'select')
            ),
            (
                'insert into ' || {{table_words}},
                pg_catalog.has_any_column_privilege(its.owner, its.profiles, 'insert')
            ),
            (
                'update ' || {{table_words}},
                pg_catalog.has_any_column_privilege(its.owner, its.profiles, 'update')
            ),
            ('execute the function', pg_catalog.has_function_privilege(its.owner, its_function, 'execute'))
    ) needed (words, is_there)
    -- Null where the table is gone, of which there is a line already.
    where not needed.is_there
    union all
    select pg_catalog.format(
        'row security hides %s from %s', c.oid::pg_catalog.regclass, its.owner::pg_catalog.regrole
    )
    from its
    join pg_catalog.pg_class c on c.oid in (its.profiles, its.users)
    where c.relrowsecurity
        and not its.sees_all
        and (c.relforcerowsecurity or not pg_catalog.pg_has_role(its.owner, c.relowner, 'usage'));
$body$
$ddl$);

-- The triggers that ought to be on auth.users, and what is there under their names. It looks by
-- names in the catalog, which takes no right on a schema.
call pg_temp.define('function', 'rollcall.expected_triggers()', '', $ddl$
create or replace function rollcall.expected_triggers()
returns table (name text, function_name text, enabled text, its_function oid, fires_at_inserts boolean)
language sql
stable
set search_path = pg_temp
as $body$
    select e.name, e.function_name, t.tgenabled::pg_catalog.text, t.tgfoid, t.tgtype & 4 = 4
    from rollcall.configuration c
    cross join lateral (
        values
            (c.trigger_name, c.trigger_function, true),
            ('rollcall_user_updated', 'rollcall.on_user_updated()', c.mode = 'create'),
            ('rollcall_user_deleted', 'rollcall.on_user_deleted()', c.mode = 'create')
    ) e (name, function_name, is_expected)
    left join (
        pg_catalog.pg_trigger t
        join pg_catalog.pg_class r on r.oid = t.tgrelid and r.relname = 'users'
        join pg_catalog.pg_namespace n on n.oid = r.relnamespace and n.nspname = 'auth'
    ) on t.tgname = e.name and not t.tgisinternal
    where e.is_expected
    order by e.name <> c.trigger_name, e.name;
$body$
$ddl$);

-- What the catalog says of the triggers that keep the profiles: each as it is, whether it is what
-- was installed, and what else keeps it from its work.
call pg_temp.define('function', 'rollcall.trigger_facts()', 'rollcall_app, rollcall_operator', $ddl$
create or replace function rollcall.trigger_facts()
returns table (name text, enabled text, is_ours boolean, is_as_installed boolean, faults text[])
language plpgsql
stable
security definer
set search_path = pg_temp
set row_security = off
as $body$
#variable_conflict use_column
declare
    altered pg_catalog.text[];
begin
    altered := array(select rollcall.altered_objects());
    return query
    select
        e.name,
        e.enabled,
        coalesce(e.its_function = pg_catalog.to_regprocedure(e.function_name), false),
        case
            -- The application's own may look as it likes, but a signup has to fire it.
            when c.mode = 'watch' then coalesce(e.fires_at_inserts, false)
            else coalesce(
                (
                    select pg_catalog.bool_and(i.state is not distinct from rollcall.state_of(o.kind, o.name))
                    from (values ('trigger', e.name), ('function', e.function_name)) o (kind, name)
                    left join rollcall.installed i on i.object = o.kind || ' ' || o.name
                ),
                false
            )
        end,
        case
            when c.mode = 'watch' then '{}'
            else array(
                select f from rollcall.trigger_faults(e.its_function) f
                union
                select a from pg_catalog.unnest(altered) a
                order by 1
            )
        end
    from rollcall.expected_triggers() e
    cross join rollcall.configuration c;
exception
    when insufficient_privilege then
        -- Whoever may not even name these things cannot write profiles, either.
        return query
        select e.name, e.enabled, true, true, array[sqlerrm]
        from rollcall.expected_triggers() e;
end
$body$
$ddl$);

-- Triggers on auth.users that fire and are neither Rollcall's nor the configured one.
call pg_temp.define('function', 'rollcall.foreign_triggers()', 'rollcall_app, rollcall_operator', $ddl$
create or replace function rollcall.foreign_triggers()
returns setof text
language sql
stable
security definer
set search_path = pg_temp
set row_security = off
as $body$
    select t.tgname::pg_catalog.text
    from pg_catalog.pg_trigger t
    join pg_catalog.pg_class r on r.oid = t.tgrelid and r.relname = 'users'
    join pg_catalog.pg_namespace n on n.oid = r.relnamespace and n.nspname = 'auth'
    where not t.tgisinternal
        and t.tgenabled in ('O', 'A')
        and t.tgname not in (select e.name from rollcall.expected_triggers() e)
        and t.tgfoid is distinct from pg_catalog.to_regprocedure('rollcall.on_user_inserted()')
    order by 1;
$body$
$ddl$);
