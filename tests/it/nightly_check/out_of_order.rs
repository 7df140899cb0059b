//! A check that cannot look says so, and never says zero.

use std::time::Duration;

use rollcall_tests::{Deployed, Line, World, look, shapes, thrown};
use serde_json::json;

use super::*;

async fn world() -> World {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    people(&world, 1, 2).await;
    world
}

async fn failure(function: &Function) -> (String, String) {
    thrown(function.invoke(json!({})).await)
}

#[tokio::test]
async fn a_database_without_rollcall_is_misconfigured() {
    let world = World::bare(shapes::USERS.0).await;
    let (kind, sentence) = failure(&check(&world).await).await;
    assert_eq!(kind, "Misconfigured", "{sentence}");
    assert!(
        sentence.contains("apply the output of `rollcall sql`"),
        "{sentence}"
    );
}

#[tokio::test]
async fn a_role_without_rights_is_misconfigured() {
    let world = world().await;
    let function = Deployed::start("nightly-check", &world, "authenticator", &[]).await;
    let (kind, sentence) = failure(&function).await;
    assert_eq!(kind, "Misconfigured", "{sentence}");
    assert!(sentence.contains("of rollcall_app"), "{sentence}");
}

#[tokio::test]
async fn a_database_that_is_away_or_silent_is_unavailable() {
    let world = world().await;
    let line = Line::open().await;
    let url = line.url("rollcall_app", &world);
    let function = Deployed::with_url("nightly-check", &url, &[]).await;
    line.cut().await;
    let (kind, sentence) = failure(&function).await;
    assert_eq!(kind, "Unavailable", "{sentence}");
    assert!(sentence.contains("refused"), "{sentence}");
    line.mend().await;
    assert_eq!(
        function.invoke(json!({})).await.unwrap()["status"],
        "healthy"
    );
    line.hold();
    let (kind, sentence) = failure(&function).await;
    assert_eq!(kind, "Unavailable", "{sentence}");
    assert!(sentence.contains("while connecting"), "{sentence}");
    line.mend().await;
    assert_eq!(
        function.invoke(json!({})).await.unwrap()["status"],
        "healthy"
    );
}

#[tokio::test]
async fn a_process_that_was_killed_in_a_check_leaves_nothing_behind() {
    let world = world().await;
    let mut holder = world.connect("postgres").await;
    let lock = "begin; lock table public.users in access exclusive mode";
    sqlx::raw_sql(lock).execute(&mut holder).await.unwrap();
    let function = check(&world).await;
    // Its process ends with it.
    let answer = tokio::time::timeout(Duration::from_secs(1), function.invoke(look())).await;
    answer.unwrap_err();
    drop(function);
    sqlx::raw_sql("rollback")
        .execute(&mut holder)
        .await
        .unwrap();
    let waiting = "select count(*) from pg_stat_activity
        where datname = current_database() and application_name = 'rollcall nightly-check'";
    while world.ask(waiting).await != "0" {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(report(&world).await["status"], "healthy");
}
