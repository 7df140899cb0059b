//! What a preview foresees is what comes of it.

use rollcall_tests::{World, shapes};
use serde_json::json;

use super::*;

const TABLE: &str = "create table public.users (id uuid primary key, email text, name text";
const ORPHAN: &str =
    "insert into public.users (id, email) values (gen_random_uuid(), 'U4@example.com')";

/// Six ghosts. Answers the preview's foresight as `reason: users`, with the run of it.
async fn foresight(table: &str, toml: &str, change: &str) -> (Value, Value) {
    let world = World::with(table, toml).await;
    ghosts(&world, 1, 6).await;
    world.run("supabase_admin", change).await;
    let function = backfill(&world).await;
    let plan = answer(&function, json!({})).await;
    let run = answer(&function, json!({"mode": "run", "run_id": plan["run_id"]})).await;
    assert_eq!(run["status"], "completed");
    assert_eq!(run["likely_refusals"], json!([]));
    for answer in [&plan, &run] {
        let likely = answer["likely_refusals"].as_array().unwrap().iter();
        let told = answer["reasons"].as_object().unwrap();
        let mut reasons: Vec<_> = likely.map(|one| one["reason"].as_str().unwrap()).collect();
        reasons.extend(told.keys().map(String::as_str));
        let mends = answer["mends"].as_object().unwrap();
        assert_eq!(mends.keys().collect::<Vec<_>>(), reasons);
    }
    (plan["likely_refusals"].clone(), run)
}

/// That just the fourth is foreseen, with this reason, and refused so.
async fn assert_foreseen(table: &str, toml: &str, change: &str, reason: &str, sqlstate: &str) {
    let (likely, run) = foresight(table, toml, change).await;
    let foreseen = json!([
        {"reason": reason, "sqlstate": sqlstate, "users": 1, "first_users": [id(4)]}
    ]);
    assert_eq!(likely, foreseen, "{table}; {change}");
    let refused = json!([{"user_id": id(4), "reason": reason, "sqlstate": sqlstate}]);
    assert_eq!(run["refusals"], refused, "{table}; {change}");
}

#[tokio::test]
async fn a_value_that_is_held_under_any_kind_of_unique_index() {
    let toml = shapes::USERS.1;
    for unique in [
        "create unique index on public.users (email)",
        "create unique index on public.users (lower(email))",
        "create unique index on public.users (email) where email like '%4@%'",
        "create unique index on public.users ((email || '!'), (id is null))",
        "alter table public.users add unique (email) deferrable initially deferred",
        "create collation public.ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
         alter table public.users alter email type text collate public.ci;
         create unique index on public.users (email)",
        "create extension citext schema public;
         alter table public.users alter email type public.citext;
         create unique index on public.users (email)",
    ] {
        let ignores_case = ["lower", "collation", "citext"].iter().any(|word| unique.contains(word));
        let held = if ignores_case { "U4" } else { "u4" };
        let orphan = format!(
            "{unique}; insert into public.users (id, email)
             values (gen_random_uuid(), '{held}@example.com')"
        );
        let table = format!("{TABLE})");
        assert_foreseen(&table, toml, &orphan, "unique_held_by_orphan", "23505").await;
        let live = format!(
            "{orphan}; set session_replication_role = replica;
             insert into auth.users (id, email) select id, 'x@example.com' from public.users"
        );
        assert_foreseen(&table, toml, &live, "unique_held_by_live", "23505").await;
    }
}

#[tokio::test]
async fn a_value_that_two_of_the_plan_want() {
    let change = "create unique index on public.users (lower(email));
        set session_replication_role = replica;
        update auth.users set email = case email when 'u2@example.com' then 'ADA@example.com' when 'u3@example.com' then 'ada@example.com' else 'Ada@example.com' end where email ~ '^u[236]@'";
    let (likely, run) = foresight(&format!("{TABLE})"), shapes::USERS.1, change).await;
    let seen = &likely[0];
    assert_eq!(
        (&seen["reason"], &seen["users"]),
        (&json!("unique_held_by_live"), &json!(2))
    );
    assert_eq!(run["reasons"], json!({"unique_held_by_live": 2}));
}

#[tokio::test]
async fn metadata_that_is_held_by_another_costs_nobody_their_profile() {
    let table = format!("{TABLE} unique)");
    let change = "set session_replication_role = replica;
        update auth.users set raw_user_meta_data = jsonb_build_object('full_name', 'Ada')";
    let (likely, run) = foresight(&table, shapes::USERS.1, change).await;
    assert_eq!((&likely, count(&run, "created")), (&json!([]), 6));
}

#[tokio::test]
async fn a_value_that_must_not_be_null() {
    let change = "set session_replication_role = replica;
        update auth.users set email = null where email like 'u4@%';
        alter table public.users alter email set not null";
    let table = format!("{TABLE})");
    assert_foreseen(&table, shapes::USERS.1, change, "not_null", "23502").await;
    // One that has a default is not in danger.
    let change = "set session_replication_role = replica;
        update auth.users set email = null where email like 'u4@%'";
    let table = TABLE.replace("email text", "email text not null default '-'") + ")";
    let (likely, run) = foresight(&table, shapes::USERS.1, change).await;
    assert_eq!((&likely, count(&run, "refused")), (&json!([]), 0));
}

#[tokio::test]
async fn what_the_ledger_says_of_an_earlier_attempt() {
    let change = format!(
        "alter table public.users add check (email <> 'u4@example.com');
         select rollcall.ensure_profile('{}')",
        id(4)
    );
    let table = format!("{TABLE})");
    assert_foreseen(&table, shapes::USERS.1, &change, "check", "23514").await;
}

#[tokio::test]
async fn an_index_on_what_is_not_mapped_says_nothing() {
    let table = format!("{TABLE}, slug text unique default gen_random_uuid()::text)");
    let (likely, run) = foresight(&table, shapes::USERS.1, ORPHAN).await;
    assert_eq!((&likely, count(&run, "refused")), (&json!([]), 0));
}

#[tokio::test]
async fn a_value_that_cannot_even_be_computed_leaves_the_ledger() {
    for (types, column, bad, reason, sqlstate) in [
        ("", "born date not null", "some day", "cast", "22007"),
        (
            "create domain public.year as text check (value like '2%');",
            "born public.year not null",
            "1999",
            "check",
            "23514",
        ),
    ] {
        let table = format!("{types} {TABLE} unique, {column})");
        let toml = format!("{}born = \"meta.born\"\n", shapes::USERS.1);
        let change = format!(
            "set session_replication_role = replica;
             update auth.users set raw_user_meta_data = raw_user_meta_data || jsonb_build_object(
                 'born', case when email like 'u4@%' then '{bad}' else '2000-01-01' end);
             select rollcall.ensure_profile('{}')",
            id(4)
        );
        assert_foreseen(&table, &toml, &change, reason, sqlstate).await;
    }
}

#[tokio::test]
async fn an_index_whose_function_raises_costs_the_foresight_and_not_the_preview() {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    ghosts(&world, 1, 3).await;
    let change = "create function public.plain(e text) returns text language plpgsql immutable as
            'begin if e like ''u2@%'' then raise ''no % please'', e; end if; return e; end';
        create unique index on public.users (public.plain(email))";
    world.run("postgres", change).await;
    let plan = answer(&backfill(&world).await, json!({})).await;
    assert_eq!(counts(&plan), [3, 0, 0, 0, 0, 3]);
    assert_eq!(plan["likely_refusals"], json!([]));
}
