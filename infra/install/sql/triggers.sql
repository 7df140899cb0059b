-- The three triggers neither block nor swallow: whatever goes wrong with the profile, the
-- signup, change or deletion commits, and the ledger says why.
--
-- Their functions declare no type of Rollcall's or the application's and give no variable a
-- first value: both would be read before the exception block begins.

-- Reads the new row itself rather than the table, because every signup waits for it.
call pg_temp.define('function', {{trigger_function_signature}}, '', $ddl$
create or replace function {{trigger_function}}()
returns trigger
language plpgsql
security definer
{{insert_trigger_settings}}
as $body$
#variable_conflict use_column
declare
    mark pg_catalog.text;
    state pg_catalog.text;
    schema_name pg_catalog.text;
    table_name pg_catalog.text;
    constraint_name pg_catalog.text;
begin
    if {{new_is_not_eligible}} then
        -- The planner might try the casts of the insert although nothing is to be inserted.
        return null;
    end if;
    -- This one does not give way to a profile that is there: every signup would pay for that.
{{insert_of_new}}
    if found then
        -- As rollcall.mark('rollcall.created', new.id) does.
        mark := pg_catalog.set_config(
            'rollcall.created',
            pg_catalog.concat(
                new.id, pg_catalog.left(pg_catalog.current_setting('rollcall.created', true), 7 * 36)
            ),
            true
        );
    else
        -- The long way, for whatever the short one leaves out.
        perform rollcall.create_profile(new.id, false);
    end if;
    return null;
exception
    when others or query_canceled or assert_failure then
        get stacked diagnostics
            state = returned_sqlstate, schema_name = schema_name,
            table_name = table_name, constraint_name = constraint_name;
        begin
            if state = '23505' then
                begin
                    -- This one gives way. If it fails too, the profile was not what stood there.
                    perform rollcall.create_profile(new.id, false);
                    return null;
                exception
                    when others or query_canceled or assert_failure then
                        get stacked diagnostics
                            state = returned_sqlstate, schema_name = schema_name,
                            table_name = table_name, constraint_name = constraint_name;
                end;
            end if;
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
    state pg_catalog.text;
    schema_name pg_catalog.text;
    table_name pg_catalog.text;
    constraint_name pg_catalog.text;
    is_new boolean;
begin
    begin
        if pg_catalog.strpos(pg_catalog.current_setting('rollcall.gave_up', true), new.id::pg_catalog.text) > 0 then
            -- This transaction has waited for this profile already. The ledger has it.
            return null;
        end if;
        is_new := coalesce(
            pg_catalog.strpos(pg_catalog.current_setting('rollcall.created', true), new.id::pg_catalog.text) > 0, false
        );
        if {{new_is_eligible}} then
            if exists (select from {{table}} p where p.{{key}} = {{new_id_as_key}}) then
                perform rollcall.refresh_profile(new.id, is_new, false);
            else
                is_new := true;
                perform rollcall.create_profile(new.id, false);
            end if;
        elsif {{old_is_eligible}} then
            {{stamp_new}}
        end if;
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
    end;
    -- On its own: a ledger that is missing must not cost the profile its refresh.
    begin
        delete from rollcall.sync_failures f
        where f.user_id = new.id and (is_new or f.reason <> 'degraded');
    exception
        when others or query_canceled or assert_failure then
            raise warning 'rollcall: user % stays in the ledger (SQLSTATE %)', new.id, sqlstate;
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
    state pg_catalog.text;
begin
    {{stamp_old}}
    -- A stamp that failed is tried again, and stays in the ledger until then.
    begin
        if state is null then
            delete from rollcall.sync_failures f where f.user_id = old.id;
        end if;
    exception
        when others or query_canceled or assert_failure then
            raise warning 'rollcall: user % stays in the ledger (SQLSTATE %)', old.id, sqlstate;
    end;
    -- The wiping is the next pulse's: no deletion waits for it.
    begin
        insert into rollcall.forgetting (user_id) values (old.id) on conflict (user_id) do nothing;
    exception
        when others or query_canceled or assert_failure then
            raise warning 'rollcall: the traces of user % stay (SQLSTATE %)', old.id, sqlstate;
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
