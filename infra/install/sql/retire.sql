-- Triggers and their functions of an earlier configuration, under names that this one does not
-- use.
do $ddl$
begin
    if exists (
        select from rollcall.installed i
        left join pg_catalog.pg_proc p
            on p.oid = case
                when i.object like 'function %'
                    then pg_catalog.to_regprocedure(pg_catalog.substr(i.object, 10))
            end
        where (
                i.object like 'trigger %'
                or p.prorettype = 'pg_catalog.trigger'::pg_catalog.regtype
            )
            {{and_unexpected}}
    ) then
        call pg_temp.take_out_triggers();
    end if;
end
$ddl$;
