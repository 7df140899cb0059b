-- What a project's database has before GoTrue's migrations: who owns it, the schemas, and who may
-- use them.
do $$
begin
    execute format('alter database %I owner to postgres', current_database());
    execute format('grant create on database %I to supabase_auth_admin', current_database());
    execute format('grant all on database %I to dashboard_user', current_database());
end
$$;

create schema extensions;
create extension pgcrypto with schema extensions;
-- Not every build of PostgreSQL has this one, and nothing of Rollcall's needs it.
do $$
begin
    if exists (select from pg_available_extensions where name = 'uuid-ossp') then
        create extension "uuid-ossp" with schema extensions;
    end if;
end
$$;
grant usage on schema extensions to anon, authenticated, service_role;
grant all on schema extensions to postgres, dashboard_user;

grant all on schema public to postgres;
grant usage on schema public to anon, authenticated, service_role;

-- Projects from before 2026 give the roles of the Data API everything on whatever is created in
-- public. Rollcall has to hold its own objects shut against these defaults.
do $$
declare
    creator text;
begin
    foreach creator in array array['postgres', 'supabase_admin']
    loop
        execute format(
            'alter default privileges for role %I in schema public
             grant all on tables to postgres, anon, authenticated, service_role',
            creator
        );
        execute format(
            'alter default privileges for role %I in schema public
             grant all on routines to postgres, anon, authenticated, service_role',
            creator
        );
        execute format(
            'alter default privileges for role %I in schema public
             grant all on sequences to postgres, anon, authenticated, service_role',
            creator
        );
    end loop;
end
$$;

create schema auth authorization supabase_admin;
grant all on schema auth to supabase_auth_admin, dashboard_user;
-- Without grant option: `grant usage on schema auth` by postgres ends in the warning "no
-- privileges were granted", and a role of one's own never sees auth.users.
grant usage on schema auth to postgres, anon, authenticated, service_role;
-- Whatever GoTrue creates, postgres may use in full (trigger included), though it owns none of it.
alter default privileges for role supabase_auth_admin in schema auth
    grant all on tables to postgres, dashboard_user;
alter default privileges for role supabase_auth_admin in schema auth
    grant all on sequences to postgres, dashboard_user;
alter default privileges for role supabase_auth_admin in schema auth
    grant all on routines to postgres, dashboard_user;
