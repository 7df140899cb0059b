//! One signup, from the trigger, the webhook and the backfill, through the real binaries.

use rollcall_tests::{Deployed, SECRET, World, look, shapes};
use serde_json::json;

#[tokio::test]
async fn every_shape_is_installed_and_makes_a_profile() {
    for (name, (sql, toml)) in shapes::ALL {
        let world = World::with(sql, toml).await;
        world
            .run(
                "supabase_auth_admin",
                "insert into auth.users (id, email, created_at)
                 values ('00000000-0000-4000-8000-000000000001', 'ada@example.com', now())",
            )
            .await;
        let function = Deployed::start("nightly-check", &world, "rollcall_app", &[]).await;
        let report = function.invoke(look()).await.unwrap();
        assert_eq!(report["status"], "healthy", "{name}: {report:#}");
        assert_eq!(report["counts"]["live"], 1, "{name}: {report:#}");
    }
}

#[tokio::test]
async fn a_ghost_is_found_previewed_and_backfilled() {
    let (sql, toml) = shapes::USERS;
    let world = World::bare(sql).await;
    world
        .run(
            "supabase_auth_admin",
            "insert into auth.users (id, email, created_at)
             values ('00000000-0000-4000-8000-000000000001', 'ada@example.com', now())",
        )
        .await;
    world.install(toml).await;
    let check = Deployed::start("nightly-check", &world, "rollcall_app", &[]).await;
    let backfill = Deployed::start("backfill", &world, "rollcall_operator", &[]).await;
    let webhook = Deployed::start(
        "signup-webhook",
        &world,
        "rollcall_app",
        &[("WEBHOOK_SECRETS", SECRET)],
    )
    .await;

    let report = check.invoke(look()).await.unwrap();
    assert_eq!(
        (&report["severity"], &report["counts"]["ghosts"]),
        (&json!("P1"), &json!(1))
    );
    let plan = backfill.invoke(json!({})).await.unwrap();
    assert_eq!(
        (&plan["status"], &plan["planned"]),
        (&json!("planned"), &json!(1))
    );
    let run = backfill
        .invoke(json!({"mode": "run", "run_id": plan["run_id"]}))
        .await
        .unwrap();
    assert_eq!(
        (&run["status"], &run["created"]),
        (&json!("completed"), &json!(1)),
        "{run:#}"
    );
    let report = check.invoke(look()).await.unwrap();
    assert_eq!(report["status"], "healthy");
    drop(webhook);
}
