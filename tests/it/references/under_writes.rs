//! Sixty thousand rows go and come back while the application writes to the same table.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use sqlx::AssertSqlSafe;

use super::*;

const ROWS: i64 = 60_000;

/// What the application did: rows that it added, rows that it deleted, and what it wrote into others.
#[derive(Debug, Default)]
struct Written {
    added: i64,
    deleted: i64,
    notes: BTreeMap<i64, String>,
}

/// About a hundred writes a second, each its own transaction, until it is told to stop. None fails.
async fn write(world: &World, is_over: &AtomicBool) -> Written {
    let mut connection = world.connect("postgres").await;
    let mut written = Written::default();
    let mut every = tokio::time::interval(Duration::from_millis(10));
    for number in 0_i64.. {
        if is_over.load(Ordering::Relaxed) {
            break;
        }
        every.tick().await;
        let row = (number * 7919) % ROWS + 1;
        let note = format!("w{number}");
        let sql = match number % 4 {
            0 => format!(
                "insert into public.orders values ({}, '{}')",
                ROWS + 1 + number,
                id(1)
            ),
            1 => format!(
                "delete from public.orders where id = {}",
                ROWS + 1 + number - 1
            ),
            // Of a row that may be in the plan, in quarantine, or back again.
            _ => format!("update public.orders set note = '{note}' where id = {row}"),
        };
        let done = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection);
        let affected = done.await.unwrap().rows_affected();
        match number % 4 {
            0 => written.added += 1,
            1 => written.deleted += i64::try_from(affected).unwrap(),
            _ if affected == 1 => {
                written.notes.insert(row, note);
            }
            _ => {}
        }
    }
    written
}

#[tokio::test]
async fn what_the_application_writes_meanwhile_is_kept_and_no_row_is_lost() {
    let orders = "create table public.orders (id int primary key, user_id uuid, note text);
        create index on public.orders (user_id);
        insert into public.orders select n, gen_random_uuid(), 'n' || n from generate_series(1, 60000) n";
    let world = world(orders, &[("public.orders", "user_id")]).await;
    let function = repair(&world).await;
    let planned = plan(&function, json!({})).await;
    let (mut added, mut notes) = (0, BTreeMap::new());
    for (action, there) in [("apply", 0), ("undo", ROWS)] {
        let event = json!({"action": action, "run_id": planned["run_id"], "confirm_count": ROWS});
        let is_over = AtomicBool::new(false);
        let (done, written) = tokio::join!(
            async {
                let done = answer(&function, event).await;
                is_over.store(true, Ordering::Relaxed);
                done
            },
            write(&world, &is_over)
        );
        assert!(written.added > 0, "{action} was over before anybody wrote");
        assert_eq!(
            counts(&done["tables"][0]),
            [ROWS, ROWS, 0, 0, 0],
            "{done:#}"
        );
        added += written.added - written.deleted;
        notes.extend(written.notes);
        assert_eq!(count(&world, "public.orders").await, there + added);
        assert_eq!(count(&world, "rollcall.quarantine").await, ROWS - there);
        // The next begins to number its rows anew.
        world
            .run(
                "postgres",
                &format!("delete from public.orders where id > {ROWS}"),
            )
            .await;
        added = 0;
    }
    let kept: BTreeMap<String, String> = serde_json::from_str(
        &world
            .ask("select coalesce(json_object_agg(id, note), '{}') from public.orders where note not like 'n%'")
            .await,
    )
    .unwrap();
    let notes = notes.into_iter().map(|(row, note)| (row.to_string(), note));
    assert_eq!(kept, notes.collect());
}
