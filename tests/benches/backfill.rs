//! The backfill of a million ghosts, and of ten thousand among a million users, against the
//! runbook's one statement.
//!
//! The profile table is the runbook's own. Both sides begin with a checkpoint and a table as the
//! state has it: `good` was never analyzed, the `cliff` was analyzed while it was empty.

use std::time::Instant;

use rollcall_domain::{
    Database,
    backfill::{self, Answer, Order},
};
use rollcall_tests::{World, shapes};
use uuid::Uuid;

use crate::measure::{Results, ms_since};

const ROUNDS: usize = 2;

const RUNBOOK: &str = "
insert into public.users (id, email, email_verified, created_at, updated_at)
select
    au.id, au.email, coalesce(au.email_confirmed_at is not null, false),
    coalesce(au.created_at, now()), now()
from auth.users au
left join public.users pu on au.id = pu.id
where pu.id is null
on conflict (id) do nothing";

pub(crate) async fn run(results: &mut Results) {
    let world = world(1_000_000).await;
    let (naive, ours) = in_turns(&world, "truncate public.users", 1_000_000).await;
    results.note(
        "backfill: a million ghosts against the runbook's statement",
        ours / naive,
        "times",
        1.3,
    );
    results.aside("the runbook's statement", naive, "ms");
    results.aside("the run, its plan included", ours, "ms");

    let few =
        "delete from public.users where id in (select id from public.users order by id limit 0);
         delete from public.users where id in (
             select id from auth.users where left(md5(id::text), 2) in ('00', '01', '02')
             order by md5(id::text) limit 10000
         )";
    let (naive, ours) = in_turns(&world, few, 10_000).await;
    results.note(
        "backfill: ten thousand ghosts among a million users against the runbook's statement",
        ours / naive,
        "times",
        1.5,
    );
    results.aside("the runbook's statement", naive, "ms");
    results.aside("the run, its plan included", ours, "ms");
}

/// The best of each, whatever else the machine does.
async fn in_turns(world: &World, reset: &str, ghosts: i64) -> (f64, f64) {
    let (mut naive, mut ours) = (f64::MAX, f64::MAX);
    for _ in 0..ROUNDS {
        prepare(world, reset).await;
        let begun = Instant::now();
        world.run("postgres", RUNBOOK).await;
        naive = naive.min(ms_since(begun));

        prepare(world, reset).await;
        let begun = Instant::now();
        let answer = backfill(world).await;
        ours = ours.min(ms_since(begun));
        assert_eq!(answer.progress.created, ghosts, "{answer:?}");
    }
    (naive, ours)
}

async fn prepare(world: &World, reset: &str) {
    world.run("supabase_admin", reset).await;
    world
        .run(
            "supabase_admin",
            "truncate rollcall.runs cascade; truncate rollcall.sync_failures",
        )
        .await;
    world.run("supabase_admin", "checkpoint").await;
}

async fn backfill(world: &World) -> Answer {
    let database = Database::new(world.url("rollcall_operator").parse().expect("an address"));
    let begun = Instant::now();
    backfill::run(
        &database,
        Uuid::new_v4(),
        &Order::default(),
        || {
            begun
                .elapsed()
                .as_millis()
                .try_into()
                .expect("not for ever")
        },
        |_| true,
    )
    .await
    .expect("an answer")
}

/// A world of users as wide as GoTrue writes them, without a profile.
async fn world(users: u32) -> World {
    let (sql, toml) = shapes::VERIFIED_USERS;
    let world = World::with(sql, toml).await;
    let fill = format!(
        "set session_replication_role = replica;
         insert into auth.users (
             instance_id, id, aud, role, email, encrypted_password, email_confirmed_at,
             confirmation_token, recovery_token, last_sign_in_at, raw_app_meta_data,
             raw_user_meta_data, created_at, updated_at
         )
         select
             '00000000-0000-0000-0000-000000000000', gen_random_uuid(), 'authenticated',
             'authenticated', 'user' || n || '@example.com',
             '$2a$10$' || md5(n::text) || left(md5((n + 1)::text), 21), now(), '', '', now(),
             '{{\"provider\": \"email\", \"providers\": [\"email\"]}}',
             jsonb_build_object('full_name', 'User ' || n, 'email_verified', true),
             now() - n * interval '1 minute', now()
         from generate_series(1, {users}) n"
    );
    world.run("supabase_admin", &fill).await;
    world
        .run("supabase_admin", "vacuum (analyze, freeze) auth.users")
        .await;
    world
}
