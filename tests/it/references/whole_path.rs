//! From a plan to its undo and its purge.

use rollcall_tests::thrown;

use super::*;

const ORDERS: &str = "create table public.orders (
        id bigint generated always as identity primary key, user_id uuid, note text
    )";

async fn shop() -> World {
    let world = world(ORDERS, &[("public.orders", "user_id")]).await;
    // One of each kind: with a profile, with an auth user, with nobody; and without a user.
    world
        .run(
            "postgres",
            &format!(
                "insert into public.orders (user_id, note)
                 values ('{}', 'kept'), ('{}', 'helped'), ('{1}', 'too'), ('{}', 'lost'), (null, 'none')",
                id(1),
                id(11),
                id(77)
            ),
        )
        .await;
    world
}

#[tokio::test]
async fn by_default_whoever_can_get_a_profile_does_and_the_rest_is_put_aside() {
    let world = shop().await;
    let function = repair(&world).await;
    let (orders, users) = (
        dump(&world, "public.orders").await,
        dump(&world, "public.users").await,
    );
    let planned = plan(&function, json!({})).await;
    let expected = [
        (
            "public.orders.user_id quarantine".to_owned(),
            [1, 0, 0, 0, 1],
        ),
        (
            "public.orders.user_id create_profile".to_owned(),
            [1, 0, 0, 0, 1],
        ),
    ];
    assert_eq!(tables(&planned), expected, "{planned:#}");
    assert_eq!(planned["status"], "planned");
    assert_eq!(planned["samples"][0]["user_id"], id(77), "{planned:#}");
    assert_eq!(dump(&world, "public.orders").await, orders);

    let done = apply(&function, &planned).await;
    assert_eq!(done["status"], "completed", "{done:#}");
    assert!(
        tables(&done).iter().all(|(_, counts)| counts[1] == 1),
        "{done:#}"
    );
    assert_eq!(done["digest"], planned["digest"]);
    assert_eq!(count(&world, "public.orders").await, 4);
    assert_eq!(count(&world, "rollcall.quarantine").await, 1);
    assert_eq!(count(&world, "public.users").await, 10);
    let logged = world
        .ask("select string_agg(error_type || ' ' || row_count || ' ' || run_id, ', ') from public.error_logs")
        .await;
    let run_id = planned["run_id"].as_str().unwrap();
    assert_eq!(logged, format!("ORPHANED_ORDER_DETECTED 1 {run_id}"));
    let again = apply(&function, &planned).await;
    assert_eq!(tables(&again), tables(&done));
    assert_eq!(count(&world, "public.error_logs").await, 1);

    let undone = undo(&function, &done).await;
    assert_eq!(left(&undone), Vec::<String>::new(), "{undone:#}");
    assert_eq!(dump(&world, "public.orders").await, orders);
    assert_eq!(dump(&world, "public.users").await, users);
    assert_eq!(count(&world, "rollcall.quarantine").await, 0);
    let audited = world
        .ask("select string_agg(job_name || ' ' || status || ' ' || records_affected, ', ' order by started_at)
              from public.cleanup_audit_log")
        .await;
    assert_eq!(
        audited,
        "repair_references completed 2, undo_references completed 2"
    );
}

#[tokio::test]
async fn whoever_can_get_no_profile_is_listed() {
    let world = shop().await;
    let function = repair(&world).await;
    let created = json!({"public.orders": "create_profile"});
    let done = apply(&function, &plan(&function, created).await).await;
    assert_eq!(counts(&done["tables"][0]), [2, 1, 1, 0, 0], "{done:#}");
    let expected = format!("public.orders {} unknown_user", id(77));
    assert_eq!(left(&done), [expected], "{done:#}");
}

#[tokio::test]
async fn rows_can_be_reassigned_and_come_back() {
    let world = shop().await;
    let function = repair(&world).await;
    let orders = dump(&world, "public.orders").await;
    let nobody = json!({"public.orders": {"policy": "reassign", "to": id(12)}});
    let event = json!({"action": "references.plan", "policies": nobody});
    let (kind, sentence) = thrown(function.invoke(event).await);
    assert_eq!(kind, "BadRequest", "{sentence}");
    assert!(sentence.contains("no profile"), "{sentence}");

    let system = json!({"public.orders": {"policy": "reassign", "to": id(9)}});
    let done = apply(&function, &plan(&function, system).await).await;
    assert_eq!(counts(&done["tables"][0]), [3, 3, 0, 0, 0], "{done:#}");
    let theirs = format!("(select from public.orders where user_id = '{}') o", id(9));
    assert_eq!(count(&world, &theirs).await, 3);
    world
        .run(
            "postgres",
            "update public.orders set note = 'touched' where note = 'lost'",
        )
        .await;
    let undone = undo(&function, &done).await;
    assert_eq!(counts(&undone["tables"][0]), [3, 2, 1, 0, 0], "{undone:#}");
    assert_eq!(left(&undone), ["public.orders 4 changed_since"]);
    world
        .run(
            "postgres",
            &format!(
                "update public.orders set note = 'lost', user_id = '{}' where id = 4",
                id(77)
            ),
        )
        .await;
    assert_eq!(dump(&world, "public.orders").await, orders);
}

#[tokio::test]
async fn a_purge_is_for_good_and_an_uninstall_waits_for_it() {
    let world = shop().await;
    let function = repair(&world).await;
    let quarantine = json!({"public.orders": "quarantine"});
    let planned = plan(&function, quarantine).await;
    let purge = json!({"action": "purge", "run_id": planned["run_id"]});
    let (kind, sentence) = thrown(function.invoke(purge.clone()).await);
    assert_eq!(kind, "Rejected", "{sentence}");
    apply(&function, &planned).await;
    assert_eq!(count(&world, "rollcall.quarantine").await, 3);
    let uninstall = rollcall_install::render::uninstall();
    let refused = world.attempt("postgres", &uninstall).await.unwrap_err();
    assert!(refused.to_string().contains("holds 3 rows"), "{refused}");
    let mut wrong = purge.clone();
    wrong["confirm_count"] = json!(2);
    let (kind, sentence) = thrown(function.invoke(wrong).await);
    assert!(
        kind == "Rejected" && sentence.contains("confirm_count 3"),
        "{sentence}"
    );
    let purged = answer(&function, purge.clone()).await;
    assert_eq!(counts(&purged["tables"][0]), [3, 3, 0, 0, 0], "{purged:#}");
    assert_eq!(count(&world, "rollcall.quarantine").await, 0);
    assert_eq!(answer(&function, purge).await["status"], "nothing_to_do");
    let undone = undo(&function, &planned).await;
    assert_eq!(undone["status"], "nothing_to_do", "{undone:#}");
    world.run("postgres", &uninstall).await;
}

#[tokio::test]
async fn a_plan_is_refused_where_the_world_has_moved_and_a_row_that_has_is_gone() {
    let world = shop().await;
    let function = repair(&world).await;
    let planned = plan(&function, json!({"public.orders": "quarantine"})).await;
    let event = json!({"action": "apply", "run_id": planned["run_id"]});
    for (there, back) in [
        (
            "alter table public.orders rename to old_orders",
            "alter table public.old_orders rename to orders",
        ),
        (
            "alter table public.orders add column more int",
            "alter table public.orders drop column more",
        ),
        (
            "alter table public.orders alter note type varchar(9)",
            "alter table public.orders alter note type text",
        ),
    ] {
        world.run("postgres", there).await;
        let (kind, sentence) = thrown(function.invoke(event.clone()).await);
        assert_eq!(kind, "Rejected", "{sentence}");
        assert!(sentence.contains("plan again"), "{sentence}");
        world.run("postgres", back).await;
    }
    // One is deleted, one belongs to somebody now, one is as it was.
    world
        .run(
            "postgres",
            &format!(
                "delete from public.orders where note = 'helped';
                 update public.orders set user_id = '{}' where note = 'too'",
                id(2)
            ),
        )
        .await;
    let done = answer(&function, event).await;
    assert_eq!(counts(&done["tables"][0]), [3, 1, 0, 2, 0], "{done:#}");
}

#[tokio::test]
async fn whoever_is_erased_leaves_no_trace_and_no_row_is_lost() {
    let world = shop().await;
    let function = repair(&world).await;
    let done = apply(&function, &plan(&function, json!({})).await).await;
    for number in [11, 77] {
        world
            .run(
                "supabase_admin",
                &format!(
                    "set session_replication_role = replica;
                     delete from auth.users where id = '{}'",
                    id(number)
                ),
            )
            .await;
        let event = json!({"action": "forget", "user_ids": [id(number)]});
        function.invoke(event).await.unwrap();
        for table in [
            "reference_rows",
            "reference_changes",
            "quarantine",
            "reference_refusals",
            "reference_parts",
        ] {
            let rows = format!(
                "(select from rollcall.{table} t where t::text like '%{}%') t",
                id(number)
            );
            assert_eq!(count(&world, &rows).await, 0, "{table}");
        }
    }
    let undone = undo(&function, &done).await;
    assert_eq!(left(&undone), Vec::<String>::new(), "{undone:#}");
    let back = "select right(user_id::text, 12) from public.orders where note = 'lost'";
    assert_ne!(world.ask(back).await, id(77)[24..]);
    assert_eq!(count(&world, "public.orders").await, 5);
}
