-- What the trigger that calls the signup webhook calls itself.
select
    pg_catalog.to_regprocedure('net.http_post(text,jsonb,jsonb,jsonb,integer)') is not null as pg_net,
    exists (select from pg_catalog.pg_extension e where e.extname = 'pgcrypto') as pgcrypto,
    pg_catalog.to_regclass('vault.decrypted_secrets') is not null as vault
