//! What a pulse costs the database, among few users and among many.

use std::time::Instant;

use rollcall_domain::{Database, address, pulse};
use rollcall_tests::{World, shapes};

use crate::measure::{Results, ms_since, percentile};

const ROUNDS: usize = 60;

pub(crate) async fn run(results: &mut Results) {
    let few = world(10_000).await;
    let many = world(1_000_000).await;
    let (mut among_few, mut among_many) = (vec![], vec![]);
    for _ in 0..ROUNDS {
        among_few.push(pulse(&few).await);
        among_many.push(pulse(&many).await);
    }
    // The first opens a connection and reads the catalog.
    let few = percentile(&mut among_few[1..], 0.5);
    let many = percentile(&mut among_many[1..], 0.5);
    results.note("pulse: among a million users", many, "ms", 10.0);
    results.note(
        "pulse: against ten thousand users",
        many / few,
        "times",
        2.0,
    );
}

/// Users with profiles, of whom five hundred have just refreshed their session.
async fn world(users: u32) -> Database {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    let sql = format!(
        "set session_replication_role = replica;
         insert into auth.users (id, email, created_at)
         select gen_random_uuid(), 'u' || n || '@example.com', now() - interval '30 days'
         from generate_series(1, {users}) n;
         insert into public.users (id, email) select id, email from auth.users;
         insert into auth.refresh_tokens (token, user_id, updated_at)
         select u.id::text, u.id, now() + interval '1 hour' - make_interval(secs => row_number() over ())
         from (select id from auth.users limit 500) u;
         analyze;"
    );
    world.run("supabase_admin", &sql).await;
    world
        .run("supabase_admin", "vacuum auth.users, public.users")
        .await;
    let options = address::connect_options(&world.url("rollcall_app"), "a bench").expect("a URL");
    Database::new(options)
}

async fn pulse(database: &Database) -> f64 {
    let begun = Instant::now();
    let seen = pulse::look(database, 200).await.expect("a pulse");
    let took = ms_since(begun);
    assert_eq!((seen.moved_users, seen.moved_ghosts.len()), (500, 0));
    took
}
