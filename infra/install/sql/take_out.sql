-- Takes Rollcall's triggers away from auth.users, and puts back what they replaced.
create or replace procedure pg_temp.take_out_triggers()
language plpgsql
set search_path = pg_temp
as $body$
declare
    ours pg_catalog.record;
    neighbour pg_catalog.record;
    statement pg_catalog.text;
begin
    for ours in
        select i.object, p.oid::pg_catalog.regprocedure as name
        from rollcall.installed i
        join pg_catalog.pg_proc p
            on p.oid = case
                when i.object like 'function %'
                    then pg_catalog.to_regprocedure(pg_catalog.substr(i.object, 10))
            end
        where p.prorettype = 'pg_catalog.trigger'::pg_catalog.regtype
        order by i.object
    loop
        select t.tgname as name, t.tgrelid::pg_catalog.regclass as on_table
        into neighbour
        from pg_catalog.pg_trigger t
        where t.tgfoid = ours.name
            and not t.tgisinternal
            and not (
                t.tgrelid = pg_catalog.to_regclass('auth.users')
                and exists (select from rollcall.installed i where i.object = 'trigger ' || t.tgname)
            )
        limit 1;
        if found then
            raise exception 'the trigger % on % calls %, which Rollcall made and would take along',
                neighbour.name, neighbour.on_table, ours.name
                using hint = 'Drop that trigger, or have it call another function, and do this again.';
        end if;
        -- This takes its triggers along, and is the only way to drop one on a table that is not
        -- ours.
        execute 'drop function ' || ours.name || ' cascade';
        delete from rollcall.installed i where i.object = ours.object;
    end loop;
    delete from rollcall.installed i where i.object like 'trigger %';
    for statement in
        -- A trigger comes before the function that it calls, which it knows under the name that
        -- was given to it meanwhile.
        select d.definition from rollcall.displaced d order by d.object desc
    loop
        execute statement;
    end loop;
    delete from rollcall.displaced;
end
$body$;
