//! The full check, asked as the functions ask it: every question of the contract, those that are
//! cut off, the canary, and everything that can be wrong with the triggers.

mod canary;
mod classes;
mod cut_off;
mod drift;
mod evidence;
mod mutants;
mod watched;

use rollcall_domain::{
    Database,
    check::{self, Check, Limits, Seen},
};
use rollcall_tests::{
    World,
    people::{ghosts, id, people, quietly},
};
use uuid::Uuid;

async fn look(world: &World) -> Seen {
    look_within(world, Limits::default()).await
}

async fn look_within(world: &World, limits: Limits) -> Seen {
    let database = Database::new(world.url("rollcall_app").parse().unwrap());
    check::look(&database, Uuid::new_v4(), limits)
        .await
        .unwrap()
}

fn find<'c>(checks: &'c [Check], name: &str) -> &'c Check {
    checks
        .iter()
        .find(|check| check.check_name == name)
        .unwrap_or_else(|| panic!("no {name} in {checks:#?}"))
}

/// Whether a check passed, and how many issues it has among how many things.
fn verdict(seen: &Seen, name: &str) -> (Option<bool>, i64, Option<i64>) {
    let checks = seen.checks();
    let check = find(&checks, name);
    (check.passed, check.issue_count, check.examined)
}

fn message(seen: &Seen, name: &str) -> String {
    find(&seen.checks(), name).message.clone()
}
