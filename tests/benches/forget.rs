//! What the deletion of many users costs with Rollcall, and what the pulse afterwards has to do.

use std::time::Instant;

use rollcall_domain::{Database, address, pulse};
use rollcall_tests::{World, shapes};

use crate::measure::{Results, ms_since, percentile};

const USERS: u32 = 10_000;
const ROUNDS: usize = 5;

pub(crate) async fn run(results: &mut Results) {
    let (sql, toml) = shapes::VERIFIED_USERS;
    let world = World::with(sql, toml).await;
    // In turns, and the best of each: whatever else the machine does disturbs both.
    let (mut without, mut with) = (f64::MAX, f64::MAX);
    for _ in 0..ROUNDS {
        without = without.min(deletion(&world, "disable").await);
        with = with.min(deletion(&world, "enable").await);
    }
    let each = |total: f64| total * 1000.0 / f64::from(USERS);
    results.note(
        "forget: deleting ten thousand users against the same without the delete trigger",
        with / without,
        "times",
        10.0,
    );
    results.aside("a deletion without the trigger", each(without), "µs");
    results.aside("with it, its stamp and its note", each(with), "µs");

    let options = address::connect_options(&world.url("rollcall_app"), "a bench").expect("a URL");
    let database = Database::new(options);
    let mut looks = vec![];
    for _ in 0..20 {
        let begun = Instant::now();
        pulse::look(&database, 200).await.expect("a pulse");
        looks.push(ms_since(begun));
    }
    let look = percentile(&mut looks[1..], 0.5);
    results.note(
        "forget: the pulse's look with ten thousand notes",
        look,
        "ms",
        20.0,
    );
    let begun = Instant::now();
    let forgotten = world
        .ask_as("rollcall_app", "select rollcall.forget_noted(1000)")
        .await;
    assert_eq!(forgotten, "1000");
    results.note(
        "forget: a thousand of ten thousand notes",
        ms_since(begun),
        "ms",
        2000.0,
    );
}

/// Milliseconds for the deletion of ten thousand users with a profile, in one statement, with the
/// delete trigger or without it.
async fn deletion(world: &World, change: &str) -> f64 {
    let people = format!(
        "delete from rollcall.forgetting;
         truncate public.users;
         insert into auth.users (id, email)
         select gen_random_uuid(), 'u' || n || '@example.com' from generate_series(1, {USERS}) n;
         alter table auth.users {change} trigger rollcall_user_deleted"
    );
    world.run("supabase_admin", &people).await;
    let begun = Instant::now();
    world.run("supabase_admin", "delete from auth.users").await;
    ms_since(begun)
}
