-- Tells the signup webhook of a new user when this transaction commits, signed as Standard Webhooks has
-- it. A signup commits whatever becomes of that, and says nothing: what is in the way is noted. It runs by
-- itself, not in the trigger that makes the profile: neither takes the other along.
--
-- Nothing that it calls is Rollcall's, and any of it may be missing: the schemas net and vault, and
-- pgcrypto, which lies where it was installed.
call pg_temp.define('function', 'rollcall.on_user_inserted()', '', $ddl$
create or replace function rollcall.on_user_inserted()
returns trigger
language plpgsql
security definer
set search_path = pg_temp
set row_security = off
set lock_timeout = '500ms'
as $body$
declare
    body pg_catalog.jsonb;
    message_id pg_catalog.text;
    sent_at pg_catalog.text;
    secrets pg_catalog.text;
    signatures pg_catalog.text;
    state pg_catalog.text;
begin
    begin
        -- pg_net sends just what this is as text.
        body := pg_catalog.jsonb_build_object(
            'type', tg_op, 'schema', tg_table_schema, 'table', tg_table_name, 'id', new.id
        );
        message_id := pg_catalog.gen_random_uuid();
        sent_at := pg_catalog.floor(extract(epoch from pg_catalog.clock_timestamp()));
        select s.decrypted_secret into secrets
        from vault.decrypted_secrets s
        where s.name = {{webhook_secret}};
        if secrets is null then
            raise exception 'Vault has no such secret' using errcode = 'no_data_found';
        end if;
        -- Several, joined as the function takes them, while one replaces another. Their base64 may
        -- lack its padding.
        execute pg_catalog.format(
            'select pg_catalog.string_agg(
                ''v1,'' || pg_catalog.encode(
                    %I.hmac($2, pg_catalog.decode(
                        pg_catalog.rpad(s.key, (pg_catalog.length(s.key) + 3) / 4 * 4, ''=''), ''base64''
                    ), ''sha256''::pg_catalog.text),
                    ''base64''
                ), '' ''
            )
            from (
                select pg_catalog.substring(
                    e, ''^[[:space:]]*(?:v1,)?whsec_([A-Za-z0-9+/]+)=*[[:space:]]*$''
                )
                from pg_catalog.string_to_table($1, ''|'') e
            ) s (key)',
            (
                select n.nspname
                from pg_catalog.pg_extension e
                join pg_catalog.pg_namespace n on n.oid = e.extnamespace
                where e.extname = 'pgcrypto'
            )
        )
        into signatures
        using secrets, pg_catalog.convert_to(
            pg_catalog.concat_ws('.', message_id, sent_at, body::pg_catalog.text), 'UTF8'
        );
        if signatures is null then
            raise exception 'the secret is not of the form v1,whsec_…' using errcode = 'invalid_password';
        end if;
        insert into rollcall.webhook_calls (request_id)
        select net.http_post(
            url := {{webhook_url}},
            body := body,
            headers := pg_catalog.jsonb_build_object(
                'Content-Type', 'application/json',
                'webhook-id', message_id,
                'webhook-timestamp', sent_at,
                'webhook-signature', signatures
            ),
            -- A little longer than the function takes to answer at most.
            timeout_milliseconds := 5000
        );
    exception
        when others or query_canceled or assert_failure then
            state := sqlstate;
    end;
    if state is not null then
        begin
            -- The signup may have waited for this very table already.
            perform pg_catalog.set_config('lock_timeout', '5ms', true);
            insert into rollcall.webhook_calls (sqlstate) values (state);
        exception
            when others or query_canceled or assert_failure then
                raise warning 'rollcall: no webhook for user % (SQLSTATE %), and no note of it (SQLSTATE %)',
                    new.id, state, sqlstate;
        end;
    end if;
    return null;
end
$body$
$ddl$);

call pg_temp.define('trigger', 'rollcall_user_inserted', '', $ddl$
create or replace trigger rollcall_user_inserted
after insert on auth.users
for each row
execute function rollcall.on_user_inserted()
$ddl$);
