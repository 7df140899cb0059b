//! Whom a backfill is for.

use rollcall_tests::{World, shapes};
use serde_json::json;

use super::*;

async fn planned(function: &Function, event: Value) -> i64 {
    count(&answer(function, event).await, "planned")
}

#[tokio::test]
async fn each_bound_counts_and_they_count_together() {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    // On the 2nd to the 11th of November.
    ghosts(&world, 1, 10).await;
    let function = backfill(&world).await;
    assert_eq!(planned(&function, json!({})).await, 10);
    assert_eq!(planned(&function, json!({"max_users": 4})).await, 4);
    assert_eq!(planned(&function, json!({"max_users": 400})).await, 10);
    let after = json!({"created_after": "2026-11-05T00:00:00Z"});
    assert_eq!(
        planned(&function, after).await,
        7,
        "that very moment included"
    );
    let before = json!({"created_before": "2026-11-05T01:00:00+01:00"});
    assert_eq!(
        planned(&function, before).await,
        3,
        "that very moment not included"
    );
    let some = json!({"user_ids": [id(1), id(5), id(5), id(99)]});
    assert_eq!(planned(&function, some).await, 2);
    let all = json!({
        "user_ids": [id(1), id(5), id(6)], "created_after": "2026-11-05T00:00:00Z",
        "created_before": "2026-11-30T00:00:00Z", "max_users": 1,
    });
    assert_eq!(planned(&function, all).await, 1);
}

#[tokio::test]
async fn nobody_is_nothing_to_do_and_not_everybody() {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    ghosts(&world, 1, 2).await;
    let function = backfill(&world).await;
    for mode in ["preview", "run"] {
        let nobody = answer(&function, json!({"mode": mode, "user_ids": []})).await;
        assert_eq!(
            (&nobody["status"], counts(&nobody)),
            (&json!("nothing_to_do"), [0; 6])
        );
    }
    assert_eq!(profiles(&world).await, "0");
}

#[tokio::test]
async fn whoever_ought_to_have_no_profile_is_never_planned() {
    let (sql, toml) = shapes::VERIFIED_USERS;
    let toml = format!("{toml}\n[eligible]\nanonymous = false\n");
    let world = World::with(sql, &toml).await;
    ghosts(&world, 1, 5).await;
    quietly(
        &world,
        &format!(
            "update auth.users set deleted_at = now() where id = '{}';
             update auth.users set is_anonymous = true where id = '{}';
             insert into rollcall.exclusions values ('{}', 'drill');
             insert into public.users (id, deleted_at) values ('{}', now())",
            id(1),
            id(2),
            id(3),
            id(4)
        ),
    )
    .await;
    let function = backfill(&world).await;
    let all: Vec<_> = (1..=5).map(id).collect();
    let run = answer(
        &function,
        json!({"mode": "run", "accept_side_effects": true, "user_ids": all}),
    )
    .await;
    assert_eq!(counts(&run), [1, 1, 0, 0, 0, 0]);
}

#[tokio::test]
async fn a_text_key_in_a_table_of_any_name_is_served() {
    let sql = "create table public.\"Profile\" (user_id text not null unique, \"fullName\" text)";
    let toml = "[profile]\ntable = \"public.Profile\"\nkey = \"user_id\"\n\n\
                [profile.columns]\nfullName = \"meta.full_name\"\n";
    let world = World::with(sql, toml).await;
    // More than one row of the plan, in batches that fit none of them.
    ghosts(&world, 1, 2345).await;
    let function = backfill(&world).await;
    let run = answer(
        &function,
        json!({"mode": "run", "accept_side_effects": true, "batch_size": 700}),
    )
    .await;
    assert_eq!(counts(&run), [2345, 2345, 0, 0, 0, 0]);
    let right = "select count(*) from public.\"Profile\" p
        join auth.users u on u.id::text = p.user_id
        where p.\"fullName\" = u.raw_user_meta_data ->> 'full_name'";
    assert_eq!(world.ask(right).await, "2345");
    let recorded = "select count(distinct u) from rollcall.run_batches, unnest(created) u";
    assert_eq!(world.ask(recorded).await, "2345");
}

#[tokio::test]
async fn a_batch_may_be_of_any_size() {
    for batch_size in [1, 2, 999, 1000, 1001, 10_000] {
        let (sql, toml) = shapes::USERS;
        let world = World::with(sql, toml).await;
        ghosts(&world, 1, if batch_size < 3 { 30 } else { 2002 }).await;
        let function = backfill(&world).await;
        let run = answer(
            &function,
            json!({"mode": "run", "accept_side_effects": true, "batch_size": batch_size}),
        )
        .await;
        assert_eq!(
            (&run["status"], count(&run, "refused")),
            (&json!("completed"), 0)
        );
        assert_eq!(
            count(&run, "planned"),
            count(&run, "created"),
            "{batch_size}"
        );
    }
}
