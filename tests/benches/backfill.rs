//! The backfill of a million ghosts, and of ten thousand among a million users, against the
//! runbook's one statement.
//!
//! The profile table is the runbook's own. Both sides begin with a checkpoint and a table as the
//! state has it: `good` was never analyzed, the `cliff` was analyzed while it was empty.

use std::time::{Duration, Instant};

use rollcall_domain::{
    Database,
    backfill::{self, Answer, Order},
};
use rollcall_tests::{Deployed, World, shapes};
use serde_json::json;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::measure::{Results, ms_since, percentile};

const ROUNDS: usize = 2;

/// As many as the runbook's statement can be waited for in the cliff state.
const CLIFF: u32 = 150_000;

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

    neighbour(results, &world).await;

    // The profiles are there from before, all but these.
    let few = "delete from public.users where id in (
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
    cliff(results).await;
}

/// The table was analyzed while it was empty, so that the planner looks for each user in all that the
/// statement has written so far. The statement is cut off at twenty-five times our time.
async fn cliff(results: &mut Results) {
    let world = world(CLIFF).await;
    let to_the_cliff = "truncate public.users; vacuum analyze public.users";
    prepare(&world, "truncate public.users").await;
    let begun = Instant::now();
    backfill(&world).await;
    let good = ms_since(begun);
    for sql in to_the_cliff.split("; ") {
        prepare(&world, sql).await;
    }
    let begun = Instant::now();
    backfill(&world).await;
    let ours = ms_since(begun);
    for sql in to_the_cliff.split("; ") {
        prepare(&world, sql).await;
    }
    let limit = ours * 25.0;
    let begun = Instant::now();
    let statement = format!("set statement_timeout = {limit:.0}; {RUNBOOK}");
    let ended = world.attempt("postgres", &statement).await.is_ok();
    let naive = ms_since(begun);
    results.at_least(
        "backfill: the runbook's statement in the cliff state against the run",
        naive / ours,
        "times",
        20.0,
    );
    results.aside(
        "it ended by itself",
        f64::from(u8::from(ended)),
        "(0: it was cut off)",
    );
    results.aside(
        "the run in the cliff state against the good one",
        ours / good,
        "times",
    );
}

/// Single signups one after another, idle and while a run is under way.
async fn neighbour(results: &mut Results, world: &World) {
    // It may have to be built, and whoever is connecting meanwhile would be given up.
    let function = Deployed::start("backfill", world, "rollcall_operator", &[]).await;
    prepare(world, "truncate public.users").await;
    let mut idle = signups(world, 0, || false).await;
    prepare(world, "truncate public.users").await;
    let is_over = std::cell::Cell::new(false);
    let (mut busy, ()) = tokio::join!(signups(world, 1, || is_over.get()), async {
        let run = function
            .invoke(json!({"mode": "run"}))
            .await
            .expect("an answer");
        assert_eq!(run["status"], "completed", "{run:#}");
        is_over.set(true);
        let peak_kb = function
            .peak_memory_kb()
            .and_then(|kb| u32::try_from(kb).ok());
        if let Some(kb) = peak_kb {
            results.note(
                "backfill: peak memory of the function",
                f64::from(kb) / 1024.0,
                "MiB",
                48.0,
            );
        }
    });
    let (idle, busy) = (percentile(&mut idle, 0.99), percentile(&mut busy, 0.99));
    results.note(
        "backfill: 99th percentile of a signup beside it against idle",
        busy / idle,
        "times",
        2.0,
    );
    results.aside("idle", idle, "ms");
    results.aside("beside a run", busy, "ms");
}

/// How long each of up to three thousand signups took, five milliseconds apart.
async fn signups(world: &World, series: u32, is_over: impl Fn() -> bool) -> Vec<f64> {
    let mut connection = world.connect("supabase_auth_admin").await;
    let mut times = vec![];
    for number in 0..3000 {
        if is_over() {
            break;
        }
        let sql = format!(
            "insert into auth.users (id, email) \
             values (gen_random_uuid(), 'late{series}.{number}@example.com')"
        );
        let begun = Instant::now();
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&mut connection)
            .await
            .expect("a signup");
        times.push(ms_since(begun));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    times
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
