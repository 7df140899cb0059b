-- Whether a synthetic signup would fire a trigger of the application's: on auth.users, or on the
-- profile table.
call pg_temp.define('function', 'rollcall.canary_would_disturb()', '', $ddl$
create or replace function rollcall.canary_would_disturb()
returns boolean
language sql
stable
set search_path = pg_temp
as $body$
    select exists (
        select from pg_catalog.pg_trigger t
        where t.tgrelid in (
                pg_catalog.to_regclass('auth.users'), pg_catalog.to_regclass({{table_literal}})
            )
            and not t.tgisinternal
            and t.tgenabled in ('O', 'A')
            -- Of inserts.
            and t.tgtype & 4 = 4
            and not exists (
                select from rollcall.installed i
                where i.object like 'function %'
                    and pg_catalog.to_regprocedure(pg_catalog.substr(i.object, 10)) = t.tgfoid
            )
    );
$body$
$ddl$);

-- A synthetic signup that is always undone: whether a profile comes of it, and if not, why. The
-- answer leaves by the exception that takes everything else back: the rows, the line in the
-- ledger, whatever a trigger has queued.
--
-- It flies as the configuration says: always, never, or where it disturbs nobody.
call pg_temp.define('function', 'rollcall.canary(uuid)', 'rollcall_app, rollcall_operator', $ddl$
create or replace function rollcall.canary(
    the_user uuid, out has_flown boolean, out has_profile boolean, out reason text, out state text
)
language plpgsql
security definer
set search_path = pg_temp
set row_security = off
as $body$
declare
    mode pg_catalog.text := {{canary_mode}};
    answer pg_catalog.text;
begin
    has_flown := case mode
        when 'auto' then not rollcall.canary_would_disturb()
        else mode = 'always'
    end;
    if not has_flown then
        return;
    end if;
    if not pg_catalog.has_table_privilege('auth.users', 'insert') then
        -- A signup comes in another role, so this says nothing of signups.
        raise exception 'the owner of the schema rollcall may not insert into auth.users'
            using errcode = 'insufficient_privilege';
    end if;
    begin
        -- As at a signup: a trigger function that needs another path fails there, too.
        perform pg_catalog.set_config('search_path', 'auth, pg_temp', true);
        begin
            insert into auth.users (
                instance_id, id, aud, role, email,
                raw_app_meta_data, raw_user_meta_data, created_at, updated_at
            )
            -- An address that fits where people's do: a column of fifty characters is not rare.
            values (
                '00000000-0000-0000-0000-000000000000', the_user, 'authenticated', 'authenticated',
                pg_catalog.concat(pg_catalog.replace(the_user::pg_catalog.text, '-', ''), '@example.com'),
                '{"provider": "email", "providers": ["email"]}', '{}', now(), now()
            );
            set constraints all immediate;
        exception
            when others or assert_failure then
                raise exception using
                    errcode = 'RC002',
                    message = 'the canary comes back',
                    detail = array['false', 'signup_failed', sqlstate]::pg_catalog.text;
        end;
        select array[
            exists (
                select from {{table}} p where p.{{key}} = {{canary_key}}
            )::pg_catalog.text,
            f.reason,
            f.sqlstate
        ]::pg_catalog.text
        into answer
        from (select) one
        left join rollcall.sync_failures f on f.user_id = the_user and f.reason <> 'degraded';
        raise exception using
            errcode = 'RC002', message = 'the canary comes back', detail = answer;
    exception
        when sqlstate 'RC002' then
            get stacked diagnostics answer = pg_exception_detail;
    end;
    has_profile := (answer::pg_catalog.text[])[1]::boolean;
    reason := (answer::pg_catalog.text[])[2];
    state := (answer::pg_catalog.text[])[3];
end
$body$
$ddl$);
