-- Metadata that is a JSON string holding JSON, read through. What can't be read counts as none.
call pg_temp.define('function', 'rollcall.read_through(jsonb)', '', $ddl$
create or replace function rollcall.read_through(metadata jsonb)
returns jsonb
language plpgsql
immutable
set search_path = pg_temp
as $body$
begin
    return (metadata #>> '{}')::pg_catalog.jsonb;
exception
    when others then
        return null;
end
$body$
$ddl$);

-- Who every auth user is to Rollcall, eligible or not; with what the kept columns ought to say,
-- where the roll compares them.
call pg_temp.define('view', 'rollcall.standing', '', $ddl$
drop view if exists rollcall.standing;
create view rollcall.standing as
select
    u.id as user_id,
    {{key_expression}} as profile_key,
    u.created_at,
    {{kept_of_user}}
    u.deleted_at is not null as is_deleted,
    e.user_id is not null as is_excluded,
    {{eligible}} and e.user_id is null as is_eligible
from auth.users u
left join rollcall.exclusions e on e.user_id = u.id
$ddl$);

-- The row that an auth user ought to have in the profile table: one if the user is eligible,
-- exclusions aside, or none. This is the only place that knows how one becomes the other. The
-- metadata comes by itself, because whoever knows that it is no string can spare the reading
-- through. The planner sees through the function, which it could not if that had settings of its
-- own; its names were resolved when it was made.
call pg_temp.define('function', 'rollcall.wanted_from(auth.users,jsonb,jsonb)', '', $ddl$
drop view if exists rollcall.wanted;
drop function if exists rollcall.wanted_from(auth.users, jsonb, jsonb);
create function rollcall.wanted_from(u auth.users, user_meta jsonb, app_meta jsonb)
returns table (
    {{wanted_types}}
)
language sql
stable
{{wanted_parallel}}
begin atomic
    select
        u.id,
        {{wanted_columns}}
    where {{eligible}};
end
$ddl$);

-- The same for everybody whom no operator has left out.
call pg_temp.define('view', 'rollcall.wanted', '', $ddl$
drop view if exists rollcall.wanted;
create view rollcall.wanted as
select w.*
from auth.users u
cross join lateral rollcall.wanted_from(
    u,
    case pg_catalog.jsonb_typeof(u.raw_user_meta_data)
        when 'string' then rollcall.read_through(u.raw_user_meta_data)
        else u.raw_user_meta_data
    end,
    case pg_catalog.jsonb_typeof(u.raw_app_meta_data)
        when 'string' then rollcall.read_through(u.raw_app_meta_data)
        else u.raw_app_meta_data
    end
) w
where not exists (select from rollcall.exclusions e where e.user_id = u.id)
$ddl$);
