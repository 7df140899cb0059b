//! Orphaned child rows: planned, given a profile, moved into quarantine or reassigned, and brought
//! back by the real binary, to the byte.

mod any_rows;
mod any_types;
mod came_back;
mod circles;
mod columns;
mod conserved;
mod doubted;
mod exported;
mod faults;
mod images;
mod kills;
mod locks;
mod moved;
mod partitioned;
mod rights;
mod settings;
mod since;
mod spelled;
mod structures;
mod together;
mod told;
mod under_writes;
mod untold;
mod whole_path;

use rollcall_local::runtime_api::Function;
use rollcall_tests::{Deployed, World, shapes};
use serde_json::{Value, json};

use conserved::Repair;

async fn repair(world: &World) -> Repair {
    Repair::of(world).await
}

/// The id of the user of this number.
fn id(number: u32) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

/// A table `public.users` in which users 1 to 9 have a profile; 11 to 19 are in `auth.users` only;
/// nobody else is anywhere. `more` is SQL, and of the child tables these are configured.
async fn world(more: &str, children: &[(&str, &str)]) -> World {
    world_with(shapes::USERS, more, children).await
}

/// The same, where that table and its `rollcall.toml` are these.
async fn world_with((sql, toml): (&str, &str), more: &str, children: &[(&str, &str)]) -> World {
    let children: Vec<String> = children
        .iter()
        .map(|(table, column)| {
            format!("\n[[references]]\ntable = {table:?}\ncolumn = {column:?}\n")
        })
        .collect();
    let world = World::bare(&format!("{sql}; {more}")).await;
    world.install(&format!("{toml}{}", children.concat())).await;
    world
        .run(
            "supabase_admin",
            "set session_replication_role = replica;
             insert into auth.users (id, email)
             select ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid,
                 'u' || n || '@example.com'
             from generate_series(1, 19) n where n <> 10;
             insert into public.users (id, email)
             select id, email from auth.users where right(id::text, 2)::int < 10",
        )
        .await;
    world
}

/// What an event is answered with, whose sums add up.
async fn answer(function: &Function, event: Value) -> Value {
    let answer = function.invoke(event).await.unwrap();
    let (mut refused, tables) = (0, answer["tables"].as_array().unwrap());
    for table in tables {
        let [planned, rest @ ..] = counts(table);
        assert_eq!(planned, rest.iter().sum::<i64>(), "{answer:#}");
        refused += rest[1];
    }
    let reasons = answer["reasons"].as_array().unwrap();
    let told: i64 = reasons
        .iter()
        .map(|reason| reason["rows"].as_i64().unwrap())
        .sum();
    assert_eq!(told, refused, "{answer:#}");
    answer
}

/// `[planned, done, refused, gone, remaining]`.
fn counts(table: &Value) -> [i64; 5] {
    ["planned", "done", "refused", "gone", "remaining"].map(|part| table[part].as_i64().unwrap())
}

/// Table by table: what it is, and its counts.
fn tables(answer: &Value) -> Vec<(String, [i64; 5])> {
    let tables = answer["tables"].as_array().unwrap().iter();
    let word = |table: &Value, field: &str| table[field].as_str().unwrap().to_owned();
    tables
        .map(|table| {
            let name = word(table, "table") + "." + &word(table, "column");
            (name + " " + &word(table, "policy"), counts(table))
        })
        .collect()
}

/// The rows that were left: table, key, reason.
fn left(answer: &Value) -> Vec<String> {
    let refusals = answer["refusals"].as_array().unwrap().iter();
    let word = |refusal: &Value, field: &str| refusal[field].as_str().unwrap().to_owned();
    refusals
        .map(|refusal| {
            ["table", "key", "reason"]
                .map(|field| word(refusal, field))
                .join(" ")
        })
        .collect()
}

async fn plan(function: &Function, policies: Value) -> Value {
    let event = json!({"action": "references.plan", "policies": policies, "reason": "a test"});
    answer(function, event).await
}

/// Applies a plan, by which no row is lost.
async fn apply(function: &Repair, planned: &Value) -> Value {
    function.conserving(confirmed(planned)).await
}

/// The event that applies just this plan.
fn confirmed(planned: &Value) -> Value {
    let rows: i64 = planned["tables"]
        .as_array()
        .unwrap()
        .iter()
        .map(|table| table["remaining"].as_i64().unwrap())
        .sum();
    json!({"action": "apply", "run_id": planned["run_id"], "confirm_count": rows})
}

/// Takes a run back, by which no row is lost.
async fn undo(function: &Repair, run: &Value) -> Value {
    let event = json!({"action": "undo", "run_id": run["run_id"]});
    function.conserving(event).await
}

/// All rows of a table, to the byte, in an order of their own.
async fn dump(world: &World, table: &str) -> String {
    world
        .ask(&format!(
            "select string_agg(t::text, e'\n' order by t::text collate \"C\") from {table} t"
        ))
        .await
}

async fn count(world: &World, table: &str) -> i64 {
    let rows = world.ask(&format!("select count(*) from {table}")).await;
    rows.parse().unwrap()
}
