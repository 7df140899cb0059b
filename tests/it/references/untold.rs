//! What came between a plan and its application: a trigger, a rule or a key that nobody was told of is
//! refused by its name.

use rollcall_tests::thrown;

use super::*;

/// Twelve orders of nobody's, and one of user 11, who can get a profile.
const ORDERS: &str = "
    create table public.orders (id int primary key, user_id uuid);
    insert into public.orders
    select n, ('00000000-0000-4000-8000-' || lpad((50 + n)::text, 12, '0'))::uuid
    from generate_series(1, 12) n;
    insert into public.orders values (13, '00000000-0000-4000-8000-000000000011');
    create function public.fired() returns trigger language plpgsql as 'begin return null; end'";

async fn orders() -> (World, Repair) {
    let world = world(ORDERS, &[("public.orders", "user_id")]).await;
    let function = repair(&world).await;
    (world, function)
}

fn trigger(event: &str, table: &str) -> String {
    format!(
        "create trigger later after {event} on {table} for each row execute function public.fired()"
    )
}

fn effects(answer: &Value) -> String {
    answer["side_effects"].to_string()
}

#[tokio::test]
async fn what_came_since_the_plan_is_refused_by_name_and_what_went_is_not() {
    let reassign = json!({"public.orders": {"policy": "reassign", "to": id(9)}});
    let on_orders = "trigger later on public.orders calls public.fired()";
    let drop = "drop trigger later on public.orders";
    for (policies, came, named, gone) in [
        (
            json!({}),
            trigger("delete", "public.orders"),
            on_orders,
            drop,
        ),
        (
            reassign,
            trigger("update", "public.orders"),
            on_orders,
            drop,
        ),
        (
            json!({}),
            trigger("insert", "public.users"),
            "trigger later on public.users calls public.fired()",
            "drop trigger later on public.users",
        ),
        (
            json!({}),
            "create rule later as on delete to public.orders do also notify later".to_owned(),
            "rule later on public.orders",
            "drop rule later on public.orders",
        ),
        (
            json!({}),
            "create table public.lines (order_id int references public.orders on delete cascade)"
                .to_owned(),
            "foreign key lines_order_id_fkey of public.lines refers to public.orders (on delete cascade)",
            "drop table public.lines",
        ),
    ] {
        let (world, function) = orders().await;
        let before = dump(&world, "public.orders").await;
        let planned = plan(&function, policies.clone()).await;
        world.run("postgres", &came).await;
        let event = json!({"action": "apply", "run_id": planned["run_id"], "confirm_count": 13});
        let (kind, sentence) = thrown(function.invoke(event).await);
        assert_eq!(kind, "Rejected", "{sentence}");
        assert!(sentence.contains(named), "{sentence}");
        assert!(sentence.ends_with("plan again"), "{sentence}");
        assert_eq!(dump(&world, "public.orders").await, before, "{came}");
        assert_eq!(count(&world, "public.error_logs").await, 0, "{came}");

        let told = plan(&function, policies).await;
        assert!(effects(&told).contains(named), "{told:#}");
        world.run("postgres", gone).await;
        let done = apply(&function, &told).await;
        assert_eq!(done["status"], "completed", "{came}: {done:#}");
        assert_eq!(left(&done), Vec::<String>::new(), "{came}");
    }
}

#[tokio::test]
async fn a_run_that_has_begun_goes_on_and_tells_what_came() {
    let (world, function) = orders().await;
    let planned = plan(&function, json!({})).await;
    let run = planned["run_id"].as_str().unwrap();
    let five = format!(
        "select b.done from rollcall.take_lease('{run}') l
         cross join lateral rollcall.references_batch('{run}', l.fence, 5) b"
    );
    assert_eq!(world.ask_as("rollcall_operator", &five).await, "5");
    world
        .run("postgres", &trigger("delete", "public.orders"))
        .await;
    let event = json!({"action": "apply", "run_id": run});
    let done = answer(&function, event).await;
    assert_eq!(done["status"], "completed", "{done:#}");
    assert!(
        effects(&done).contains("trigger later on public.orders"),
        "{done:#}"
    );
}

#[tokio::test]
async fn an_undo_that_was_planned_before_is_planned_anew() {
    let (world, function) = orders().await;
    let before = dump(&world, "public.orders").await;
    let done = apply(&function, &plan(&function, json!({})).await).await;
    let run = &done["run_id"];
    let event = json!({"action": "undo", "run_id": run, "confirm_count": 7});
    let (_, sentence) = thrown(function.invoke(event).await);
    assert!(sentence.contains("confirm_count 13"), "{sentence}");
    world
        .run("postgres", &trigger("insert", "public.orders"))
        .await;
    let event = json!({"action": "undo", "run_id": run, "confirm_count": 13});
    let (kind, sentence) = thrown(function.invoke(event.clone()).await);
    assert_eq!(kind, "Rejected", "{sentence}");
    for words in ["trigger later on public.orders", "undo again"] {
        assert!(sentence.contains(words), "{sentence}");
    }
    assert_eq!(count(&world, "public.orders").await, 1);
    let undone = answer(&function, event).await;
    assert_eq!(left(&undone), Vec::<String>::new(), "{undone:#}");
    assert_eq!(dump(&world, "public.orders").await, before);
}

#[tokio::test]
async fn what_was_told_in_other_quotes_is_the_same() {
    let (world, function) = orders().await;
    let came = trigger("delete", "public.orders") + ";" + &trigger("insert", "public.users");
    world.run("postgres", &came).await;
    let planned = plan(&function, json!({})).await;
    let quoting = format!(
        "alter role rollcall_operator in database {} set quote_all_identifiers = on",
        world.name()
    );
    world.run("supabase_admin", &quoting).await;
    let done = apply(&repair(&world).await, &planned).await;
    assert_eq!(done["status"], "completed", "{done:#}");
    assert_eq!(effects(&done), effects(&planned));
}
