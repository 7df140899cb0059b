//! The world moves between two batches: what is left of a table is refused, the run comes to its
//! end, and what was done can be taken back.

use rollcall_tests::people::quietly;

use super::*;

const ORDERS: &str = "
    create table public.orders (id int primary key, user_id uuid, note text);
    insert into public.orders
    select n, ('00000000-0000-4000-8000-' || lpad((50 + n)::text, 12, '0'))::uuid, 'n' || n
    from generate_series(1, 12) n;
    create table public.zebras (id int primary key, user_id uuid);
    insert into public.zebras values (1, '00000000-0000-4000-8000-000000000051')";

/// One batch of five rows of this run, by whoever is killed then.
pub(super) async fn begin(world: &World, run: &Value, batch: &str) {
    let run = run.as_str().unwrap();
    let five = format!(
        "select b.done from rollcall.take_lease('{run}') l
         cross join lateral rollcall.{batch}('{run}', l.fence, 5) b"
    );
    assert_eq!(world.ask_as("rollcall_operator", &five).await, "5");
}

async fn begun(policy: Value) -> (World, Repair, Value) {
    let tables = [("public.orders", "user_id"), ("public.zebras", "user_id")];
    let world = world(ORDERS, &tables).await;
    let function = repair(&world).await;
    let policies = json!({"public.orders": policy, "public.zebras": policy});
    let planned = plan(&function, policies).await;
    begin(&world, &planned["run_id"], "references_batch").await;
    (world, function, planned)
}

fn event(action: &str, run: &Value) -> Value {
    json!({"action": action, "run_id": run["run_id"]})
}

#[tokio::test]
async fn of_a_table_that_is_another_the_rest_is_refused_and_the_next_table_done() {
    for (there, back) in [
        (
            "alter table public.orders add column more int",
            "alter table public.orders drop column more",
        ),
        (
            "alter table public.orders rename to old",
            "alter table public.old rename to orders",
        ),
        (
            "alter table public.orders rename note to words",
            "alter table public.orders rename words to note",
        ),
        (
            "alter table public.orders alter note type varchar(9)",
            "alter table public.orders alter note type text",
        ),
        (
            "alter table public.orders drop constraint orders_pkey",
            "alter table public.orders add primary key (id)",
        ),
        (
            "alter table public.orders rename user_id to owner",
            "alter table public.orders rename owner to user_id",
        ),
        (
            "create schema other; alter table public.orders set schema other",
            "alter table other.orders set schema public",
        ),
    ] {
        let (world, function, planned) = begun(json!("quarantine")).await;
        world.run("postgres", there).await;
        let done = answer(&function, event("apply", &planned)).await;
        assert_eq!(done["status"], "completed", "{there}: {done:#}");
        assert_eq!(
            counts(&done["tables"][0]),
            [12, 5, 7, 0, 0],
            "{there}: {done:#}"
        );
        assert_eq!(
            counts(&done["tables"][1]),
            [1, 1, 0, 0, 0],
            "{there}: {done:#}"
        );
        assert_eq!(left(&done), ["public.orders * table_changed"], "{there}");
        assert_eq!(count(&world, "rollcall.quarantine").await, 6, "{there}");
        world.run("postgres", back).await;
        let undone = undo(&function, &done).await;
        assert_eq!(left(&undone), Vec::<String>::new(), "{there}: {undone:#}");
        assert_eq!(count(&world, "public.orders").await, 12, "{there}");
        assert_eq!(count(&world, "public.zebras").await, 1, "{there}");
        assert_eq!(count(&world, "rollcall.quarantine").await, 0, "{there}");
    }
}

#[tokio::test]
async fn what_comes_of_a_table_that_is_gone_waits_in_quarantine_for_one_that_is_like_it() {
    let (world, function, planned) = begun(json!("quarantine")).await;
    let before = "create table public.kept as select id, note from public.orders";
    world.run("postgres", before).await;
    world.run("postgres", "drop table public.orders").await;
    let done = answer(&function, event("apply", &planned)).await;
    assert_eq!(counts(&done["tables"][0]), [12, 5, 7, 0, 0], "{done:#}");
    assert_eq!(left(&done), ["public.orders * table_changed"]);
    let undone = undo(&function, &done).await;
    assert_eq!(counts(&undone["tables"][1]), [5, 0, 5, 0, 0], "{undone:#}");
    assert!(
        left(&undone)
            .iter()
            .all(|row| row.ends_with("table_changed"))
    );
    assert_eq!(count(&world, "rollcall.quarantine").await, 5);
    let again = "create table public.orders (
        note varchar(40), more int, user_id uuid, id bigint primary key)";
    world.run("postgres", again).await;
    let undone = undo(&function, &done).await;
    assert_eq!(counts(&undone["tables"][0]), [5, 5, 0, 0, 0], "{undone:#}");
    let whole = "(select id, note from public.orders union all select id, note from public.kept) o";
    assert_eq!(count(&world, whole).await, 12);
    assert_eq!(count(&world, "rollcall.quarantine").await, 0);
}

