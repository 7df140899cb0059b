//! What a project has of `pg_net` and Vault, as far as anybody meets it: where the real ones are not to
//! be had, requests wait in the same queue and are sent by the test.

/// `pg_net`'s queue, with what it does before a request gets there.
pub const PG_NET: &str = "
    create schema net;
    create unlogged table net.http_request_queue (
        id bigserial, method text not null, url text not null, headers jsonb, body bytea,
        timeout_milliseconds int not null
    );
    create unlogged table net._http_response (
        id bigint, status_code integer, content_type text, headers jsonb, content text,
        timed_out bool, error_msg text, created timestamptz not null default now()
    );
    create function net.http_post(
        url text, body jsonb default '{}', params jsonb default '{}',
        headers jsonb default '{\"Content-Type\": \"application/json\"}',
        timeout_milliseconds int default 5000
    )
    returns bigint language plpgsql as $$
    declare
        request_id bigint;
    begin
        if headers ->> 'Content-Type' <> 'application/json' then
            raise exception 'Content-Type header must be \"application/json\"';
        end if;
        insert into net.http_request_queue (method, url, headers, body, timeout_milliseconds)
        values ('POST', url, headers, convert_to(body::text, 'UTF8'), timeout_milliseconds)
        returning id into request_id;
        return request_id;
    end $$;
    grant usage on schema net to public;
    grant all on all tables in schema net to public;
    grant all on all sequences in schema net to public;";

/// Vault's view, over secrets that nobody has encrypted.
pub const VAULT: &str = "
    create schema vault;
    create table vault.secrets (
        id uuid primary key default gen_random_uuid(), name text unique, secret text not null
    );
    create view vault.decrypted_secrets as
        select s.id, s.name, s.secret, s.secret as decrypted_secret from vault.secrets s;
    grant usage on schema vault to postgres;
    grant select on vault.decrypted_secrets to postgres;";
