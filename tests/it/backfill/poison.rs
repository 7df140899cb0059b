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
    println!("{} rows a second", run["rows_per_second"]);
    let wrong = "select count(*) from auth.users u left join public.users p using (id)
        where (p.id is null) <> (u.email like '%00@example.com')";
    assert_eq!(world.ask(wrong).await, "0");
    let recorded = "select (select count(distinct u) from rollcall.run_batches, unnest(created) u)
        || ' ' || (select count(*) from rollcall.run_refusals)
        || ' ' || (select count(*) from rollcall.sync_failures)";
    assert_eq!(world.ask(recorded).await, "19800 200 200");
}
