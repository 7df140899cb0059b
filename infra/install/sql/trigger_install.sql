-- The triggers, their functions and what those rely on, as far as they are not as installed: what
-- is needed first comes first, and the triggers, whose locks are the only ones that a signup meets,
-- come last. `was` is what the catalog has, as SQL; `is_ours` is false where somebody else's
-- function or trigger has the name.
call pg_temp.define('function', 'rollcall.differing_objects()', '', $ddl$
create or replace function rollcall.differing_objects(
    out kind text, out name text, out known boolean, out is_ours boolean, out was text
)
returns setof record
language sql
volatile
set search_path = pg_temp
as $body$
    select
        o.kind, o.name, i.object is not null and d.object is not null,
        case
            when o.name like 'rollcall.%' and o.kind <> 'trigger' then true
            -- Only its settings or rights were changed, or it still is about Rollcall.
            when p.oid is not null then
                pg_catalog.strpos(d.definition, p.prosrc) > 0
                or pg_catalog.strpos(p.prosrc, 'rollcall.') > 0
            when t.oid is not null then exists (
                select from rollcall.installed f
                where f.object like 'function %'
                    and pg_catalog.to_regprocedure(pg_catalog.substr(f.object, 10)) = t.tgfoid
            )
            else true
        end,
        case
            when p.oid is not null then pg_catalog.pg_get_functiondef(p.oid)
            when t.oid is not null then pg_catalog.pg_get_triggerdef(t.oid)
        end
    from (
        select n.kind, n.name, 1 as part, n.ordinality as place
        from rollcall.trigger_needs() with ordinality n
        union all
        select 'function', e.function_name, 2, e.ordinality
        from rollcall.expected_triggers() with ordinality e
        union all
        select 'trigger', e.name, 3, e.ordinality
        from rollcall.expected_triggers() with ordinality e
    ) o
    cross join rollcall.configuration c
    left join rollcall.installed i on i.object = o.kind || ' ' || o.name
    left join rollcall.definitions d on d.object = o.kind || ' ' || o.name
    left join pg_catalog.pg_proc p
        on p.oid = case o.kind when 'function' then pg_catalog.to_regprocedure(o.name) end
    left join pg_catalog.pg_trigger t
        on o.kind = 'trigger' and t.tgname = o.name and not t.tgisinternal
        and t.tgrelid = pg_catalog.to_regclass('auth.users')
    where c.mode = 'create'
        and i.state is distinct from rollcall.state_of(o.kind, o.name)
    order by o.part, o.place;
$body$
$ddl$);

-- Makes them anew, as the installed configuration has them, all or none. Answers what it made
-- (`made`), or else what keeps it from that: what is somebody else's (`in_the_way`), and what only
-- the migration brings back (`not_here`), because it held data. Where nothing differs it takes no
-- lock, and where only functions do, none that a signup meets.
call pg_temp.define('function', 'rollcall.install_triggers()', 'rollcall_operator', $ddl$
create or replace function rollcall.install_triggers(out object text, out what text, out was text)
returns setof record
language plpgsql
security definer
set search_path = pg_temp
set row_security = off
-- Every signup waits behind whoever waits for this lock.
set lock_timeout = '200ms'
as $body$
declare
    todo pg_catalog.record;
    its rollcall.definitions;
begin
    return query
    select
        o.kind || ' ' || o.name,
        case when o.is_ours is false then 'in_the_way' else 'not_here' end,
        o.was
    from rollcall.differing_objects() o
    where o.kind = 'table' or not o.known or o.is_ours is false;
    if found then
        return;
    end if;
    loop
        -- Anew each time: making one may take another along.
        select * into todo from rollcall.differing_objects() o limit 1;
        exit when not found;
        object := todo.kind || ' ' || todo.name;
        what := 'made';
        was := todo.was;
        select * into its from rollcall.definitions d where d.object = install_triggers.object;
        begin
            execute its.definition;
        exception
            when invalid_function_definition then
                -- Somebody gave it another shape, which cannot be replaced.
                execute 'drop function ' || todo.name || ' cascade';
                execute its.definition;
        end;
        if todo.kind <> 'trigger' then
            perform rollcall.close(todo.kind, todo.name, its.roles);
        end if;
        update rollcall.installed i
        set state = rollcall.state_of(todo.kind, todo.name)
        where i.object = install_triggers.object;
        return next;
    end loop;
end
$body$
$ddl$);

-- Who keeps auth.users or the profile table locked against whoever reads, or against whoever would
-- make a trigger: the process, and since when its transaction runs, the longest first.
call pg_temp.define('function', 'rollcall.lock_holders(boolean)', 'rollcall_operator', $ddl$
create or replace function rollcall.lock_holders(
    is_reading boolean, out relation_name text, out pid integer, out since timestamptz
)
returns setof record
language sql
stable
security definer
set search_path = pg_temp
set row_security = off
as $body$
    select
        case l.relation
            when pg_catalog.to_regclass('auth.users') then 'auth.users'
            else {{table_words}}
        end,
        l.pid, min(a.xact_start)
    from pg_catalog.pg_locks l
    left join pg_catalog.pg_stat_activity a on a.pid = l.pid
    where l.relation = any (
            case
                when is_reading then array[
                    pg_catalog.to_regclass('auth.users'), pg_catalog.to_regclass({{table_literal}})
                ]
                else array[pg_catalog.to_regclass('auth.users')]
            end::pg_catalog.oid[]
        )
        and l.database = (select d.oid from pg_catalog.pg_database d where d.datname = current_database())
        and l.granted
        and l.pid <> pg_catalog.pg_backend_pid()
        and case
            when is_reading then l.mode = 'AccessExclusiveLock'
            else l.mode not in ('AccessShareLock', 'RowShareLock')
        end
    group by 1, 2
    order by 3, 2, 1
    limit 5;
$body$
$ddl$);
