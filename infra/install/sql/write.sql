-- Whether a bare insert will do for the profile table: its key is unique, no constraint waits for
-- the end of the transaction, and no rule makes something else of the insert. It is called
-- immutable so that the planner asks it, once for each plan of an insert: such a plan is made anew
-- whenever any of this changes.
call pg_temp.define('function', 'rollcall.is_plain()', '', $ddl$
create or replace function rollcall.is_plain()
returns boolean
language sql
immutable
set search_path = pg_temp
as $body$
    select exists (
        select from pg_catalog.pg_class t
        join pg_catalog.pg_attribute a on a.attrelid = t.oid and a.attname = {{key_name_literal}}
        join pg_catalog.pg_index i on i.indrelid = t.oid and i.indkey[0] = a.attnum
        where t.oid = {{table_literal}}::pg_catalog.regclass
            and not t.relhasrules
            and i.indnkeyatts = 1
            and i.indisunique and i.indisvalid and i.indimmediate and i.indpred is null
    ) and not exists (
        select from pg_catalog.pg_constraint c
        where c.conrelid = {{table_literal}}::pg_catalog.regclass and c.condeferrable
    );
$body$
$ddl$);

-- Has the profile table's deferred constraints checked now, where a failure can still be told
-- from a failure of whatever else the transaction does. Those that begin deferred are so again
-- afterwards.
call pg_temp.define('function', 'rollcall.check_deferred()', '', $ddl$
create or replace function rollcall.check_deferred()
returns void
language plpgsql
set search_path = pg_temp
as $body$
declare
    constraints pg_catalog.text;
    deferred pg_catalog.text;
begin
    select
        pg_catalog.string_agg(c.name, ', '),
        pg_catalog.string_agg(c.name, ', ') filter (where c.condeferred)
    into constraints, deferred
    from (
        select pg_catalog.format('%I.%I', n.nspname, k.conname) as name, k.condeferred
        from pg_catalog.pg_constraint k
        join pg_catalog.pg_namespace n on n.oid = k.connamespace
        where k.conrelid = {{table_literal}}::pg_catalog.regclass and k.condeferrable
    ) c;
    if constraints is not null then
        execute 'set constraints ' || constraints || ' immediate';
    end if;
    if deferred is not null then
        execute 'set constraints ' || deferred || ' deferred';
    end if;
end
$body$
$ddl$);

-- GoTrue completes a user by updates in the transaction that inserts it. The update trigger knows
-- by this mark that nobody has had a chance to edit the profile yet, and by its twin that the
-- transaction has waited long enough for one user's profile. Marks end with the transaction and
-- hold the last 8 users.
call pg_temp.define('function', 'rollcall.mark(text,uuid)', '', $ddl$
create or replace function rollcall.mark(what text, the_user uuid)
returns void
language sql
set search_path = pg_temp
as $body$
    select pg_catalog.set_config(
        what,
        pg_catalog.concat(
            the_user, pg_catalog.left(pg_catalog.current_setting(what, true), 7 * 36)
        ),
        true
    );
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
set search_path = pg_temp
set row_security = off
-- Each look-up here is of one key. A session that begins while a table is small would keep the
-- plan that suits it then.
set enable_seqscan = off
as $body$
#variable_conflict use_column
begin
{{create}}
    if found then
        perform rollcall.check_deferred();
        perform rollcall.mark('rollcall.created', create_profile.the_user);
        return 'created';
    end if;
    if exists (select from {{table}} p where p.{{key}} = {{create_key}}) then
        return 'present';
    end if;
    if not exists (
        select from rollcall.wanted w where w.{{for_user}} = create_profile.the_user
    ) then
        return 'unwanted';
    end if;
    raise exception 'the profile table took no row and gave no reason' using errcode = 'RC001';
end
$body$
$ddl$);

-- Brings a live profile up to date: the kept columns, or everything. True if a row changed.
-- A degraded refresh leaves the kept columns that metadata feeds as they are, and of everything
-- puts them back to their default.
call pg_temp.define('function', 'rollcall.refresh_profile(uuid,boolean,boolean)', '', $ddl$
create or replace function rollcall.refresh_profile(the_user uuid, everything boolean, degraded boolean)
returns boolean
language plpgsql
set search_path = pg_temp
as $body$
#variable_conflict use_column
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
set search_path = pg_temp
as $body$
#variable_conflict use_column
begin
{{stamp}}
end
$body$
$ddl$);
