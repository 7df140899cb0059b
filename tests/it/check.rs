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
use rollcall_tests::World;
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

/// The id of the person of this number.
fn id(number: u32) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

/// People who sign up and get a profile.
async fn people(world: &World, first: u32, number: u32) {
    let sql = insert(first, number);
    world.run("supabase_auth_admin", &sql).await;
}

/// People without a profile.
async fn ghosts(world: &World, first: u32, number: u32) {
    quietly(world, &insert(first, number)).await;
}

fn insert(first: u32, number: u32) -> String {
    format!(
        "insert into auth.users (id, email, created_at)
         select
             ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid,
             'u' || n || '@example.com', now()
         from generate_series({first}, {last}) n",
        last = first + number - 1
    )
}

/// Changes something without any trigger noticing.
async fn quietly(world: &World, sql: &str) {
    let sql = format!("set session_replication_role = replica; {sql}");
    world.run("supabase_admin", &sql).await;
}
