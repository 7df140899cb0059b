do $ddl$
declare
    function_name text;
    held bigint;
begin
    if pg_catalog.to_regclass('rollcall.installed') is null then
        raise exception 'Rollcall is not installed in this database';
    end if;
    if pg_catalog.to_regclass('rollcall.quarantine') is not null then
        execute 'select count(*) from rollcall.quarantine' into held;
        if held > 0 then
            raise exception 'the quarantine holds % rows, which would be lost', held
                using hint = 'Put them back by `rollcall repair undo`, or delete them by `rollcall '
                    || 'repair purge`; select distinct run_id from rollcall.quarantine names the runs.';
        end if;
    end if;
    call pg_temp.take_out_triggers();
    for function_name in
        select p.oid::pg_catalog.regprocedure
        from rollcall.installed i
        join pg_catalog.pg_proc p
            on p.oid = case
                when i.object like 'function public.%'
                    then pg_catalog.to_regprocedure(pg_catalog.substr(i.object, 10))
            end
        order by i.object
    loop
        execute 'drop function ' || function_name;
    end loop;
    drop schema rollcall cascade;
end
$ddl$;

-- The roles belong to the whole server. They stay while another database needs them, or somebody
-- logs in by them.
do $ddl$
declare
    role_name text;
begin
    foreach role_name in array array['rollcall_app', 'rollcall_operator'] loop
        if exists (
            select from pg_catalog.pg_roles r
            where r.rolname = role_name
                and not r.rolcanlogin
                and not exists (
                    select from pg_catalog.pg_auth_members m
                    where m.roleid = r.oid and not m.admin_option
                )
        ) then
            begin
                execute pg_catalog.format('drop role %I', role_name);
            exception
                when dependent_objects_still_exist or insufficient_privilege then
                    raise warning 'the role % is still in use and stays', role_name;
            end;
        end if;
    end loop;
end
$ddl$;

drop procedure pg_temp.take_out_triggers();

commit;
