-- The three triggers neither block nor swallow: whatever goes wrong with the profile, the
-- signup, change or deletion commits, and the ledger says why.
--
-- Their functions declare no type of Rollcall's or the application's and give no variable a
-- first value: both would be read before the exception block begins.

call pg_temp.define('function', {{trigger_function_signature}}, '', $ddl$
create or replace function {{trigger_function}}()
returns trigger
language plpgsql
security definer
{{trigger_settings}}
as $body$
declare
    state text;
    schema_name text;
    table_name text;
    constraint_name text;
    outcome text;
begin
    outcome := rollcall.create_profile(new.id, false);
    return null;
exception
    when others or query_canceled or assert_failure then
        get stacked diagnostics
            state = returned_sqlstate, schema_name = schema_name,
            table_name = table_name, constraint_name = constraint_name;
        begin
            perform rollcall.recover(new.id, true, state, schema_name, table_name, constraint_name);
        exception
            when others or query_canceled or assert_failure then
                raise warning 'rollcall: no profile for user % (SQLSTATE %), and no ledger (SQLSTATE %)',
                    new.id, state, sqlstate;
        end;
        return null;
end
$body$;
comment on function {{trigger_function}}() is 'Rollcall: makes the profile when an auth user is inserted.'
$ddl$);

-- Fires only for updates that could matter to the profile: not at every sign-in.
call pg_temp.define('function', 'rollcall.on_user_updated()', '', $ddl$
create or replace function rollcall.on_user_updated()
returns trigger
language plpgsql
security definer
{{trigger_settings}}
as $body$
declare
    state text;
    schema_name text;
    table_name text;
    constraint_name text;
    is_new boolean;
begin
    is_new := coalesce(pg_catalog.current_setting('rollcall.created', true), '') like '%' || new.id || '%';
    if {{new_is_eligible}} then
        if exists (select from {{table}} p where p.{{key}} = {{new_id_as_key}}) then
            perform rollcall.refresh_profile(new.id, is_new, false);
        else
            perform rollcall.create_profile(new.id, false);
        end if;
        delete from rollcall.sync_failures f where f.user_id = new.id and f.reason <> 'degraded';
    elsif {{old_is_eligible}} then
        perform rollcall.stamp_profile(new.id);
    end if;
    return null;
exception
    when others or query_canceled or assert_failure then
        get stacked diagnostics
            state = returned_sqlstate, schema_name = schema_name,
            table_name = table_name, constraint_name = constraint_name;
        begin
            perform rollcall.recover(new.id, is_new, state, schema_name, table_name, constraint_name);
        exception
            when others or query_canceled or assert_failure then
                raise warning 'rollcall: no refresh for user % (SQLSTATE %), and no ledger (SQLSTATE %)',
                    new.id, state, sqlstate;
        end;
        return null;
end
$body$
$ddl$);

call pg_temp.define('function', 'rollcall.on_user_deleted()', '', $ddl$
create or replace function rollcall.on_user_deleted()
returns trigger
language plpgsql
security definer
{{trigger_settings}}
as $body$
declare
    state text;
begin
    perform rollcall.stamp_profile(old.id);
    delete from rollcall.sync_failures f where f.user_id = old.id;
    return null;
exception
    when others or query_canceled or assert_failure then
        state := sqlstate;
        begin
            perform rollcall.record_failure(
                old.id, state,
                rollcall.reason_of(old.id, state, null, null, null)
            );
        exception
            when others or query_canceled or assert_failure then
                raise warning 'rollcall: no stamp for user % (SQLSTATE %), and no ledger (SQLSTATE %)',
                    old.id, state, sqlstate;
        end;
        return null;
end
$body$
$ddl$);

-- `create or replace` needs no ownership of auth.users, and also enables a disabled trigger.
call pg_temp.define('trigger', {{trigger_name_literal}}, '', $ddl$
create or replace trigger {{trigger_name}}
after insert on auth.users
for each row
execute function {{trigger_function}}()
$ddl$);

call pg_temp.define('trigger', 'rollcall_user_updated', '', $ddl$
create or replace trigger rollcall_user_updated
after update on auth.users
for each row
when (
    {{update_matters}}
)
execute function rollcall.on_user_updated()
$ddl$);

call pg_temp.define('trigger', 'rollcall_user_deleted', '', $ddl$
create or replace trigger rollcall_user_deleted
after delete on auth.users
for each row
execute function rollcall.on_user_deleted()
$ddl$);
