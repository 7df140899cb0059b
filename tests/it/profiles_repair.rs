//! Profiles of whoever ought to have none, planned, stamped and put back by the real binary.

mod doubts;
mod kills;
mod settings;
mod stamps;
mod untold;

use rollcall_local::runtime_api::Function;
use rollcall_tests::{
    Deployed, World,
    people::{id, people, quietly},
    shapes, thrown,
};
use serde_json::{Value, json};

async fn repair(world: &World) -> Function {
    Deployed::start("repair", world, "rollcall_operator", &[]).await
}

async fn act(world: &World, event: Value) -> Value {
    let answer = repair(world).await.invoke(event).await.unwrap();
    for table in answer["tables"].as_array().unwrap() {
        let [planned, rest @ ..] = ["planned", "done", "refused", "gone", "remaining"]
            .map(|part| table[part].as_i64().unwrap());
        assert_eq!(planned, rest.iter().sum::<i64>(), "{answer:#}");
    }
    answer
}

async fn plan(world: &World) -> Value {
    act(world, json!({"action": "profiles.plan"})).await
}

async fn apply(world: &World, plan: &Value) -> Value {
    act(world, json!({"action": "apply", "run_id": plan["run_id"]})).await
}

async fn undo(world: &World, plan: &Value) -> Value {
    act(world, json!({"action": "undo", "run_id": plan["run_id"]})).await
}

/// For each class: its policy, planned and done.
fn classes(answer: &Value) -> Vec<(String, i64, i64)> {
    let tables = answer["tables"].as_array().unwrap().iter();
    let tables = tables.map(|table| {
        let policy = table["policy"].as_str().unwrap().to_owned();
        (
            policy,
            table["planned"].as_i64().unwrap(),
            table["done"].as_i64().unwrap(),
        )
    });
    tables.collect()
}

/// A hundred people, of whom 1 and 2 are orphaned, 3 is deleted and 4 excluded.
async fn left_over() -> World {
    let (sql, toml) = shapes::VERIFIED_USERS;
    let world = World::with(sql, toml).await;
    people(&world, 1, 100).await;
    let sql = format!(
        "delete from auth.users where id in ('{}', '{}');
         update auth.users set deleted_at = now() where id = '{}';
         insert into rollcall.exclusions values ('{}')",
        id(1),
        id(2),
        id(3),
        id(4)
    );
    quietly(&world, &sql).await;
    world
}

const ALL: &str = "select md5(string_agg(p::text, ' ' order by id)) from public.users p";