#[tokio::test]
async fn whoever_was_to_get_the_rows_and_is_gone_gets_no_more() {
    let system = json!({"policy": "reassign", "to": id(9)});
    let (world, function, planned) = begun(system).await;
    let gone = format!("delete from public.users where id = '{}'", id(9));
    quietly(&world, &gone).await;
    let done = answer(&function, event("apply", &planned)).await;
    assert_eq!(counts(&done["tables"][0]), [12, 5, 7, 0, 0], "{done:#}");
    let rest = [
        "public.orders * no_such_user",
        "public.zebras * no_such_user",
    ];
    assert_eq!(left(&done), rest);
    let theirs = format!("(select from public.orders where user_id = '{}') o", id(9));
    assert_eq!(count(&world, &theirs).await, 5);
    let undone = undo(&function, &done).await;
    assert_eq!(left(&undone), Vec::<String>::new(), "{undone:#}");
    assert_eq!(count(&world, &theirs).await, 0);
}

#[tokio::test]
async fn an_undo_keeps_in_quarantine_what_has_no_place_any_more() {
    for (there, back, reason) in [
        (
            "alter table public.orders drop column note",
            "alter table public.orders add column note text",
            "table_changed",
        ),
        ("drop table public.orders", ORDERS, "table_changed"),
        (
            "alter table public.orders alter note type int using 0",
            "alter table public.orders alter note type text",
            "other",
        ),
        (
            "alter table public.orders add column more int not null default 0; alter table public.orders alter more drop default",
            "alter table public.orders drop column more",
            "not_null",
        ),
        (
            "alter table public.orders add check (note is null) not valid",
            "alter table public.orders drop constraint orders_note_check",
            "check",
        ),
    ] {
        let (world, function, planned) = begun(json!("quarantine")).await;
        let done = answer(&function, event("apply", &planned)).await;
        let undo_id = "0e8f9a60-1111-4222-8333-444455556666";
        let planning = format!(
            "select rollcall.plan_references_undo('{undo_id}', '{}', null)",
            done["run_id"].as_str().unwrap()
        );
        world.ask_as("rollcall_operator", &planning).await;
        // The other table's one row comes first.
        let one = format!(
            "select b.done from rollcall.take_lease('{undo_id}') l
            cross join lateral rollcall.references_undo_batch('{undo_id}', l.fence, 5) b"
        );
        assert_eq!(world.ask_as("rollcall_operator", &one).await, "1");
        let five = one.replace("b.done", "b.done - 1");
        assert_eq!(
            world.ask_as("rollcall_operator", &five).await,
            "5",
            "{there}"
        );
        world.run("postgres", there).await;
        let undone = undo(&function, &done).await;
        assert_eq!(undone["run_id"], undo_id);
        let orders = tables(&undone)
            .into_iter()
            .find(|(name, _)| name.contains("orders"))
            .unwrap();
        assert_eq!(orders.1, [12, 5, 7, 0, 0], "{there}: {undone:#}");
        assert!(
            left(&undone).iter().all(|row| row.ends_with(reason)),
            "{there}: {undone:#}"
        );
        assert_eq!(count(&world, "rollcall.quarantine").await, 7, "{there}");
        if back == ORDERS {
            let empty = "create table public.orders (id int primary key, user_id uuid, note text)";
            world.run("postgres", empty).await;
        } else {
            world.run("postgres", back).await;
        }
        let undone = undo(&function, &done).await;
        assert_eq!(
            counts(&undone["tables"][0]),
            [7, 7, 0, 0, 0],
            "{there}: {undone:#}"
        );
        assert_eq!(count(&world, "rollcall.quarantine").await, 0, "{there}");
    }
}
