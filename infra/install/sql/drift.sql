-- The same question of one user: whether the profile differs. Metadata that does not fit is left
-- aside, as in a refresh.
call pg_temp.define('function', 'rollcall.has_drifted(uuid)', '', $ddl$
create or replace function rollcall.has_drifted(the_user uuid)
returns boolean
language plpgsql
stable
set search_path = pg_temp
as $body$
#variable_conflict use_column
begin
{{has_drifted}}
end
$body$
$ddl$);

-- How many live profiles of eligible users say in their kept columns something else than the auth
-- user now says, and out of how many. Compares as a refresh does.
call pg_temp.define('function', 'rollcall.count_drift()', 'rollcall_app, rollcall_operator', $ddl$
create or replace function rollcall.count_drift()
returns table (is_configured boolean, examined bigint, drifted bigint)
language plpgsql
stable
security definer
{{writing_settings}}
set jit = off
as $body$
#variable_conflict use_column
begin
{{count_drift}}
end
$body$
$ddl$);
