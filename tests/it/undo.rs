//! The undo of a backfill: the real binary removes what the run made, and nothing else.

mod histories;
mod interrupted;
mod referred;
mod requests;
mod touched;

use rollcall_local::runtime_api::Function;
use rollcall_tests::{Deployed, World, shapes};
use serde_json::{Value, json};

const RUN: &str = "0e8f9a60-1111-4222-8333-444455556666";

async fn repair(world: &World) -> Function {
    Deployed::start("repair", world, "rollcall_operator", &[]).await
}

/// The id of the user of this number.
fn id(number: u32) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

/// A world in which a backfill has given so many users a profile.
async fn backfilled(shape: (&str, &str), more: &str, users: u32) -> World {
    let (sql, toml) = shape;
    let world = World::with(&format!("{sql}; {more}"), toml).await;
    world
        .run(
            "supabase_admin",
            &format!(
                "set session_replication_role = replica;
                 insert into auth.users (id, email)
                 select ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid,
                     'u' || n || '@example.com'
                 from generate_series(1, {users}) n"
            ),
        )
        .await;
    run_backfill(&world).await;
    world
}

async fn run_backfill(world: &World) {
    let backfill = Deployed::start("backfill", world, "rollcall_operator", &[]).await;
    let event = json!({"mode": "run", "run_id": RUN, "accept_side_effects": true});
    let run = backfill.invoke(event).await.unwrap();
    assert_eq!(run["status"], "completed", "{run:#}");
}

async fn undo(world: &World) -> Value {
    let function = repair(world).await;
    answer(&function, json!({"action": "undo", "run_id": RUN})).await
}

/// What an event is answered with, whose sum adds up.
async fn answer(function: &Function, event: Value) -> Value {
    let answer = function.invoke(event).await.unwrap();
    let [planned, rest @ ..] = counts(&answer);
    assert_eq!(planned, rest.iter().sum::<i64>(), "{answer:#}");
    let reasons = answer["reasons"].as_array().unwrap();
    let told: i64 = reasons
        .iter()
        .map(|reason| reason["rows"].as_i64().unwrap())
        .sum();
    assert_eq!(told, rest[1], "{answer:#}");
    assert!(
        reasons
            .iter()
            .all(|reason| !reason["mend"].as_str().unwrap().is_empty())
    );
    answer
}

/// `[planned, done, refused, gone, remaining]`.
fn counts(answer: &Value) -> [i64; 5] {
    ["planned", "done", "refused", "gone", "remaining"]
        .map(|part| answer["tables"][0][part].as_i64().unwrap())
}

/// The numbers of the profiles that were left, each with the reason and the table that refers.
fn left(answer: &Value) -> Vec<(u32, String, String)> {
    let refusals = answer["refusals"].as_array().unwrap().iter();
    let refusals = refusals.map(|refusal| {
        let word = |field: &str| refusal[field].as_str().unwrap_or_default().to_owned();
        let number = word("key")[24..].parse().unwrap();
        (number, word("reason"), word("referred_by"))
    });
    refusals.collect()
}

fn because(number: u32, reason: &str, referrer: &str) -> (u32, String, String) {
    (number, reason.to_owned(), referrer.to_owned())
}

/// The numbers of the profiles there are.
async fn profiles(world: &World, table: &str) -> String {
    let sql = format!(
        "select string_agg(right(id::text, 12)::bigint::text, ' ' order by id) from {table}"
    );
    world.ask(&sql).await
}
