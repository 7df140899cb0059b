//! One way to make a row: the same auth user gives the same profile row, whoever writes it, in
//! whatever session.
//!
//! Each case is a few auth users and a session. They are written by the trigger, by the webhook's
//! `ensure_profile`, by the backfill, by `ensure_user_profile()`, and by the trigger once more in
//! the steps in which GoTrue does it: all in one transaction, so that even the time is the same,
//! and each taken back before the next. `PROPTEST_CASES` says how many cases are tried.

mod later;
mod sources;
mod users;
pub(crate) mod worlds;
mod writers;

use std::cell::RefCell;

use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use rollcall_tests::World;

use users::User;
use worlds::Shape;

/// Tries many users on one shape.
fn try_many(shape: &Shape) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let connection = runtime.block_on(async {
        let world = World::with(shape.sql, shape.toml).await;
        world.connect("supabase_admin").await
    });
    let connection = RefCell::new(connection);
    let strategy = (
        prop::collection::vec(users::user(), 1..7),
        writers::session(),
    );
    let result = TestRunner::new(config()).run(&strategy, |(users, session)| {
        let users = User::numbered(users);
        let outcomes = runtime.block_on(writers::all(
            &mut connection.borrow_mut(),
            shape,
            &users,
            &session,
        ));
        let (first, rest) = outcomes.split_first().expect("somebody writes");
        for other in rest {
            prop_assert_eq!(
                &first.rows,
                &other.rows,
                "{} and {}",
                first.writer,
                other.writer
            );
            prop_assert_eq!(
                &first.ledger,
                &other.ledger,
                "{} and {}",
                first.writer,
                other.writer
            );
        }
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{}: {error}", shape.name));
}

/// 48 cases, unless the environment says otherwise to proptest, whose own default is 256.
fn config() -> Config {
    let config = Config {
        failure_persistence: None,
        max_shrink_iters: 300,
        ..Config::default()
    };
    if config.cases == 256 {
        Config {
            cases: 48,
            ..config
        }
    } else {
        config
    }
}

#[test]
fn users_have_one_row() {
    try_many(&worlds::USERS);
}

#[test]
fn verified_users_have_one_row() {
    try_many(&worlds::VERIFIED_USERS);
}

#[test]
fn user_profiles_have_one_row() {
    try_many(&worlds::USER_PROFILES);
}

#[test]
fn profiles_with_child_tables_have_one_row() {
    try_many(&worlds::PROFILES);
}

#[test]
fn rich_profiles_have_one_row() {
    try_many(&worlds::RICH);
}

#[test]
fn profiles_without_the_anonymous_have_one_row() {
    try_many(&worlds::WITHOUT_ANONYMOUS);
}
