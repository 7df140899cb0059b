-- Triggers of an earlier configuration, under names that this one does not use.
do $ddl$
begin
    if exists (
        select from rollcall.installed i
        where i.object like 'trigger %' and i.object <> all ({{expected_triggers}})
    ) then
        call pg_temp.take_out_triggers();
    end if;
end
$ddl$;
