//! Plans that somebody had better look at, what a run is logged by, and whom it waits for.

use rollcall_tests::{people::quietly, thrown};

use super::*;

const ORDERS: &str = "
    create table public.orders (id int primary key, user_id uuid, note text);
    insert into public.orders
    select n, ('00000000-0000-4000-8000-' || lpad((50 + n)::text, 12, '0'))::uuid, 'n' || n
    from generate_series(1, 12) n";

async fn orders(more: &str) -> (World, Repair) {
    let world = world(
        &format!("{ORDERS}; {more}"),
        &[("public.orders", "user_id")],
    )
    .await;
    let function = repair(&world).await;
    (world, function)
}

fn apply_of(planned: &Value) -> Value {
    json!({"action": "apply", "run_id": planned["run_id"]})
}

#[tokio::test]
async fn a_plan_that_saw_no_auth_user_needs_its_count() {
    let (world, function) = orders("").await;
    quietly(&world, "create table public.saved as table auth.users").await;
    quietly(&world, "delete from auth.users").await;
    let planned = plan(&function, json!({})).await;
    let step = planned["next_step"].as_str().unwrap();
    assert!(
        step.starts_with("not a single auth user was seen"),
        "{step}"
    );
    // Whoever is back by now: the plan was made without them.
    let back = "insert into auth.users (id, email) select id, email from public.saved";
    quietly(&world, back).await;
    let (kind, sentence) = thrown(function.invoke(apply_of(&planned)).await);
    assert_eq!(kind, "Rejected", "{sentence}");
    assert!(sentence.contains("confirm_count 12"), "{sentence}");
    assert_eq!(count(&world, "rollcall.quarantine").await, 0);
    let done = apply(&function, &planned).await;
    assert_eq!(counts(&done["tables"][0]), [12, 12, 0, 0, 0], "{done:#}");
    undo(&function, &done).await;
    let planned = plan(&function, json!({})).await;
    let done = answer(&function, apply_of(&planned)).await;
    assert_eq!(done["status"], "completed", "{done:#}");
}

#[tokio::test]
async fn a_check_that_was_never_validated_is_named_before_it_keeps_rows() {
    let (world, function) = orders(
        "alter table public.orders add constraint \"Short\" check (id < 7) not valid;
         alter table public.orders add check (id < 100)",
    )
    .await;
    let warning = "check \"Short\" of public.orders is not validated: while it stands, no row that fails \
                   it can be reassigned, or put back by an undo";
    let reassign = json!({"public.orders": {"policy": "reassign", "to": id(9)}});
    for (policies, refused) in [(reassign, 6), (json!({}), 0)] {
        let planned = plan(&function, policies).await;
        assert_eq!(planned["side_effects"], json!([warning]), "{planned:#}");
        let done = apply(&function, &planned).await;
        assert_eq!(counts(&done["tables"][0])[2], refused, "{done:#}");
        let undone = undo(&function, &done).await;
        for told in [&done, &undone] {
            for reason in told["reasons"].as_array().unwrap() {
                assert_eq!(reason["reason"], "check", "{told:#}");
                let mend = reason["mend"].as_str().unwrap();
                assert!(mend.contains("is not validated"), "{mend}");
            }
        }
    }
    assert_eq!(count(&world, "rollcall.quarantine").await, 6);
}

#[tokio::test]
async fn an_undo_of_a_table_that_is_another_says_to_undo_again() {
    let (world, function) = orders("").await;
    let done = apply(&function, &plan(&function, json!({})).await).await;
    let drop = "alter table public.orders drop column note";
    world.run("postgres", drop).await;
    let undone = undo(&function, &done).await;
    assert_eq!(
        undone["reasons"][0]["reason"], "table_changed",
        "{undone:#}"
    );
    let mend = undone["reasons"][0]["mend"].as_str().unwrap();
    assert!(mend.ends_with("bring them back, then undo again"), "{mend}");
}

#[tokio::test]
async fn whoever_has_no_lease_logs_nothing() {
    let (world, function) = orders("").await;
    let [one, other] = [
        plan(&function, json!({})).await,
        plan(&function, json!({})).await,
    ];
    let take = |run: &Value| {
        format!(
            "select fence > 0 from rollcall.take_lease('{}')",
            run["run_id"].as_str().unwrap()
        )
    };
    // The one has begun, and another came in between.
    for run in [&one, &other] {
        let release = "update rollcall.runs set lease_until = null";
        world.run("postgres", release).await;
        assert_eq!(world.ask_as("rollcall_operator", &take(run)).await, "true");
    }
    let (kind, sentence) = thrown(function.invoke(apply_of(&one)).await);
    assert_eq!(kind, "Busy", "{sentence}");
    assert_eq!(count(&world, "public.error_logs").await, 0);
}

#[tokio::test]
async fn two_at_once_log_a_find_once() {
    let (world, function) = orders("").await;
    let planned = plan(&function, json!({})).await;
    let log = format!(
        "select rollcall.log_orphans('{}', 'ORPHANED_ORDER_DETECTED', 'public.orders', 12, '')",
        planned["run_id"].as_str().unwrap()
    );
    let mut one = locks::somebody(&world, &log).await;
    let (_, ()) = tokio::join!(world.ask_as("rollcall_operator", &log), async {
        let waits = "select count(*) from pg_locks where not granted";
        while world.ask(waits).await == "0" {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        locks::say(&mut one, "commit").await;
    });
    apply(&function, &planned).await;
    assert_eq!(count(&world, "public.error_logs").await, 1);
}

#[tokio::test]
async fn a_run_names_the_table_that_it_waits_for_and_who_has_it() {
    let (world, function) = orders("").await;
    let planned = plan(&function, json!({})).await;
    let waits = format!(
        "select string_agg(relation_name || ' ' || (since is not null)::text, ', ')
         from rollcall.run_waits('{}')",
        planned["run_id"].as_str().unwrap()
    );
    for (held, named) in [
        ("select", "public.orders false"),
        ("lock public.orders in share mode", "public.orders true"),
        ("lock public.users in share mode", "public.orders false"),
        (
            "lock public.users in access exclusive mode",
            "public.users true, public.orders false",
        ),
    ] {
        let mut theirs = locks::somebody(&world, held).await;
        let told = world.ask_as("rollcall_operator", &waits).await;
        assert_eq!(told, named, "{held}");
        locks::say(&mut theirs, "rollback").await;
    }
}
