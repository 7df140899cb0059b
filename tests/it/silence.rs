//! What nobody must read in a log or an error: canaries are planted in everything that a function
//! is given, and looked for in everything that it says, at the highest log level.

mod operators;
mod secrets;
mod start;
mod triggers;
mod webhook;

use std::{sync::Arc, time::Duration};

use rollcall_local::runtime_api::Function;
use rollcall_tests::{Deployed, World};
use serde_json::{Value, json};

/// Somebody, by whose id lines may be found.
const ADA: &str = "00000000-0000-4000-8000-00000000000a";

/// What is planted. Every one of them has the word in it, or encodes it.
const EMAIL: &str = "canary-mail@example.com";
const NAME: &str = "Canary Bird";
const PASSWORD: &str = "canary-password";
const TOKEN: &str = "canary-token-of-enough-characters";
const SECRET: &str = "v1,whsec_Y2FuYXJ5IHNlY3JldCBvZiBlbm91Z2ggYnl0ZXM";

/// Every way to have a function say as much as it can.
const LOUD: [[(&str, &str); 2]; 3] = [
    [
        ("AWS_LAMBDA_LOG_LEVEL", "TRACE"),
        ("RUST_BACKTRACE", "full"),
    ],
    [
        ("AWS_LAMBDA_LOG_LEVEL", "TRACE"),
        ("AWS_LAMBDA_LOG_FORMAT", "Text"),
    ],
    [("RUST_LOG", "trace"), ("RUST_LIB_BACKTRACE", "1")],
];

fn assert_silent(said: &str) {
    let small = said.to_lowercase();
    // The start of the secret, in base64.
    for planted in ["canary", "y2fuyxj5"] {
        assert!(!small.contains(planted), "{planted:?} was said: {said}");
    }
}

/// A function of a world, as loud as this, with the credentials that are canaries.
async fn start(name: &str, url: &str, loud: &[(&str, &str)]) -> Arc<Function> {
    let mut variables = vec![("WEBHOOK_SECRETS", SECRET), ("WEBHOOK_TOKENS", TOKEN)];
    variables.extend_from_slice(loud);
    Arc::new(Deployed::with_url(name, url, &variables).await)
}

/// The world's address with a password in it, which the server does not ask for.
fn with_password(url: &str) -> String {
    url.replacen('@', &format!(":{PASSWORD}@"), 1)
}

/// All that a function has written, once it has stopped writing.
async fn heard(function: &Function) -> String {
    let mut lines = function.logs();
    loop {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let more = function.logs();
        if more.len() == lines.len() {
            return lines.join("\n");
        }
        lines = more;
    }
}

/// The row of a user in which everything is a canary.
async fn sign_up(world: &World, id: &str) {
    world
        .run(
            "supabase_admin",
            &format!(
                "set session_replication_role = replica;
                 insert into auth.users (id, email, raw_user_meta_data, created_at)
                 values ('{id}', '{EMAIL}', '{{\"full_name\": \"{NAME}\"}}', now())"
            ),
        )
        .await;
}

/// What a database webhook sends about that row.
fn full_row(kind: &str, id: &str) -> Value {
    let record = json!({
        "id": id, "email": EMAIL, "encrypted_password": "canary-hash",
        "raw_user_meta_data": {"full_name": NAME}, "confirmation_token": "canary-token",
    });
    json!({
        "type": kind, "schema": "auth", "table": "users", "record": record, "old_record": record,
        "canary": "canary",
    })
}

/// A trigger of the application's that tells everybody, in every way that there is.
async fn add_gossip(world: &World) {
    world
        .run(
            "postgres",
            "create function public.gossip() returns trigger language plpgsql as $$
             begin
                 raise warning 'new row: %', new;
                 raise notice 'new row: %', new using detail = coalesce(new.email, 'none');
                 raise info 'new row: %', new;
                 return new;
             end $$;
             create trigger gossip before insert or update on public.users
                 for each row execute function public.gossip()",
        )
        .await;
}

/// Ways in which a profile is not accepted, each with the row's values in the error.
const REFUSALS: [&str; 7] = [
    "alter table public.users add check (email not like 'canary%')",
    "alter table public.users add constraint \"u\" unique (name);
     insert into public.users (id, name) values (gen_random_uuid(), 'Canary Bird')",
    "alter table public.users alter name type varchar(3)",
    "alter table public.users alter email type integer using null",
    "create function public.no() returns trigger language plpgsql as
         $$ begin raise exception 'not %', new.email using detail = new.email; end $$;
     create trigger no before insert on public.users for each row execute function public.no()",
    "create function public.no() returns trigger language plpgsql as
         $$ begin raise exception 'not %', new.email using errcode = 'ZZ999'; end $$;
     create trigger no before insert on public.users for each row execute function public.no()",
    // Beyond Rollcall's reach: it strikes at the commit, and tells the row.
    "create table public.elsewhere (email text);
     create function public.no() returns trigger language plpgsql as
         $$ begin raise exception 'not %', new.email using errcode = 'ZZ999'; end $$;
     create constraint trigger no after insert on public.elsewhere deferrable initially deferred
         for each row execute function public.no();
     create function public.pass_on() returns trigger language plpgsql as
         $$ begin insert into public.elsewhere values (new.email); return new; end $$;
     create trigger pass_on after insert on public.users
         for each row execute function public.pass_on()",
];
