-- The roles of a hosted Supabase project. Roles belong to the whole cluster, so this may run
-- again for every database, and by two processes at once.
do $$
declare
    wanted record;
begin
    for wanted in
        select *
        from (
            values
                ('postgres', 'login createdb createrole replication bypassrls'),
                ('anon', 'nologin'),
                ('authenticated', 'nologin'),
                ('service_role', 'nologin bypassrls'),
                ('authenticator', 'login noinherit'),
                ('dashboard_user', 'nologin createdb createrole replication'),
                ('supabase_auth_admin', 'login noinherit createrole')
        ) as role (name, options)
    loop
        begin
            execute format('create role %I %s', wanted.name, wanted.options);
        exception
            -- unique_violation: somebody else is creating it at this very moment.
            when duplicate_object or unique_violation then null;
        end;
    end loop;
end
$$;

-- With admin option, because from PostgreSQL 16 on `createrole` alone no longer lets `postgres`
-- hand out roles which it did not create.
grant anon, authenticated, service_role to postgres with admin option;
grant anon, authenticated, service_role to authenticator;
grant pg_monitor, pg_read_all_data, pg_signal_backend to postgres;

alter role postgres set search_path = "$user", public, extensions;
-- GoTrue's own statements, and therefore every trigger on auth.users, run with this search path.
-- A trigger function with unqualified names does not find the application's tables.
alter role supabase_auth_admin set search_path = auth;
alter role anon set statement_timeout = '3s';
alter role authenticated set statement_timeout = '8s';
alter role authenticator set statement_timeout = '8s';
alter role authenticator set lock_timeout = '8s';
