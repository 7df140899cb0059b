if (kind, name) not in (
    ('function', {{trigger_function_signature}}), ('trigger', {{trigger_name_literal}})
) then
    raise exception 'the % % exists already, and is not what Rollcall made', kind, name
        using hint = 'Rename it: only the trigger and its function are adopted.';
end if;
if kind = 'function' then
    -- It moves away as it is: with its owner, its rights, and whatever else calls it.
    alter function {{trigger_function}}() rename to displaced_function;
    alter function {{displaced_function}}() set schema rollcall;
    insert into rollcall.displaced (object, definition)
    values (
        'function ' || name,
        {{restore_schema}}
            || {{restore_name}}
    );
else
    insert into rollcall.displaced (object, definition)
    select 'trigger ' || name, pg_catalog.pg_get_triggerdef(t.oid)
    from pg_catalog.pg_trigger t
    where t.tgrelid = pg_catalog.to_regclass('auth.users')
        and t.tgname = name and not t.tgisinternal;
end if;
