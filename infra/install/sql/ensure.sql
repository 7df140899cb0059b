-- Stamps a profile, or says in the ledger why the database does not accept that. The outcome is
-- null if there is no profile.
call pg_temp.define('function', 'rollcall.try_stamp(uuid)', '', $ddl$
create or replace function rollcall.try_stamp(the_user uuid, out outcome text, out reason text)
language plpgsql
set search_path = pg_temp
as $body$
declare
    state pg_catalog.text;
    schema_name pg_catalog.text;
    table_name pg_catalog.text;
    constraint_name pg_catalog.text;
begin
    set constraints all immediate;
    outcome := rollcall.stamp_profile(the_user);
exception
    -- Not query_canceled: whoever called runs out of time, not the profile.
    when others or assert_failure then
        get stacked diagnostics
            state = returned_sqlstate, schema_name = schema_name,
            table_name = table_name, constraint_name = constraint_name;
        reason := rollcall.reason_of(the_user, state, schema_name, table_name, constraint_name);
        perform rollcall.record_failure(the_user, state, reason);
        outcome := 'refused';
end
$body$
$ddl$);

-- Brings one user's profile to where it ought to be, whatever happened before. It is told no
-- more than the id, and reads the rest itself.
call pg_temp.define('function', 'rollcall.ensure_profile(uuid)', 'rollcall_app, rollcall_operator', $ddl$
create or replace function rollcall.ensure_profile(the_user uuid, out outcome text, out reason text)
language plpgsql
security definer
{{writing_settings}}
as $body$
<<own>>
declare
    standing pg_catalog.record;
    existed boolean;
    version pg_catalog.tid;
    state pg_catalog.text;
    schema_name pg_catalog.text;
    table_name pg_catalog.text;
    constraint_name pg_catalog.text;
begin
    select s.is_eligible, s.is_deleted into standing
    from rollcall.standing s
    where s.user_id = the_user;
    if not found then
        outcome := 'unknown_user';
    elsif not standing.is_eligible then
        if standing.is_deleted then
            select t.outcome, t.reason into outcome, reason from rollcall.try_stamp(the_user) t;
        end if;
        outcome := coalesce(outcome, 'excluded');
    else
        -- Nothing may strike at the commit, also in tables that triggers of the application's
        -- write to: there it could neither be caught nor be told.
        set constraints all immediate;
        begin
            select p.ctid into version
            from {{table}} p
            where p.{{key}} = {{ensure_key}};
            existed := found;
            if existed then
                outcome := case
                    when rollcall.refresh_profile(the_user, false, false) then 'updated' else 'present'
                end;
                {{retired_reason}}
            else
                outcome := rollcall.create_profile(the_user, false);
                if outcome = 'unwanted' then
                    -- Deleted or excluded between the two looks.
                    outcome := 'excluded';
                end if;
            end if;
        exception
            -- Not query_canceled: whoever called runs out of time, not the profile.
            when others or assert_failure then
                get stacked diagnostics
                    state = returned_sqlstate, schema_name = schema_name,
                    table_name = table_name, constraint_name = constraint_name;
                if state = '23505' and not existed then
                    -- Perhaps somebody else made this profile at the same moment: the insert gives way
                    -- on the key only, and another unique index may be where the two met.
                    outcome := (
                        select 'present'
                        from {{table}} p
                        where p.{{key}} = {{ensure_key}}
                    );
                end if;
                if outcome is null then
                    reason := rollcall.recover(
                        the_user, false, state, schema_name, table_name, constraint_name
                    );
                    -- The table is named only where it is known to be there.
                    if reason <> 'degraded' then
                        outcome := 'refused';
                    elsif not existed then
                        outcome := 'created';
                    elsif exists (
                        select from {{table}} p
                        where p.{{key}} = {{ensure_key}} and p.ctid = own.version
                    ) then
                        outcome := 'present';
                    else
                        outcome := 'updated';
                    end if;
                end if;
        end;
    end if;
    if outcome <> 'refused' and reason is distinct from 'degraded' then
        -- All is well, so the ledger has nothing more to say of this user; that a profile is
        -- without its metadata stays true until it is made anew. On its own: a ledger that is
        -- missing must not cost the profile.
        begin
            delete from rollcall.sync_failures f
            where f.user_id = the_user and (outcome = 'created' or f.reason <> 'degraded');
        exception
            when others or assert_failure then
                raise warning 'rollcall: user % stays in the ledger (SQLSTATE %)', the_user, sqlstate;
        end;
    end if;
end
$body$
$ddl$);

-- The same for a user who is said to be deleted: stamps the profile if that is so.
call pg_temp.define('function', 'rollcall.remove_profile(uuid)', 'rollcall_app, rollcall_operator', $ddl$
create or replace function rollcall.remove_profile(the_user uuid, out outcome text, out reason text)
language plpgsql
security definer
set search_path = pg_temp
set row_security = off
as $body$
begin
    if exists (select from rollcall.standing s where s.user_id = the_user) then
        select e.outcome, e.reason into outcome, reason
        from rollcall.ensure_profile(the_user) e;
        return;
    end if;
    select t.outcome, t.reason into outcome, reason from rollcall.try_stamp(the_user) t;
    if outcome = 'refused' then
        return;
    end if;
    outcome := coalesce(outcome, 'unknown_user');
    begin
        delete from rollcall.sync_failures f where f.user_id = the_user;
    exception
        when others or assert_failure then
            raise warning 'rollcall: user % stays in the ledger (SQLSTATE %)', the_user, sqlstate;
    end;
end
$body$
$ddl$);

-- For the application itself: the caller's own profile, as in
-- `supabase.rpc('ensure_user_profile')`. Answers the outcome.
call pg_temp.define('function', 'public.ensure_user_profile()', 'authenticated', $ddl$
create or replace function public.ensure_user_profile()
returns text
language plpgsql
security definer
set search_path = pg_temp
set row_security = off
as $body$
declare
    caller pg_catalog.uuid;
    outcome pg_catalog.text;
begin
    begin
        caller := auth.uid();
        select e.outcome into outcome from rollcall.ensure_profile(caller) e where caller is not null;
    exception
        when others or query_canceled or assert_failure then
            raise warning 'rollcall: no profile for user % (SQLSTATE %)', caller, sqlstate;
            outcome := 'refused';
    end;
    if caller is null then
        raise exception 'ensure_user_profile() has no caller' using
            errcode = '28000',
            hint = 'Call it with the access token of a signed-in user.';
    end if;
    return outcome;
end
$body$;
comment on function public.ensure_user_profile() is
    'Rollcall: makes the caller''s own profile, if it is missing. Answers the outcome.'
$ddl$);
