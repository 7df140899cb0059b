//! The survey of a child table of a million rows, against a bare count of its orphans.

use std::time::Instant;

use rollcall_domain::{
    Database,
    survey::{Limits, survey},
};
use rollcall_tests::World;
use sqlx::PgConnection;

use crate::measure::{Results, ms_since};

const ROWS: u32 = 1_000_000;
const USERS: u32 = 100_000;
const ROUNDS: usize = 9;

/// The question that anybody would ask by hand.
const BARE: &str = "select count(*) from public.orders c
    left join public.profiles p on p.id = c.user_id
    where p.id is null and c.user_id is not null";

pub(crate) async fn run(results: &mut Results) {
    let world = a_million_orders().await;
    let database = Database::new(world.url("rollcall_operator").parse().expect("an address"));
    let mut connection = world.connect("postgres").await;
    // In turns, and the best of each: whatever else the machine does disturbs both.
    let (mut bare, mut surveyed) = (f64::MAX, f64::MAX);
    for _ in 0..ROUNDS {
        bare = bare.min(count(&mut connection).await);
        let begun = Instant::now();
        let survey = survey(&database, Limits::default(), |_, _, _| {})
            .await
            .expect("a survey");
        surveyed = surveyed.min(ms_since(begun));
        let column = &survey.tables[0];
        assert_eq!(column.rows, Some(i64::from(ROWS)));
        assert_eq!(column.orphaned_rows, Some(10_000), "{column:?}");
        assert_eq!(column.missing_users, Some(1_000));
    }
    results.aside("a bare count of a million rows' orphans", bare, "ms");
    results.aside("the survey of them", surveyed, "ms");
    results.note(
        "survey: against the bare count",
        surveyed / bare,
        "times",
        1.3,
    );
}

async fn count(connection: &mut PgConnection) -> f64 {
    let begun = Instant::now();
    let orphans: i64 = sqlx::query_scalar(BARE)
        .fetch_one(connection)
        .await
        .expect("a count");
    assert_eq!(orphans, 10_000);
    ms_since(begun)
}

/// A hundred thousand auth users, of whom a thousand have no profile, with ten rows each.
pub(crate) async fn a_million_orders() -> World {
    let world = World::with(
        "create table public.profiles (id uuid primary key, name text);
         create table public.orders (id bigserial primary key, user_id uuid, note text)",
        "profile.table = \"public.profiles\"\nprofile.columns.name = \"meta.name\"\n\
         [[references]]\ntable = \"public.orders\"\ncolumn = \"user_id\"",
    )
    .await;
    let fill = format!(
        "set session_replication_role = replica;
         insert into auth.users (id, email)
         select ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, n || '@example.com'
         from generate_series(1, {USERS}) n;
         insert into public.profiles (id) select id from auth.users order by id offset 1000;
         insert into public.orders (user_id, note)
         select ('00000000-0000-4000-8000-' || lpad((1 + n * 7919 % {USERS})::text, 12, '0'))::uuid,
             'some words of a row ' || n
         from generate_series(1::bigint, {ROWS}) n"
    );
    world.run("supabase_admin", &fill).await;
    world.run("supabase_admin", "vacuum analyze").await;
    world
}
