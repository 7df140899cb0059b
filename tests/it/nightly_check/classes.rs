//! Every class of users and profiles, alone and all together.

use rollcall_tests::{World, shapes};
use serde_json::json;

use super::*;

async fn world() -> World {
    let (sql, toml) = shapes::VERIFIED_USERS;
    let toml = format!("{toml}\n[eligible]\nanonymous = false\n");
    let world = World::with(sql, &toml).await;
    people(&world, 1, 3).await;
    world
}

#[tokio::test]
async fn a_good_world_is_clean() {
    let report = report(&world().await).await;
    assert_eq!(report["status"], "healthy");
    assert_eq!(report["severity"], json!(null));
    assert_eq!(report["cause"], json!(null));
    assert_eq!(report["next_step"], json!(null));
    assert_eq!(
        verdicts(&report),
        [
            ("ghost_users_check", true, 0),
            ("orphaned_profiles_check", true, 0),
            ("count_parity_check", true, 0),
            ("trigger_exists_check", true, 0),
            ("refused_users_check", true, 0),
            ("retired_profiles_check", true, 0),
            ("leftover_profiles_check", true, 0),
            ("drifted_profiles_check", true, 0),
            ("child_rows_check", true, 0),
            ("canary_check", true, 0),
            ("ledger_check", true, 0),
            ("guard_check", true, 0),
        ]
    );
    assert_eq!(
        message(&report, "count_parity_check"),
        "User counts match: 3"
    );
}

#[tokio::test]
async fn a_thousand_and_more_are_told_with_a_comma() {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    people(&world, 1, 1234).await;
    let report = report(&world).await;
    assert_eq!(
        message(&report, "count_parity_check"),
        "User counts match: 1,234"
    );
}

#[tokio::test]
async fn a_ghost_is_counted_sampled_and_told() {
    let world = world().await;
    ghosts(&world, 10, 2, 1).await;
    let report = report(&world).await;
    assert_eq!(
        (count(&report, "ghosts"), count(&report, "ghosts_old")),
        (2, 0)
    );
    assert_eq!(report["samples"], json!([id(10), id(11)]));
    assert_eq!(
        message(&report, "count_parity_check"),
        "5 auth users and 3 profiles: 2 auth users without a profile"
    );
    assert!(
        report["next_step"]
            .as_str()
            .unwrap()
            .contains("rollcall backfill --preview")
    );
}

#[tokio::test]
async fn a_ghost_is_old_after_a_day_or_when_its_age_is_unknown() {
    let world = world().await;
    ghosts(&world, 10, 1, 23).await;
    ghosts(&world, 11, 1, 25).await;
    ghosts(&world, 12, 1, 0).await;
    quietly(
        &world,
        &format!(
            "update auth.users set created_at = null where id = '{}'",
            id(12)
        ),
    )
    .await;
    let report = report(&world).await;
    assert_eq!(
        (count(&report, "ghosts"), count(&report, "ghosts_old")),
        (3, 2)
    );
    assert_eq!(report["samples"][0], id(12), "of unknown age first");
}

#[tokio::test]
async fn a_refused_user_is_a_ghost_with_a_line_in_the_ledger() {
    let world = world().await;
    world
        .run(
            "postgres",
            "insert into public.users (id, email) values (gen_random_uuid(), 'u9@example.com')",
        )
        .await;
    people(&world, 9, 1).await;
    let report = report(&world).await;
    assert_eq!(
        (count(&report, "ghosts"), count(&report, "refused")),
        (1, 1)
    );
    assert_eq!(count(&report, "orphaned_profiles"), 1);
}

#[tokio::test]
async fn a_retired_profile_is_no_ghost_and_no_mismatch() {
    let world = world().await;
    let sql = format!(
        "update public.users set deleted_at = now() where id = '{}'",
        id(1)
    );
    world.run("postgres", &sql).await;
    let report = report(&world).await;
    assert_eq!(
        (count(&report, "retired"), count(&report, "ghosts")),
        (1, 0)
    );
    assert_eq!((count(&report, "profiles"), count(&report, "live")), (3, 2));
    assert_eq!(
        message(&report, "count_parity_check"),
        "User counts match: 3"
    );
    assert_eq!(
        (&report["severity"], &report["status"]),
        (&json!("P2"), &json!("warning"))
    );
}

#[tokio::test]
async fn an_orphan_and_a_ghost_do_not_cancel_out() {
    let world = world().await;
    quietly(
        &world,
        &format!("delete from auth.users where id = '{}'", id(1)),
    )
    .await;
    ghosts(&world, 10, 1, 1).await;
    let report = report(&world).await;
    assert_eq!(
        (count(&report, "auth_users"), count(&report, "profiles")),
        (3, 3)
    );
    assert_eq!(
        verdicts(&report)[..3],
        [
            ("ghost_users_check", false, 1),
            ("orphaned_profiles_check", false, 1),
            ("count_parity_check", false, 2),
        ]
    );
}

#[tokio::test]
async fn a_leftover_is_the_live_profile_of_somebody_deleted_excluded_or_left_out() {
    let world = world().await;
    exclude(&world, 1).await;
    quietly(
        &world,
        &format!(
            "update auth.users set deleted_at = now() where id = '{}';
             update auth.users set is_anonymous = true where id = '{}'",
            id(2),
            id(3)
        ),
    )
    .await;
    let report = report(&world).await;
    assert_eq!(
        (count(&report, "leftover"), count(&report, "excluded")),
        (3, 1)
    );
    assert_eq!(
        (count(&report, "eligible"), count(&report, "ghosts")),
        (0, 0)
    );
    assert_eq!(verdicts(&report)[2], ("count_parity_check", false, 3));
    assert_eq!(
        message(&report, "count_parity_check"),
        "3 auth users and 3 profiles: 3 profiles of auth users who ought to have none"
    );
}

#[tokio::test]
async fn a_difference_that_is_explained_is_no_mismatch() {
    let world = world().await;
    // Deleted for good, and stamped; deleted softly, excluded and anonymous, and never there.
    let delete = format!("delete from auth.users where id = '{}'", id(1));
    world.run("supabase_auth_admin", &delete).await;
    ghosts(&world, 10, 3, 1).await;
    exclude(&world, 12).await;
    quietly(
        &world,
        &format!(
            "update auth.users set deleted_at = now() where id = '{}';
             update auth.users set is_anonymous = true where id = '{}'",
            id(10),
            id(11)
        ),
    )
    .await;
    let report = report(&world).await;
    assert_eq!(report["status"], "healthy", "{report:#}");
    assert_eq!(
        message(&report, "count_parity_check"),
        "5 auth users and 3 profiles: 3 auth users rightly without a profile, \
         1 profile stamped as deleted, of users who are gone"
    );
}
