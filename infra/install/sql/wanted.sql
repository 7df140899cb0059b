-- Metadata that is a JSON string holding JSON, read through. What can't be read counts as none.
call pg_temp.define('function', 'rollcall.read_through(jsonb)', '', $ddl$
create or replace function rollcall.read_through(metadata jsonb)
returns jsonb
language plpgsql
immutable
set search_path = ''
as $body$
begin
    return (metadata #>> '{}')::jsonb;
exception
    when others then
        return null;
end
$body$
$ddl$);

-- Who every auth user is to Rollcall, eligible or not.
call pg_temp.define('view', 'rollcall.standing', '', $ddl$
drop view if exists rollcall.standing;
create view rollcall.standing as
select
    u.id as user_id,
    {{key_expression}} as profile_key,
    u.created_at,
    u.deleted_at is not null as is_deleted,
    e.user_id is not null as is_excluded,
    {{eligible}} and e.user_id is null as is_eligible
from auth.users u
left join rollcall.exclusions e on e.user_id = u.id
$ddl$);

-- The row that every eligible auth user ought to have in the profile table. This is the only
-- place that knows how one becomes the other.
call pg_temp.define('view', 'rollcall.wanted', '', $ddl$
drop view if exists rollcall.wanted;
create view rollcall.wanted as
select
    u.id as for_user,
    {{wanted_columns}}
from auth.users u
{{metadata}}
where {{eligible}}
    and not exists (select from rollcall.exclusions e where e.user_id = u.id)
$ddl$);
