//! The contract's table of severities, row by row.

use rollcall_tests::{World, shapes};
use serde_json::{Value, json};

use super::*;

async fn world() -> World {
    let (sql, toml) = shapes::VERIFIED_USERS;
    let world = World::with(sql, toml).await;
    people(&world, 1, 3).await;
    world
}

fn assert_is(report: &Value, severity: &str, status: &str) {
    assert_eq!(
        (&report["severity"], &report["status"]),
        (&json!(severity), &json!(status)),
        "{report:#}"
    );
}

#[tokio::test]
async fn five_fresh_ghosts_are_p1_and_six_are_p0() {
    let world = world().await;
    ghosts(&world, 10, 5, 1).await;
    assert_is(&report(&world).await, "P1", "critical");
    ghosts(&world, 20, 1, 1).await;
    assert_is(&report(&world).await, "P0", "critical");
}

#[tokio::test]
async fn one_old_ghost_is_p0() {
    let world = world().await;
    ghosts(&world, 10, 1, 25).await;
    assert_is(&report(&world).await, "P0", "critical");
}

#[tokio::test]
async fn the_configuration_says_what_is_many_and_what_is_old() {
    let (sql, toml) = shapes::USERS;
    let toml = format!("{toml}\n[check]\nburst = 1\nold = \"2h\"\n");
    let world = World::with(sql, &toml).await;
    ghosts(&world, 10, 1, 1).await;
    assert_is(&report(&world).await, "P1", "critical");
    ghosts(&world, 11, 1, 1).await;
    assert_is(&report(&world).await, "P0", "critical");
    quietly(
        &world,
        &format!("delete from auth.users where id = '{}'", id(11)),
    )
    .await;
    quietly(
        &world,
        "update auth.users set created_at = now() - interval '3 hours'",
    )
    .await;
    assert_is(&report(&world).await, "P0", "critical");
}

#[tokio::test]
async fn what_keeps_nobody_from_working_is_p2() {
    let orphan = "insert into public.users (id, email) values (gen_random_uuid(), null)";
    let leftover = format!(
        "insert into rollcall.exclusions values ('{}', 'drill')",
        id(1)
    );
    for sql in [orphan, leftover.as_str()] {
        let world = world().await;
        world.run("postgres", sql).await;
        assert_is(&report(&world).await, "P2", "warning");
    }
}

#[tokio::test]
async fn a_trigger_that_does_not_fire_is_p1_though_nobody_is_missing_yet() {
    let world = world().await;
    let disable = "alter table auth.users disable trigger on_auth_user_created";
    world.run("supabase_auth_admin", disable).await;
    let report = report(&world).await;
    assert_is(&report, "P1", "critical");
    assert_eq!(report["cause"]["kind"], "trigger_disabled");
}

#[tokio::test]
async fn no_user_at_all_is_not_believed() {
    // With the profiles still there, and where a cascade took them along.
    for (shape, live) in [(shapes::VERIFIED_USERS, 3), (shapes::USER_PROFILES, 0)] {
        let world = World::with(shape.0, shape.1).await;
        people(&world, 1, 3).await;
        // Row by row, but without Rollcall's own trigger, which would have stamped them.
        world
            .run(
                "supabase_auth_admin",
                "alter table auth.users disable trigger rollcall_user_deleted;
                 delete from auth.users;
                 alter table auth.users enable trigger rollcall_user_deleted",
            )
            .await;
        let report = report(&world).await;
        assert_is(&report, "P1", "unknown");
        assert_eq!(count(&report, "live"), live);
        assert_eq!(report["cause"]["kind"], "users_lost");
        assert!(
            report["next_step"]
                .as_str()
                .unwrap()
                .contains("before anything is repaired")
        );
    }
}
