-- Holds a run to what it told would follow: keeps that where nothing has been told yet, and else answers
-- what was not told.
call pg_temp.define('function', 'rollcall.hold_to_effects(uuid,text[])', 'rollcall_operator', $ddl$
create or replace function rollcall.hold_to_effects(the_run uuid, follows text[], out untold text)
returns setof text
language sql
security definer
set search_path = pg_temp
set row_security = off
as $body$
    with told as (
        update rollcall.runs r set effects = follows where r.run_id = the_run and r.effects is null
    )
    select f.effect
    from pg_catalog.unnest(follows) with ordinality f (effect, place)
    join rollcall.runs r on r.run_id = the_run
    -- As it was before: of a first telling all is told.
    where f.effect <> all (r.effects)
    order by f.place;
$body$
$ddl$);
