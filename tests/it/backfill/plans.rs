//! A preview plans and touches nobody; its run touches nobody else.

use rollcall_tests::{World, shapes};
use serde_json::json;

use super::*;

/// Everything but the runs themselves, as a digest.
const ALL_ELSE: &str = "
    select md5(
        (select coalesce(string_agg(u::text, ',' order by u.id), '') from public.users u)
        || (select coalesce(string_agg(u::text, ',' order by u.id), '') from auth.users u)
        || (select count(*) from rollcall.sync_failures)
        || (select count(*) from rollcall.run_batches)
        || (select count(*) from public.cleanup_audit_log)
    )";

async fn world() -> (World, Function) {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    let function = backfill(&world).await;
    (world, function)
}

#[tokio::test]
async fn a_preview_stores_the_set_and_changes_nothing_else() {
    let (world, function) = world().await;
    ghosts(&world, 1, 3).await;
    let before = world.ask(ALL_ELSE).await;
    let plan = answer(&function, json!({"mode": "preview"})).await;
    assert_eq!(
        (&plan["status"], counts(&plan)),
        (&json!("planned"), [3, 0, 0, 0, 0, 3])
    );
    assert_eq!(
        (&plan["mode"], &plan["unfinished_run"]),
        (&json!("preview"), &json!(null))
    );
    assert_eq!(world.ask(ALL_ELSE).await, before);
    let again = answer(&function, json!({})).await;
    assert_eq!(
        again["digest"], plan["digest"],
        "the same set has the same digest"
    );
    assert_ne!(again["run_id"], plan["run_id"]);
    ghosts(&world, 4, 1).await;
    assert_ne!(answer(&function, json!({})).await["digest"], plan["digest"]);
}

#[tokio::test]
async fn the_run_of_a_preview_never_touches_others() {
    let (world, function) = world().await;
    ghosts(&world, 1, 3).await;
    let plan = answer(&function, json!({})).await;
    ghosts(&world, 4, 5).await;
    let run = answer(&function, json!({"mode": "run", "run_id": plan["run_id"]})).await;
    assert_eq!(
        (&run["status"], counts(&run)),
        (&json!("completed"), [3, 3, 0, 0, 0, 0])
    );
    assert_eq!(
        (&run["run_id"], &run["digest"]),
        (&plan["run_id"], &plan["digest"])
    );
    let whom = "select string_agg(right(id::text, 1), '' order by id) from public.users";
    assert_eq!(world.ask(whom).await, "123");
}

#[tokio::test]
async fn whoever_left_or_came_since_the_preview_is_gone_or_present() {
    let (world, function) = world().await;
    ghosts(&world, 1, 6).await;
    let plan = answer(&function, json!({})).await;
    quietly(
        &world,
        &format!(
            "delete from auth.users where id = '{}';
             update auth.users set deleted_at = now() where id = '{}';
             insert into rollcall.exclusions values ('{}', 'drill');
             insert into public.users (id, email) values ('{}', 'kept as it is')",
            id(1),
            id(2),
            id(3),
            id(4)
        ),
    )
    .await;
    let run = answer(&function, json!({"mode": "run", "run_id": plan["run_id"]})).await;
    assert_eq!(counts(&run), [6, 2, 1, 0, 3, 0]);
    assert_eq!(profiles(&world).await, "3");
    let kept = format!("select email from public.users where id = '{}'", id(4));
    assert_eq!(world.ask(&kept).await, "kept as it is");
}

#[tokio::test]
async fn the_same_is_true_where_the_batch_has_to_be_done_one_by_one() {
    let (world, function) = world().await;
    ghosts(&world, 1, 6).await;
    let plan = answer(&function, json!({})).await;
    before_insert(
        &world,
        "if new.email = 'u6@example.com' then raise 'no'; end if;",
    )
    .await;
    quietly(
        &world,
        &format!(
            "delete from auth.users where id = '{}';
             insert into rollcall.exclusions values ('{}', 'drill');
             insert into public.users (id) values ('{}')",
            id(1),
            id(2),
            id(3)
        ),
    )
    .await;
    let run = answer(&function, json!({"mode": "run", "run_id": plan["run_id"]})).await;
    assert_eq!(counts(&run), [6, 2, 1, 1, 2, 0]);
}

