//! The first time needs a lock on `auth.users`, and does not stand in everybody's way for it.

use std::time::{Duration, Instant};

use rollcall_tests::{World, shapes};
use sqlx::Executor;

use super::{apply, catalog};

#[tokio::test]
async fn it_waits_two_seconds_for_an_open_signup_and_leaves_nothing_half_written() {
    let (sql, toml) = shapes::USERS;
    let world = World::bare(sql).await;
    let before = catalog(&world, false).await;
    let mut signup = world.connect("supabase_auth_admin").await;
    signup
        .execute("begin; insert into auth.users (id) values (gen_random_uuid())")
        .await
        .expect("an open signup");
    let start = Instant::now();
    let error = apply(&world, toml)
        .await
        .expect_err("it cannot be installed now");
    let took = start.elapsed();
    assert!(error.contains("lock timeout"), "{error}");
    assert!(
        (Duration::from_millis(1900)..Duration::from_secs(5)).contains(&took),
        "{took:?}"
    );
    assert_eq!(catalog(&world, false).await, before);
    signup.execute("commit").await.expect("a signup");
    apply(&world, toml).await.expect("installed");
}
