//! Runs whose people were forgotten go on, are listed, and are taken back as before.

use rollcall_domain::{Database, affected::List};

use super::*;

const RUN: &str = "0e8f9a60-1111-4222-8333-444455556666";

async fn forget(world: &World, numbers: &[u32]) {
    let ids = numbers.iter().copied().map(id).collect::<Vec<_>>();
    let delete = format!(
        "delete from auth.users where id in ('{}')",
        ids.join("', '")
    );
    world.run("supabase_auth_admin", &delete).await;
    act(world, json!({"action": "forget", "user_ids": ids})).await;
}

#[tokio::test]
async fn a_run_that_has_not_ended_counts_them_as_gone() {
    let world = world().await;
    ghosts(&world, 1, 6).await;
    let backfill = Deployed::start("backfill", &world, "rollcall_operator", &[]).await;
    let planned = backfill.invoke(json!({"mode": "preview"})).await.unwrap();
    assert_eq!(planned["planned"], 6);
    forget(&world, &[2, 3]).await;
    let run_id = planned["run_id"].as_str().unwrap();
    let run = json!({"mode": "run", "run_id": run_id});
    let run = backfill.invoke(run).await.unwrap();
    assert_eq!(
        (
            &run["status"],
            &run["created"],
            &run["gone"],
            &run["refused"]
        ),
        (&json!("completed"), &json!(4), &json!(2), &json!(0)),
        "{run:#}"
    );
    // Nobody's stand-in is on the list.
    let database = Database::new(world.url("rollcall_operator").parse().unwrap());
    let mut list = List::of(&database, run_id.parse().unwrap()).await.unwrap();
    let mut bytes = vec![];
    while list.write_next(&database, &mut bytes).await.unwrap() {}
    let lines = String::from_utf8(bytes).unwrap();
    assert_eq!(
        (lines.lines().count(), list.tally().users),
        (5, 4),
        "{lines}"
    );
    assert!(!lines.contains("00000000-0000-0000-"), "{lines}");
    let forgotten = format!(
        "select count(*) from rollcall.run_users('{run_id}', 0, 100) u
        where u.outcome = 'forgotten'"
    );
    assert_eq!(world.ask(&forgotten).await, "2");
}

#[tokio::test]
async fn an_undo_afterwards_takes_back_the_others() {
    let world = world().await;
    ghosts(&world, 1, 5).await;
    let backfill = Deployed::start("backfill", &world, "rollcall_operator", &[]).await;
    let run = json!({"mode": "run", "run_id": RUN});
    assert_eq!(backfill.invoke(run).await.unwrap()["created"], 5);
    forget(&world, &[2]).await;
    let undone = act(&world, json!({"action": "undo", "run_id": RUN})).await;
    let table = &undone["tables"][0];
    assert_eq!(
        (&table["done"], &table["refused"], &table["gone"]),
        (&json!(4), &json!(0), &json!(1)),
        "{undone:#}"
    );
    // A record that did not prove anything before does not begin to.
    world
        .run(
            "supabase_admin",
            "update rollcall.run_batches set begins_at = begins_at",
        )
        .await;
    let run = "0e8f9a60-1111-4222-8333-444455557777";
    let again = json!({"mode": "run", "run_id": run});
    assert_eq!(backfill.invoke(again).await.unwrap()["created"], 4);
    world
        .run(
            "supabase_admin",
            "update rollcall.run_batches set begins_at = begins_at",
        )
        .await;
    forget(&world, &[3]).await;
    let undone = act(&world, json!({"action": "undo", "run_id": run})).await;
    assert_eq!(undone["tables"][0]["done"], 0, "{undone:#}");
}
