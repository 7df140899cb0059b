//! One row in a hundred is refused, among very many.

use rollcall_tests::{World, shapes};
use serde_json::json;

use super::*;

#[tokio::test]
async fn one_in_a_hundred_of_twenty_thousand_costs_nobody_else_anything() {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    ghosts(&world, 1, 20_000).await;
    let poison = "if new.email like '%00@example.com' then raise 'no'; end if;";
    before_insert(&world, poison).await;
    let function = backfill(&world).await;
    let event = json!({"mode": "run", "accept_side_effects": true});
    let run = answer(&function, event).await;
    assert_eq!(
        (&run["status"], counts(&run)),
        (&json!("completed"), [20_000, 19_800, 0, 200, 0, 0])
    );
    assert_eq!(run["reasons"], json!({"other": 200}));
    let wrong = "select count(*) from auth.users u left join public.users p using (id)
        where (p.id is null) <> (u.email like '%00@example.com')";
    assert_eq!(world.ask(wrong).await, "0");
    let recorded = "select (select count(distinct u) from rollcall.run_batches, unnest(created) u)
        || ' ' || (select count(*) from rollcall.run_refusals)
        || ' ' || (select count(*) from rollcall.sync_failures)";
    assert_eq!(world.ask(recorded).await, "19800 200 200");
}

#[tokio::test]
async fn a_row_that_somebody_holds_costs_its_user_and_few_batches() {
    let (sql, toml) = shapes::USERS;
    let world = World::with(
        &format!("{sql}; alter table public.users add unique (email)"),
        toml,
    )
    .await;
    ghosts(&world, 1, 3000).await;
    // One by its key, one by a value that is unique; neither knows yet whether it stays.
    let mut holder = world.connect("postgres").await;
    let insert = format!(
        "begin; insert into public.users (id) values ('{}');
         insert into public.users (id, email) values (gen_random_uuid(), 'u2500@example.com')",
        id(700)
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(insert))
        .execute(&mut holder)
        .await
        .unwrap();
    let function = backfill(&world).await;
    let run = answer(&function, json!({"mode": "run"})).await;
    assert_eq!(
        (&run["status"], counts(&run)),
        (&json!("completed"), [3000, 2998, 0, 2, 0, 0])
    );
    let refusal =
        |number| json!({"user_id": id(number), "reason": "lock_timeout", "sqlstate": "55P03"});
    assert_eq!(run["refusals"], json!([refusal(700), refusal(2500)]));
    let batches = world.ask("select count(*) from rollcall.run_batches").await;
    assert!(batches.parse::<u32>().unwrap() < 60, "{batches}");
    // It is ended, and the next run has them.
    sqlx::raw_sql("rollback")
        .execute(&mut holder)
        .await
        .unwrap();
    let next = answer(&function, json!({"mode": "run"})).await;
    assert_eq!(counts(&next), [2, 2, 0, 0, 0, 0]);
}
