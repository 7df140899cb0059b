//! The list of a million users: how long it takes, and how much memory the function needs for it.

use std::time::Instant;

use rollcall_domain::{Database, affected::List};
use rollcall_tests::{Deployed, Moto, World, send_raw, shapes};
use serde_json::json;
use uuid::Uuid;

use crate::measure::{Results, ms_since};

const USERS: u32 = 1_000_000;
const BUCKET: &str = "a-million-users";

pub(crate) async fn run(results: &mut Results) {
    let world = world().await;
    let database = Database::new(world.url("rollcall_operator").parse().expect("an address"));
    let run_id = Uuid::from_u128(1);
    let begun = Instant::now();
    let mut list = List::of(&database, run_id).await.expect("a list");
    let (mut bytes, mut all) = (vec![], 0);
    let mut has_more = true;
    while has_more {
        has_more = list
            .write_next(&database, &mut bytes)
            .await
            .expect("a page");
        all += bytes.len();
        bytes.clear();
    }
    assert_eq!(list.tally().mended, i64::from(USERS));
    results.aside("the list of a million users", ms_since(begun), "ms");
    let mib = f64::from(u32::try_from(all / 1024).expect("some mebibytes")) / 1024.0;
    results.aside("its size", mib, "MiB");

    let Some(moto) = Moto::shared() else { return };
    let aws = [
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "a-secret"),
        ("AWS_ENDPOINT_URL", moto.url()),
        // In this region a bucket is made without saying where.
        ("AWS_REGION", "us-east-1"),
        ("EXPORT_BUCKET", BUCKET),
    ];
    let request = format!("PUT /{BUCKET} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n");
    let made = send_raw(moto.url(), request.as_bytes()).await;
    assert_eq!(made.status, 200, "{made:?}");
    let url = world.url("rollcall_operator");
    let function = Deployed::as_said("backfill", &url, &aws, |spec| {
        spec.timeout = std::time::Duration::from_mins(15);
    })
    .await;
    let event = json!({"mode": "run", "run_id": run_id, "export": true});
    let answer = function.invoke(event).await.expect("an answer");
    assert_eq!(answer["export"]["bucket"], BUCKET, "{answer:#}");
    let peak_kb = function
        .peak_memory_kb()
        .and_then(|kb| u32::try_from(kb).ok());
    if let Some(kb) = peak_kb {
        let mib = f64::from(kb) / 1024.0;
        results.note("export: peak memory", mib, "MiB", 48.0);
    }
}

/// A run that has ended, of a million users in batches of ten thousand, as a backfill leaves it.
async fn world() -> World {
    let (sql, toml) = shapes::USERS;
    let world = World::with(sql, toml).await;
    let fill = format!(
        "set session_replication_role = replica;
         insert into auth.users (id, email, created_at)
         select gen_random_uuid(), 'user' || n || '@example.com', now() - n * interval '1 minute'
         from generate_series(1, {USERS}) n;
         insert into rollcall.runs (
             run_id, kind, state, configuration, digest, planned, created, finished_at
         )
         values ('{}', 'backfill', 'completed', '', '', {USERS}, {USERS}, now());
         create temporary table planned as
             select id, row_number() over () - 1 as place from auth.users;
         insert into rollcall.run_plans (run_id, chunk, user_ids)
         select '{0}', place / 1000, array_agg(id order by place) from planned group by 2;
         insert into rollcall.run_batches (run_id, begins_at, created, present, gone, versions)
         select '{0}', place / 10000 * 10000, array_agg(id order by place), '{{}}', '{{}}', '{{}}'
         from planned group by 2",
        Uuid::from_u128(1)
    );
    world.run("supabase_admin", &fill).await;
    world
}
