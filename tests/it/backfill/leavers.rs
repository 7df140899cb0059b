//! Whoever leaves or changes in the midst of a batch, when no trigger can see the profile yet.

use std::time::Duration;

use rollcall_tests::{World, shapes};
use serde_json::json;

use super::*;

/// Forty ghosts whose batch takes a second, in the midst of which this happens.
async fn meanwhile(what: &str) -> (World, Value) {
    let (sql, toml) = shapes::VERIFIED_USERS;
    let world = World::with(sql, toml).await;
    ghosts(&world, 1, 40).await;
    before_insert(&world, "perform pg_sleep(0.025);").await;
    let function = backfill(&world).await;
    let run = json!({"mode": "run", "accept_side_effects": true});
    let (run, ()) = tokio::join!(answer(&function, run), async {
        while world
            .ask("select count(*) from rollcall.runs where state = 'running'")
            .await
            == "0"
        {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
        world.run("supabase_auth_admin", what).await;
    });
    (world, run)
}

#[tokio::test]
async fn whoever_is_deleted_keeps_no_profile_and_counts_as_gone() {
    let (world, run) = meanwhile(&format!(
        "delete from auth.users where id = '{}';
         update auth.users set deleted_at = now() where id = '{}'",
        id(2),
        id(3)
    ))
    .await;
    assert_eq!(counts(&run), [40, 38, 0, 0, 2, 0], "{run:#}");
    assert_eq!(run["proof"]["status"], "healthy", "{run:#}");
    assert_eq!(profiles(&world).await, "38");
    let recorded = "select concat_ws(' ', sum(cardinality(created)), sum(cardinality(gone)),
        max(a.records_affected))
        from rollcall.run_batches join public.cleanup_audit_log a using (run_id)";
    assert_eq!(world.ask(recorded).await, "38 2 38");
}

#[tokio::test]
async fn whoever_changes_gets_what_they_changed_to() {
    let (world, run) = meanwhile(&format!(
        "update auth.users set email = 'new@example.com' where id = '{}'",
        id(2)
    ))
    .await;
    assert_eq!(counts(&run), [40, 40, 0, 0, 0, 0], "{run:#}");
    assert_eq!(run["proof"]["status"], "healthy", "{run:#}");
    let email = format!("select email from public.users where id = '{}'", id(2));
    assert_eq!(world.ask(&email).await, "new@example.com");
}
