//! Names and literals with everything in them, from a `rollcall.toml` to an uninstalled database.
//!
//! Each case is a profile table whose schema, columns, type, trigger and function have names that
//! try to get out of their quotes, or that the SQL itself uses for something else. It is read,
//! checked, rendered, and applied through `psql`; then a few users live through everything that
//! can happen to them. Nothing but what was asked for may come to be, and nothing may remain.
//! `PROPTEST_CASES` says how many cases are tried.

mod case;
mod life;
mod objects;
mod text;

use std::cell::RefCell;

use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use rollcall_tests::World;

use case::Case;

#[test]
fn hostile_names_stay_names() {
    try_all(40, &case::case());
}

/// Names that an earlier version, or a first draft, took for something else.
#[tokio::test]
async fn names_that_were_mistaken_once_stay_names() {
    let world = objects::world_with_canary().await;
    for case in case::mistaken_once() {
        live_through(&world, &case).await;
    }
}

/// Tries cases in one database, each after the one before has been taken out. A case that fails
/// leaves its database as it is.
fn try_all(cases: u32, strategy: &impl Strategy<Value = Case>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let clean = RefCell::new(None);
    let result = TestRunner::new(config(cases)).run(strategy, |case| {
        let world = clean.borrow_mut().take();
        runtime.block_on(async {
            let world = match world {
                Some(world) => world,
                None => objects::world_with_canary().await,
            };
            live_through(&world, &case).await;
            clean.replace(Some(world));
        });
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
}

/// So many cases, unless the environment says otherwise to proptest, whose own default is 256.
fn config(cases: u32) -> Config {
    let default = Config {
        failure_persistence: None,
        max_shrink_iters: 60,
        ..Config::default()
    };
    Config {
        cases: if default.cases == 256 {
            cases
        } else {
            default.cases
        },
        ..default
    }
}

async fn live_through(world: &World, case: &Case) {
    world.run("postgres", &case.sql()).await;
    let before = objects::all(world).await;

    life::install(world, case).await;
    assert_eq!(
        objects::added(&before, &objects::all(world).await),
        case.objects(),
        "what came to be"
    );
    life::sign_up(world, case).await;
    life::change(world, case).await;
    life::collide(world, case).await;
    life::backfill(world, case).await;
    life::delete(world, case).await;
    life::install_again(world, case).await;
    life::uninstall(world);

    assert_eq!(objects::all(world).await, before, "what remains");
    world.run("postgres", &case.sql_to_drop()).await;
    world
        .run("supabase_auth_admin", "delete from auth.users")
        .await;
}
