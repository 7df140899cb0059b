//! While somebody keeps a table locked: whoever asks is told who, and what to do about it.

use rollcall_tests::{Deployed, World, people::people, shapes, thrown};
use serde_json::{Value, json};
use sqlx::{Connection, Executor, PgConnection};

async fn world() -> World {
    let (sql, toml) = shapes::VERIFIED_USERS;
    let world = World::with(sql, toml).await;
    people(&world, 1, 3).await;
    world
}

/// Locks a table against everybody; answers the process that holds it.
async fn lock(world: &World, table: &str) -> (PgConnection, i32) {
    let mut holder = world.connect("supabase_admin").await;
    let lock = format!("begin; lock {table} in access exclusive mode");
    holder.execute(sqlx::AssertSqlSafe(lock)).await.unwrap();
    let pid = sqlx::query_scalar("select pg_backend_pid()")
        .fetch_one(&mut holder)
        .await
        .unwrap();
    (holder, pid)
}

#[tokio::test]
async fn whoever_asks_is_told_who_holds_it_and_what_to_do() {
    let world = world().await;
    let nobody = "0e8f9a60-1111-4222-8333-444455556666";
    let function = Deployed::start("repair", &world, "rollcall_operator", &[]).await;
    for (table, events) in [
        (
            "auth.users",
            vec![
                json!({"action": "profiles.plan"}),
                json!({"action": "trigger.status"}),
                json!({"action": "trigger.canary"}),
                json!({"action": "forget", "user_ids": [nobody]}),
                json!({"action": "include", "user_ids": [nobody]}),
            ],
        ),
        (
            "public.users",
            vec![
                json!({"action": "profiles.plan"}),
                json!({"action": "trigger.canary"}),
                json!({"action": "include", "user_ids": [nobody]}),
            ],
        ),
    ] {
        let (holder, pid) = lock(&world, table).await;
        for event in events {
            let (kind, sentence) = thrown(function.invoke(event.clone()).await);
            assert_eq!(kind, "Unavailable", "{event}: {sentence}");
            for words in [
                &format!("({table} by process {pid} since "),
                "pg_terminate_backend",
                "do the same again",
            ] {
                assert!(sentence.contains(words), "{words}: {event}: {sentence}");
            }
        }
        holder.close().await.unwrap();
    }
}

/// While this table is locked against everybody.
async fn nightly_beside(table: &str) {
    let world = world().await;
    let (holder, _) = lock(&world, table).await;
    let nightly = Deployed::start("nightly-check", &world, "rollcall_app", &[]).await;
    let seen = nightly.invoke(json!({})).await.unwrap();
    assert_eq!(
        (&seen["status"], &seen["severity"]),
        (&json!("unknown"), &json!("P1")),
        "{table}: {seen:#}"
    );
    let mut checks = seen["checks"].as_array().unwrap().iter();
    let canary = checks.find(|check| check["check_name"] == "canary_check");
    let canary = canary.unwrap();
    assert_eq!(canary["passed"], Value::Null, "{table}: {canary:#}");
    holder.close().await.unwrap();
    let seen = nightly.invoke(json!({})).await.unwrap();
    assert_eq!(seen["status"], "healthy", "{table}: {seen:#}");
}

#[tokio::test]
async fn a_lock_is_no_proof_that_nobody_can_sign_up() {
    tokio::join!(nightly_beside("auth.users"), nightly_beside("public.users"));
}
