-- Rollcall {{version}}: keeps auth.users and the profile table in step.
--
-- Rendered by `rollcall sql` from a reviewed rollcall.toml.
-- Configuration {{digest}}
--
-- Apply it as the owner of the application's schema (postgres on Supabase). It is one
-- transaction. Applied again, it changes nothing and takes no lock that reading would not take,
-- because every object is compared with the catalog first. `rollcall sql --uninstall` takes it out again.

begin;

set local lock_timeout = '2s';
set local client_min_messages = 'warning';
set local search_path = '';
set local quote_all_identifiers = off;
-- The settings that a stored definition could depend on.
set local standard_conforming_strings = on;
set local check_function_bodies = on;

-- Takes every right on an object away from all but its owner, whatever default privileges gave
-- them, and grants what it needs to the roles named.
create or replace procedure pg_temp.close(kind text, name text, roles text)
language plpgsql
set search_path = pg_temp
as $body$
{{close}}
$body$;

do $ddl$
begin
    if exists (
        select from pg_catalog.pg_namespace n
        where n.nspname = 'rollcall'
            and coalesce(pg_catalog.obj_description(n.oid, 'pg_namespace'), '') not like 'Rollcall%'
    ) then
        raise exception 'a schema named rollcall exists already, and Rollcall did not make it'
            using hint = 'Rename that schema: Rollcall keeps its own things under this name.';
    end if;
    if not exists (select from pg_catalog.pg_namespace n where n.nspname = 'rollcall') then
        create schema rollcall;
        call pg_temp.close('schema', 'rollcall', '');
        comment on schema rollcall is
            'Rollcall: private. Nobody but its owner and Rollcall''s roles has any right here.';
    end if;
    if pg_catalog.to_regclass('rollcall.installed') is null then
        create table rollcall.installed (
            object text primary key,
            source_digest text not null,
            state text not null
        );
        comment on table rollcall.installed is
            'What Rollcall made: the digest of its source, and of what the catalog said right afterwards.';
        alter table rollcall.installed enable row level security;
        call pg_temp.close('table', 'rollcall.installed', '');
        create table rollcall.displaced (
            object text primary key,
            definition text not null,
            displaced_at timestamptz not null default now()
        );
        comment on table rollcall.displaced is
            'What stood in the place of an adopted object, as SQL that brings it back.';
        alter table rollcall.displaced enable row level security;
        call pg_temp.close('table', 'rollcall.displaced', '');
    end if;
    if pg_catalog.to_regclass('rollcall.definitions') is null then
        create table rollcall.definitions (
            object text primary key,
            roles text not null,
            definition text not null
        );
        comment on table rollcall.definitions is
            'The source of what Rollcall made, for `repair` to bring back what the triggers need.';
        alter table rollcall.definitions enable row level security;
        call pg_temp.close('table', 'rollcall.definitions', '');
    end if;
end
$ddl$;

-- The profile table as it was reviewed. What has changed since would only show at a signup.
do $ddl$
declare
    missing text;
begin
    select pg_catalog.string_agg(pg_catalog.quote_ident(e.name), ', ' order by e.number)
    into missing
    from pg_catalog.unnest(
        {{expected_columns}}
    ) with ordinality e (name, number)
    where not exists (
        select from pg_catalog.pg_attribute a
        where a.attrelid = pg_catalog.to_regclass({{table_literal}})
            and a.attname = e.name and a.attnum > 0 and not a.attisdropped
    );
    if missing is not null then
        raise exception using
            errcode = 'undefined_column',
            message = {{missing_columns_message}} || missing,
            hint = 'Change rollcall.toml accordingly, and render this migration again by `rollcall sql`.';
    end if;
end
$ddl$;

-- What the catalog says of an object, as a digest; null if there is none. Names are as
-- to_regclass and to_regprocedure read them, a trigger's is that of one on auth.users.
create or replace function pg_temp.state_of(kind text, name text)
returns text
language sql
stable
set search_path = pg_temp
as $body$
    {{state_of}}
$body$;

-- Runs a definition, unless the catalog already holds just what it made the last time. Whatever
-- it makes belongs to its owner and to the roles named, and to nobody else.
create or replace procedure pg_temp.define(kind text, name text, roles text, definition text)
language plpgsql
set search_path = pg_temp
as $body$
declare
    its_name pg_catalog.text := kind || ' ' || name;
    digest pg_catalog.text := pg_catalog.md5(roles || e'\n' || definition);
    known rollcall.installed;
begin
    if not exists (
        select from rollcall.definitions d
        where (d.object, d.roles, d.definition) = (its_name, define.roles, define.definition)
    ) then
        insert into rollcall.definitions as d (object, roles, definition)
        values (its_name, define.roles, define.definition)
        on conflict on constraint definitions_pkey do update
        set roles = excluded.roles, definition = excluded.definition;
    end if;
    select * into known from rollcall.installed i where i.object = its_name;
    if known.source_digest = digest and known.state = pg_temp.state_of(kind, name) then
        return;
    end if;
    call pg_temp.make_room(kind, name, known.state);
    begin
        execute definition;
    exception
        when invalid_function_definition then
            -- An earlier version answered in another shape, which cannot be replaced.
            execute 'drop function ' || name;
            execute definition;
    end;
    if kind in ('function', 'table', 'view') then
        call pg_temp.close(kind, name, roles);
    end if;
    insert into rollcall.installed as i (object, source_digest, state)
    values (its_name, digest, pg_temp.state_of(kind, name))
    on conflict on constraint installed_pkey do update
    set source_digest = excluded.source_digest, state = excluded.state;
end
$body$;

-- Whatever stands where a definition wants to go and is not Rollcall's stays: it is an error, or,
-- where the configuration says adopt = true, it is kept for `rollcall sql --uninstall`.
create or replace procedure pg_temp.make_room(kind text, name text, known_state text)
language plpgsql
set search_path = pg_temp
as $body$
declare
    state pg_catalog.text := pg_temp.state_of(kind, name);
begin
    if state is null or state = known_state or kind = 'role'
        or (kind <> 'trigger' and name like 'rollcall.%') then
        return;
    end if;
    if kind = 'table'
        and pg_catalog.obj_description(pg_catalog.to_regclass(name), 'pg_class') like 'Rollcall%' then
        return;
    end if;
    if kind = 'function' and known_state is null and exists (
        -- Left of an installation whose schema was lost. The comment alone would not do: it stays
        -- when somebody else replaces the function.
        select from pg_catalog.pg_proc p
        where p.oid = pg_catalog.to_regprocedure(name)
            and pg_catalog.obj_description(p.oid, 'pg_proc') like 'Rollcall%'
            and pg_catalog.strpos(p.prosrc, 'rollcall.') > 0
    ) then
        return;
    end if;
    if kind = 'trigger' and exists (
        -- A trigger that calls what Rollcall made is Rollcall's, whatever became of it.
        select from pg_catalog.pg_trigger t
        join rollcall.installed i
            on t.tgfoid = case
                when i.object like 'function %'
                    then pg_catalog.to_regprocedure(pg_catalog.substr(i.object, 10))
            end
        where t.tgrelid = pg_catalog.to_regclass('auth.users')
            and t.tgname = name and not t.tgisinternal
    ) then
        return;
    end if;
    {{in_the_way}}
end
$body$;
