-- The configured child tables.
call pg_temp.define('function', 'rollcall.child_tables()', 'rollcall_app, rollcall_operator', $ddl$
create or replace function rollcall.child_tables()
returns table (number integer, table_name text, column_name text)
language sql
stable
security definer
set search_path = ''
set row_security = off
as $body$
    {{child_tables}}
$body$
$ddl$);

-- How many rows of one of them name a user, and in how many of these the user has no profile row.
-- A table that is gone costs its own count and no other.
call pg_temp.define(
    'function', 'rollcall.count_child_rows(integer)', 'rollcall_app, rollcall_operator', $ddl$
create or replace function rollcall.count_child_rows(which integer)
returns table (examined bigint, orphaned bigint)
language plpgsql
stable
security definer
set search_path = ''
set row_security = off
set jit = off
as $body$
#variable_conflict use_column
begin
{{count_child_rows}}
end
$body$
$ddl$);
