//! One snapshot, however busy the database is.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use rollcall_tests::{World, shapes};
use serde_json::json;

use super::*;

#[tokio::test]
async fn every_report_adds_up_while_people_come_and_go() {
    let (sql, toml) = shapes::VERIFIED_USERS;
    let world = World::with(sql, toml).await;
    people(&world, 1, 50).await;
    ghosts(&world, 100, 4, 1).await;
    let function = check(&world).await;
    let (mut comers, mut goers) = (
        world.connect("supabase_auth_admin").await,
        world.connect("supabase_auth_admin").await,
    );
    let is_over = Arc::new(AtomicBool::new(false));
    let busy = async |connection: &mut sqlx::PgConnection, sql: &'static str| {
        let mut rounds = 0;
        while !is_over.load(Ordering::Relaxed) {
            sqlx::raw_sql(sql).execute(&mut *connection).await.unwrap();
            rounds += 1;
        }
        rounds
    };
    let coming = busy(
        &mut comers,
        "insert into auth.users (id, email, created_at)
         values (gen_random_uuid(), gen_random_uuid() || '@example.com', now())",
    );
    let going = busy(
        &mut goers,
        "delete from auth.users where id in (
             select id from auth.users where email like '%-%' order by id limit 1
             for update skip locked
         )",
    );
    let checking = async {
        for _ in 0..40 {
            let report = function.invoke(look()).await.unwrap();
            assert_adds_up(&report);
            assert_eq!(count(&report, "ghosts"), 4, "{report:#}");
            assert_eq!(report["status"], "critical");
        }
        is_over.store(true, Ordering::Relaxed);
    };
    let (came, went, ()) = tokio::join!(coming, going, checking);
    assert!(
        came > 10 && went > 10,
        "nobody came or went: {came} and {went}"
    );
}

#[tokio::test]
async fn looking_twice_changes_nothing() {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    ghosts(&world, 1, 2, 1).await;
    let function = check(&world).await;
    let mut reports = vec![];
    for _ in 0..2 {
        let mut report = function.invoke(look()).await.unwrap();
        for differing in ["run_id", "checked_at", "duration_ms"] {
            assert!(!report[differing].is_null());
            report[differing] = json!(null);
        }
        reports.push(report);
    }
    assert_eq!(reports[0], reports[1]);
}
