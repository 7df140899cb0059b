-- Takes Rollcall's triggers away from auth.users, and puts back what they replaced.
create or replace procedure pg_temp.take_out_triggers()
language plpgsql
set search_path = ''
as $body$
declare
    ours record;
    neighbours text[];
    statement text;
begin
    for ours in
        select i.object, p.oid::pg_catalog.regprocedure as name
        from rollcall.installed i
        join pg_catalog.pg_proc p
            on i.object like 'function %' and p.oid = pg_catalog.to_regprocedure(pg_catalog.substr(i.object, 10))
        where p.prorettype = 'pg_catalog.trigger'::pg_catalog.regtype
        order by i.object
    loop
        -- Dropping a function takes its triggers along, and is the only way to drop one on a
        -- table that is not ours. What the application hung on the same function comes back.
        select neighbours || pg_catalog.array_agg(pg_catalog.pg_get_triggerdef(t.oid) order by t.tgname)
        into neighbours
        from pg_catalog.pg_trigger t
        where t.tgfoid = ours.name
            and not t.tgisinternal
            and not (
                t.tgrelid = pg_catalog.to_regclass('auth.users')
                and exists (select from rollcall.installed i where i.object = 'trigger ' || t.tgname)
            );
        execute 'drop function ' || ours.name || ' cascade';
        delete from rollcall.installed i where i.object = ours.object;
    end loop;
    delete from rollcall.installed i where i.object like 'trigger %';
    for statement in
        -- Functions come before the triggers that call them.
        select d.definition from rollcall.displaced d order by d.object
    loop
        execute statement;
    end loop;
    delete from rollcall.displaced;
    foreach statement in array coalesce(neighbours, '{}') loop
        execute statement;
    end loop;
end
$body$;
