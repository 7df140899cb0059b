//! The backfill: the real binary creates what is missing, whatever happens meanwhile.

mod altered;
mod by_index;
mod deadline;
mod export;
mod histories;
mod interrupted;
mod kills;
mod lease;
mod leavers;
mod likely;
mod orders;
mod outages;
mod plans;
mod poison;
mod reasons;
mod requests;
mod scope;
mod state_machine;
mod told_apart;

use rollcall_local::runtime_api::Function;
use rollcall_tests::{Deployed, World};
use serde_json::{Value, json};

async fn backfill(world: &World) -> Function {
    Deployed::start("backfill", world, "rollcall_operator", &[]).await
}

/// What an event is answered with, whose sum adds up.
async fn answer(function: &Function, event: Value) -> Value {
    let answer = function.invoke(event).await.unwrap();
    assert_adds_up(&answer);
    assert_eq!(answer["export"], json!(null));
    answer
}

/// What is true of every answer.
fn assert_adds_up(answer: &Value) {
    let parts = ["created", "present", "refused", "gone", "remaining"];
    let sum: i64 = parts.map(|part| count(answer, part)).iter().sum();
    assert_eq!(count(answer, "planned"), sum, "{answer:#}");
    let reasons = answer["reasons"].as_object().unwrap();
    let told: i64 = reasons.values().filter_map(Value::as_i64).sum();
    assert_eq!(count(answer, "refused"), told, "{answer:#}");
    let shown = answer["refusals"].as_array().unwrap().iter();
    assert_eq!(
        count(answer, "refused").min(100),
        shown.map(|_| 1).sum::<i64>()
    );
    assert_eq!(answer["digest"].as_str().unwrap().len(), 32);
}

fn count(answer: &Value, part: &str) -> i64 {
    answer[part].as_i64().unwrap()
}

/// `[planned, created, present, refused, gone, remaining]`.
fn counts(answer: &Value) -> [i64; 6] {
    [
        "planned",
        "created",
        "present",
        "refused",
        "gone",
        "remaining",
    ]
    .map(|part| count(answer, part))
}

/// Auth users numbered from `first` on, without a profile.
async fn ghosts(world: &World, first: u32, number: u32) {
    quietly(
        world,
        &format!(
            "insert into auth.users (id, email, raw_user_meta_data, created_at)
             select
                 ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid,
                 'u' || n || '@example.com', jsonb_build_object('full_name', 'U ' || n),
                 timestamptz '2026-11-01 00:00Z' + n * interval '1 day'
             from generate_series({first}, {last}) n",
            last = first + number - 1
        ),
    )
    .await;
}

/// The id of the ghost of this number.
fn id(number: u32) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

/// Changes something without any trigger noticing.
async fn quietly(world: &World, sql: &str) {
    let sql = format!("set session_replication_role = replica; {sql}");
    world.run("supabase_admin", &sql).await;
}

/// Has a trigger of the application's run this before each profile is inserted.
async fn before_insert(world: &World, body: &str) {
    world
        .run(
            "postgres",
            &format!(
                "create or replace function public.theirs() returns trigger language plpgsql
                     as $$ begin {body} return new; end $$;
                 create or replace trigger theirs before insert on public.users
                     for each row execute function public.theirs()"
            ),
        )
        .await;
}

async fn profiles(world: &World) -> String {
    world.ask("select count(*) from public.users").await
}
