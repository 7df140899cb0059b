//! A hundred thousand orphaned rows into quarantine and back, against a bare `delete … returning`
//! into a table of the same columns.

use std::time::Instant;

use rollcall_domain::{
    Database, orphans,
    repair::{self, Answer, Order},
};
use rollcall_tests::{World, shapes};
use uuid::Uuid;

use crate::measure::{Results, ms_since};

const ROWS: i64 = 100_000;
const ROUNDS: u32 = 3;

const BARE: &str = "
create table public.kept (like public.orders);
with gone as (
    delete from public.orders o
    where not exists (select from public.users u where u.id = o.user_id)
    returning o.*
)
insert into public.kept select * from gone";

const BACK: &str = "
insert into public.orders overriding system value select * from public.kept;
drop table public.kept";

pub(crate) async fn run(results: &mut Results) {
    let world = world().await;
    let database = Database::new(world.url("rollcall_operator").parse().expect("an address"));
    let (mut bare, mut back, mut ours, mut plan, mut undone) =
        (vec![], vec![], vec![], vec![], vec![]);
    for round in 0..ROUNDS {
        world.run("supabase_admin", "checkpoint").await;
        bare.push(timed(world.run("postgres", BARE)).await.0);
        back.push(timed(world.run("postgres", BACK)).await.0);
        world
            .run("supabase_admin", "vacuum analyze public.orders")
            .await;
        world.run("supabase_admin", "checkpoint").await;
        let run_id = Uuid::from_u128(u128::from(round) + 1);
        let planned = orphans::Order::default();
        let (ms, answer) = timed(orphans::plan(&database, run_id, &planned, || 0)).await;
        assert_all(&answer.expect("a plan"), 0);
        plan.push(ms);
        let order = Order::default();
        let (ms, answer) = timed(Box::pin(repair::apply(
            &database,
            run_id,
            &order,
            || 0,
            |_| true,
        )))
        .await;
        assert_all(&answer.expect("an answer"), ROWS);
        ours.push(ms);
        let new_id = Uuid::from_u128(u128::from(round) + 100);
        let undo = repair::undo(&database, run_id, new_id, &order, || 0, |_| true);
        let (ms, answer) = timed(Box::pin(undo)).await;
        assert_all(&answer.expect("an answer"), ROWS);
        undone.push(ms);
        world
            .run("supabase_admin", "vacuum analyze public.orders")
            .await;
    }
    let best = |times: Vec<f64>| times.into_iter().fold(f64::INFINITY, f64::min);
    let (bare, ours) = (best(bare), best(ours));
    results.at_least(
        "quarantine: the speed of a hundred thousand rows against a bare delete into a table",
        bare / ours,
        "times",
        0.25,
    );
    results.aside("the bare delete", bare, "ms");
    results.aside("the run", ours, "ms");
    results.aside("its plan", best(plan), "ms");
    results.aside("a bare insert out of the table", best(back), "ms");
    results.aside("the undo", best(undone), "ms");
}

fn assert_all(answer: &Answer, done: i64) {
    let total = answer.total();
    assert_eq!((total.planned, total.created), (ROWS, done), "{answer:#?}");
}

async fn timed<T>(work: impl Future<Output = T>) -> (f64, T) {
    let begun = Instant::now();
    let answer = work.await;
    (ms_since(begun), answer)
}

async fn world() -> World {
    let (sql, toml) = shapes::USERS;
    let toml = format!("{toml}\n[[references]]\ntable = \"public.orders\"\ncolumn = \"user_id\"\n");
    let world = World::with(
        &format!(
            "{sql};
             create table public.orders (
                 id bigint generated always as identity primary key, user_id uuid, total numeric(10, 2),
                 note text, placed_at timestamptz not null default now()
             );
             create index orders_user on public.orders (user_id)"
        ),
        &toml,
    )
    .await;
    world
        .run(
            "supabase_admin",
            &format!(
                "set session_replication_role = replica;
                 insert into auth.users (id, email)
                 select gen_random_uuid(), n || '@example.com' from generate_series(1, 10000) n;
                 insert into public.users (id) select id from auth.users;
                 insert into public.orders (user_id, total, note)
                 select id, 9.99, 'a note of some length' from auth.users, generate_series(1, 10);
                 insert into public.orders (user_id, total, note)
                 select gen_random_uuid(), 9.99, 'a note of some length'
                 from generate_series(1, {ROWS});
                 analyze auth.users, public.users, public.orders"
            ),
        )
        .await;
    world
}
