-- Has the profile table's deferred constraints checked now, where a failure can still be told
-- from a failure of whatever else the transaction does.
call pg_temp.define('function', 'rollcall.check_deferred()', '', $ddl$
create or replace function rollcall.check_deferred()
returns void
language plpgsql
set search_path = ''
as $body$
declare
    constraints text;
    deferred text;
begin
    select
        pg_catalog.string_agg(pg_catalog.format('%I.%I', n.nspname, c.conname), ', '),
        pg_catalog.string_agg(pg_catalog.format('%I.%I', n.nspname, c.conname), ', ') filter (where c.condeferred)
    into constraints, deferred
    from pg_catalog.pg_constraint c
    join pg_catalog.pg_namespace n on n.oid = c.connamespace
    where c.conrelid = {{table_literal}}::pg_catalog.regclass and c.condeferrable;
    execute 'set constraints ' || constraints || ' immediate';
    if deferred is not null then
        execute 'set constraints ' || deferred || ' deferred';
    end if;
end
$body$
$ddl$);

-- Writes one user's profile: 'created', or 'present' if there is one, or 'unwanted' if the user
-- is not eligible. Raises whatever the database raises, and RC001 if it took no row and has none.
-- A degraded profile leaves out the columns that metadata feeds, where those may be left to their
-- default: rubbish in somebody's metadata must not cost them their profile.
call pg_temp.define('function', 'rollcall.create_profile(uuid,boolean)', '', $ddl$
create or replace function rollcall.create_profile(the_user uuid, degraded boolean)
returns text
language plpgsql
set search_path = ''
-- Each look-up here is of one key. A session that begins while a table is small would keep the
-- plan that suits it then.
set enable_seqscan = off
as $body$
declare
    has_deferrable boolean;
    mark text;
begin
{{insert}}
    if found then
        if has_deferrable then
            perform rollcall.check_deferred();
        end if;
        -- GoTrue completes a user by updates in the transaction that inserts it. The update
        -- trigger knows by this mark that nobody has had a chance to edit the profile yet. It
        -- ends with the transaction and holds the last 8 users.
        mark := pg_catalog.set_config(
            'rollcall.created',
            the_user || ' ' || pg_catalog.left(coalesce(pg_catalog.current_setting('rollcall.created', true), ''), 7 * 37),
            true
        );
        return 'created';
    end if;
    if exists (select from {{table}} p where p.{{key}} = {{the_user_as_key}}) then
        return 'present';
    end if;
    if not exists (select from rollcall.wanted w where w.for_user = the_user) then
        return 'unwanted';
    end if;
    raise exception 'the profile table took no row and gave no reason' using errcode = 'RC001';
end
$body$
$ddl$);

-- Brings a live profile up to date: the kept columns, or everything. True if a row changed.
call pg_temp.define('function', 'rollcall.refresh_profile(uuid,boolean,boolean)', '', $ddl$
create or replace function rollcall.refresh_profile(the_user uuid, everything boolean, degraded boolean)
returns boolean
language plpgsql
set search_path = ''
as $body$
begin
{{refresh}}
end
$body$
$ddl$);

-- Stamps the profile of a user who is gone: 'removed' (also if it was stamped before),
-- 'left_alone' if the configuration leaves profiles alone, null if there is no profile.
call pg_temp.define('function', 'rollcall.stamp_profile(uuid)', '', $ddl$
create or replace function rollcall.stamp_profile(the_user uuid)
returns text
language plpgsql
set search_path = ''
as $body$
begin
{{stamp}}
end
$body$
$ddl$);
