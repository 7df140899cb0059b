-- The expression of the uuid that a text spells, as PostgreSQL reads it: in capitals, in braces, with its
-- dashes elsewhere or none; here with spaces around it, too. Null where it spells none.
call pg_temp.define('function', 'rollcall.uuid_sql(text)', '', $ddl$
create or replace function rollcall.uuid_sql(expression text)
returns text
language sql
immutable
set search_path = pg_temp
as $body$
    select pg_catalog.format(
        $sql$
            {{uuid_of_text}}
        $sql$,
        expression
    );
$body$
$ddl$);

-- The configured child tables.
call pg_temp.define('function', 'rollcall.child_tables()', 'rollcall_app, rollcall_operator', $ddl$
create or replace function rollcall.child_tables()
returns table (number integer, table_name text, column_name text)
language sql
stable
security definer
set search_path = pg_temp
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
set search_path = pg_temp
set row_security = off
set jit = off
as $body$
#variable_conflict use_column
begin
{{count_child_rows}}
end
$body$
$ddl$);
