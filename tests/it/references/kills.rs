//! Ended at random moments, again and again, an apply and its undo come to the same end as
//! undisturbed. `ROLLCALL_KILLS` says how often, 20 times if it is not set.

use rollcall_tests::Line;

use super::*;
use crate::blows::{again_and_again, blows};

const ORDERS: i64 = 2000;
const LEADS: i64 = 1000;

/// Three tables, one for each policy, whose rows take a while each.
const TABLES: &str = "
    create table public.orders (id int primary key, user_id uuid, note text);
    insert into public.orders select n, gen_random_uuid(), 'n' || n from generate_series(1, 2000) n;
    create table public.leads (id int primary key, user_id uuid, note text);
    insert into public.leads select n, gen_random_uuid(), 'n' || n from generate_series(1, 1000) n;
    create table public.carts (id int primary key, user_id uuid);
    insert into public.carts
    select n, ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid from generate_series(11, 19) n;
    create function public.slow() returns trigger language plpgsql as
        $$ begin perform pg_sleep(0.0003); return coalesce(new, old); end $$;
    create trigger slow before insert or delete on public.orders
        for each row execute function public.slow();
    create trigger slow before update on public.leads for each row execute function public.slow();
    create trigger slow before insert or delete on public.users
        for each row execute function public.slow()";

#[tokio::test]
async fn however_often_they_are_ended_nothing_is_lost_and_nothing_done_twice() {
    let tables = [
        ("public.orders", "user_id"),
        ("public.leads", "user_id"),
        ("public.carts", "user_id"),
    ];
    let world = world(TABLES, &tables).await;
    let line = Line::open().await;
    let url = line.url("rollcall_operator", &world);
    let function = Deployed::with_url("repair", &url, &[]).await;
    let all = async || {
        let mut rows = vec![];
        for table in [
            "public.orders",
            "public.leads",
            "public.carts",
            "public.users",
        ] {
            rows.push(dump(&world, table).await);
        }
        rows
    };
    let before = all().await;
    let policies = json!({"public.leads": {"policy": "reassign", "to": id(9)}});
    let planned = plan(&function, policies).await;
    let planned_rows = ORDERS + LEADS + 9;
    for action in ["apply", "undo"] {
        let event =
            json!({"action": action, "run_id": planned["run_id"], "confirm_count": planned_rows});
        let holds = async || {
            let kept =
                count(&world, "public.orders").await + count(&world, "rollcall.quarantine").await;
            assert_eq!(kept, ORDERS);
            // What is told is what is there.
            let told = "select concat_ws(' ', created, created - (
                    select count(*) from rollcall.quarantine
                ) - (select count(*) from rollcall.reference_changes))
                from rollcall.runs where kind = 'references'";
            let told = world.ask(told).await;
            assert!(action == "undo" || told.ends_with(" 0"), "{told}");
        };
        let done = again_and_again(&blows(400), &function, &event, &world, &line, holds).await;
        // Where the answer of the last was lost, the next undo finds nothing left.
        let is_end =
            |status: &Value| status == "completed" || action == "undo" && status == "nothing_to_do";
        assert!(is_end(&done["status"]), "{done:#}");
        assert_eq!(left(&done), Vec::<String>::new(), "{done:#}");
        let done = "select sum(created) from rollcall.runs group by kind = 'undo' order by kind = 'undo' desc limit 1";
        assert_eq!(world.ask(done).await, planned_rows.to_string());
        let there = if action == "apply" {
            [0, LEADS, 18]
        } else {
            [ORDERS, 0, 9]
        };
        let theirs = format!("(select from public.leads where user_id = '{}') l", id(9));
        for (table, rows) in ["public.orders", &theirs, "public.users"]
            .into_iter()
            .zip(there)
        {
            assert_eq!(count(&world, table).await, rows, "{action} {table}");
        }
    }
    assert_eq!(all().await, before);
    assert_eq!(count(&world, "rollcall.quarantine").await, 0);
    assert_eq!(count(&world, "rollcall.reference_changes").await, 0);
    assert_eq!(count(&world, "public.error_logs").await, 2);
    let audited = "select string_agg(concat_ws(' ', job_name, status, records_affected), ', '
        order by started_at) from public.cleanup_audit_log where records_affected > 0";
    let expected = format!(
        "repair_references completed {planned_rows}, undo_references completed {planned_rows}"
    );
    assert_eq!(world.ask(audited).await, expected);
}
