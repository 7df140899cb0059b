//! Applied again, the migration changes nothing and takes no lock.

use std::time::{Duration, Instant};

use rollcall_install::render;
use rollcall_tests::{World, shapes};
use sqlx::{AssertSqlSafe, Executor};

use super::{apply, catalog, through_psql};
use crate::one_row::worlds::RICH;

async fn assert_twice(name: &str, sql: &str, toml: &str) {
    let world = World::bare(sql).await;
    apply(&world, toml)
        .await
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    let before = catalog(&world, true).await;
    let installed =
        "select string_agg(i::text || i.xmin::text, ' ' order by object) from rollcall.installed i";
    let known = world.ask(installed).await;
    apply(&world, toml)
        .await
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(catalog(&world, true).await, before, "{name}");
    assert_eq!(world.ask(installed).await, known, "{name}");
}

#[tokio::test]
async fn the_second_time_changes_nothing() {
    for (name, (sql, toml)) in shapes::ALL {
        assert_twice(name, sql, toml).await;
        let watched = format!("{toml}\n[trigger]\nmode = \"watch\"\n");
        assert_twice(name, sql, &watched).await;
        for toml in [toml, &watched] {
            let called = format!("{toml}\n[webhook]\nurl = \"https://example.com/\"\n");
            assert_twice(name, sql, &called).await;
        }
    }
    assert_twice("rich", RICH.sql, RICH.toml).await;
}

#[tokio::test]
async fn the_second_time_waits_for_nobody() {
    let (sql, toml) = shapes::VERIFIED_USERS;
    let world = World::bare(sql).await;
    apply(&world, toml).await.expect("installed");
    let migration = render::migration(&world.mapping(toml).await);
    let mut holder = world.connect("supabase_admin").await;
    holder
        .execute(
            "begin;
            lock auth.users, rollcall.sync_failures, rollcall.runs in exclusive mode;
            lock public.users in access exclusive mode",
        )
        .await
        .expect("locks");
    let start = Instant::now();
    through_psql(&world, &migration).expect("nothing to wait for");
    assert!(
        start.elapsed() < Duration::from_millis(1900),
        "{:?}",
        start.elapsed()
    );
}

#[tokio::test]
async fn the_second_time_only_reads() {
    let (sql, toml) = shapes::PROFILES;
    let world = World::bare(sql).await;
    apply(&world, toml).await.expect("installed");
    let migration = render::migration(&world.mapping(toml).await);
    let (before_the_end, _) = migration.rsplit_once("commit;").expect("it commits");
    let mut session = world.connect("postgres").await;
    session
        .execute(sqlx::raw_sql(AssertSqlSafe(before_the_end)))
        .await
        .expect("applied");
    let locks: Vec<String> = sqlx::query_scalar(
        "select distinct l.relation::regclass::text || ' ' || l.mode
        from pg_locks l join pg_class c on c.oid = l.relation
        join pg_namespace n on n.oid = c.relnamespace
        where l.pid = pg_backend_pid() and n.nspname !~ '^pg_' and l.mode <> 'AccessShareLock'",
    )
    .fetch_all(&mut session)
    .await
    .expect("locks");
    assert_eq!(locks, Vec::<String>::new());
}

#[tokio::test]
async fn the_planner_is_told_once_that_nobody_is_excluded() {
    let (sql, toml) = shapes::USERS;
    let world = World::bare(sql).await;
    apply(&world, toml).await.expect("installed");
    let known = "select reltuples from pg_class where oid = 'rollcall.exclusions'::regclass";
    assert_eq!(world.ask(known).await, "0");
    world
        .run(
            "postgres",
            "insert into rollcall.exclusions select gen_random_uuid() from generate_series(1, 20)",
        )
        .await;
    apply(&world, toml).await.expect("installed");
    assert_eq!(world.ask(known).await, "0");
}