#[tokio::test]
async fn running_twice_changes_nothing() {
    let (world, function) = world().await;
    ghosts(&world, 1, 5).await;
    let first = answer(&function, json!({"mode": "run", "reason": "drill"})).await;
    assert_eq!(counts(&first), [5, 5, 0, 0, 0, 0]);
    let before = world.ask(ALL_ELSE).await;
    let again = answer(&function, json!({"mode": "run", "run_id": first["run_id"]})).await;
    assert_eq!(
        (&again["status"], counts(&again)),
        (&first["status"], counts(&first))
    );
    assert_eq!(world.ask(ALL_ELSE).await, before);
    let other = answer(&function, json!({"mode": "run"})).await;
    assert_eq!(
        (&other["status"], counts(&other)),
        (&json!("nothing_to_do"), [0; 6])
    );
    assert_eq!(profiles(&world).await, "5");
}

#[tokio::test]
async fn a_run_for_nobody_ends_once() {
    let (world, function) = world().await;
    let first = answer(&function, json!({"mode": "run"})).await;
    let records = "select string_agg(r::text || a::text, '')
        from rollcall.runs r join public.cleanup_audit_log a using (run_id)";
    let before = world.ask(records).await;
    assert_ne!(before, "null", "that there was nothing to do is on record");
    let event = json!({"mode": "run", "run_id": first["run_id"]});
    let again = answer(&function, event).await;
    assert_eq!(again["status"], "nothing_to_do");
    assert_eq!(world.ask(records).await, before);
}

#[tokio::test]
async fn an_unknown_id_starts_a_run_of_that_id() {
    let (world, function) = world().await;
    ghosts(&world, 1, 2).await;
    let run_id = "0e8f9a60-1111-4222-8333-444455556666";
    let event = json!({"mode": "run", "run_id": run_id, "max_users": 1});
    let run = answer(&function, event).await;
    assert_eq!(
        (&run["run_id"], counts(&run)),
        (&json!(run_id), [1, 1, 0, 0, 0, 0])
    );
    let again = answer(&function, json!({"mode": "run", "run_id": run_id})).await;
    assert_eq!(counts(&again), [1, 1, 0, 0, 0, 0]);
}

#[tokio::test]
async fn a_run_leaves_an_audit_row_and_a_record_of_whom_it_created() {
    let (world, function) = world().await;
    ghosts(&world, 1, 3).await;
    before_insert(
        &world,
        "if new.email = 'u2@example.com' then raise 'no'; end if;",
    )
    .await;
    let event = json!({"mode": "run", "reason": "INC-7", "batch_size": 1});
    let run = answer(&function, event).await;
    let run_id = run["run_id"].as_str().unwrap();
    let audit = "select concat_ws(' ', run_id, job_name, job_type, status, records_affected,
        records_failed, started_at <= completed_at, error_message) from public.cleanup_audit_log";
    let expected = format!("{run_id} backfill_ghost_users backfill completed 2 1 t");
    assert_eq!(world.ask(audit).await, expected);
    let created = "select string_agg(right(u::text, 1), '' order by u)
        from rollcall.run_batches, unnest(created) u";
    assert_eq!(world.ask(created).await, "13");
    let why = format!("select reason from rollcall.runs where run_id = '{run_id}'");
    assert_eq!(world.ask(&why).await, "INC-7");
}

#[tokio::test]
async fn a_plan_of_another_configuration_is_rejected() {
    let (world, function) = world().await;
    ghosts(&world, 1, 2).await;
    let plan = answer(&function, json!({})).await;
    world
        .install(&shapes::USERS.1.replace("\"meta.name\", ", ""))
        .await;
    let event = json!({"mode": "run", "run_id": plan["run_id"]});
    let (kind, sentence) = rollcall_tests::thrown(function.invoke(event).await);
    assert_eq!(kind, "Rejected");
    assert!(sentence.contains("preview again"), "{sentence}");
    assert_eq!(profiles(&world).await, "0");
}

#[tokio::test]
async fn triggers_of_the_application_are_named() {
    let (world, function) = world().await;
    ghosts(&world, 1, 1).await;
    assert_eq!(
        answer(&function, json!({})).await["side_effects"],
        json!([])
    );
    before_insert(&world, "").await;
    let plan = answer(&function, json!({})).await;
    let effects = json!(["trigger theirs on public.users calls public.theirs()"]);
    assert_eq!(plan["side_effects"], effects);
}
