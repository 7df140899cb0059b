//! More reasons, each by its own word; and tables of every kind.

use rollcall_tests::{World, shapes, thrown};
use serde_json::json;

use super::reasons::refusal;
use super::*;

const TABLE: &str = "create table public.users (id uuid primary key, email text unique, name text)";

async fn assert_reason(change: &str, reason: &str, sqlstate: &str) {
    let refusal = refusal(TABLE, shapes::USERS.1, change).await;
    assert_eq!(
        (&refusal["reason"], &refusal["sqlstate"]),
        (&json!(reason), &json!(sqlstate)),
        "{change}"
    );
}

fn raising(state: &str) -> String {
    format!(
        "create function public.theirs() returns trigger language plpgsql as
             'begin if new.email like ''u4@%'' then raise ''no'' using errcode = ''{state}''; end if;
              return new; end';
         create trigger theirs before insert on public.users
             for each row execute function public.theirs()"
    )
}

#[tokio::test]
async fn a_trigger_that_raises_another_s_code() {
    for (state, reason) in [
        ("23514", "check"),
        ("23503", "foreign_key"),
        ("23502", "not_null"),
        ("22P02", "cast"),
        ("42501", "permission"),
        ("23505", "other"),
        ("42703", "other"),
        ("42P01", "other"),
        ("54000", "other"),
        ("P0004", "other"),
        ("XX000", "other"),
    ] {
        assert_reason(&raising(state), reason, state).await;
    }
}

#[tokio::test]
async fn an_exclusion_constraint_has_no_word_of_its_own() {
    let change = "alter table public.users add exclude using btree (lower(email) with =);
        insert into public.users (id, email) values (gen_random_uuid(), 'U4@example.com')";
    assert_reason(change, "other", "23P01").await;
}

#[tokio::test]
async fn a_domain_that_has_a_check() {
    let table = "create domain public.mail as text check (value <> 'u4@example.com');
        create table public.users (id uuid primary key, email public.mail, name text)";
    let refusal = refusal(table, shapes::USERS.1, "select").await;
    assert_eq!(
        (&refusal["reason"], &refusal["sqlstate"]),
        (&json!("check"), &json!("23514"))
    );
}

#[tokio::test]
async fn row_security_that_blinds_the_owner_stops_the_run_and_refuses_nobody() {
    let world = World::bare("").await;
    // Who sees all users by owning them, and has no right to be above policies elsewhere.
    let owner = "supabase_auth_admin";
    let prepare = format!(
        "create schema app authorization {owner};
         grant create on database {} to {owner}; grant create on schema public to {owner};
         set role {owner};
         create table app.users (id uuid primary key, email text)",
        world.name()
    );
    world.run("supabase_admin", &prepare).await;
    let toml = "[profile]\ntable = \"app.users\"\nkey = \"id\"\n\n\
                [profile.columns]\nemail = \"email\"\n";
    let migration = rollcall_install::render::migration(&world.mapping(toml).await);
    world.run(owner, &migration).await;
    ghosts(&world, 1, 3).await;
    let function = backfill(&world).await;
    let plan = answer(&function, json!({})).await;
    let force = "alter table app.users enable row level security, force row level security";
    world.run(owner, force).await;
    let event = json!({"mode": "run", "run_id": plan["run_id"]});
    let (kind, sentence) = thrown(function.invoke(event.clone()).await);
    assert_eq!(kind, "Misconfigured", "{sentence}");
    for words in ["give BYPASSRLS back", plan["run_id"].as_str().unwrap()] {
        assert!(sentence.contains(words), "{sentence}");
    }
    let refusals = "select count(*) from rollcall.run_refusals";
    assert_eq!(world.ask(refusals).await, "0");
    let mend = "alter table app.users no force row level security";
    world.run(owner, mend).await;
    assert_eq!(counts(&answer(&function, event).await), [3, 3, 0, 0, 0, 0]);
}

#[tokio::test]
async fn a_partition_that_is_missing() {
    let table = "create table public.users (id uuid primary key, email text, name text)
            partition by range (id);
        create table public.first_users partition of public.users
            for values from (minvalue) to ('00000000-0000-4000-8000-000000000004');
        create table public.later_users partition of public.users
            for values from ('00000000-0000-4000-8000-000000000005') to (maxvalue)";
    let refusal = refusal(table, shapes::USERS.1, "select").await;
    assert_eq!(
        (&refusal["reason"], &refusal["sqlstate"]),
        (&json!("check"), &json!("23514"))
    );
}

#[tokio::test]
async fn columns_that_fill_themselves_are_no_reason() {
    let table = "create table public.users (
            id uuid primary key, email text, name text,
            number bigint generated always as identity unique,
            shout text not null generated always as (upper(email)) stored unique
        )";
    let change = "alter table public.users add check (number > 0 and email <> 'u4@example.com')";
    let refusal = refusal(table, shapes::USERS.1, change).await;
    assert_eq!(refusal["reason"], "check");
}
