//! The signup webhook: warm, from its start, its memory. Every function: from its start with secrets
//! to read, and its size.

use std::{
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};

use rollcall_local::runtime_api::Function;
use rollcall_tests::{Deployed, TOKEN, Vault, World, shapes};
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::measure::{Results, ms_since, percentile};

const USERS: usize = 2000;

pub(crate) async fn run(results: &mut Results) {
    let (sql, toml) = shapes::VERIFIED_USERS;
    let world = World::with(sql, toml).await;
    let ids = ghosts(&world).await;
    let mut starts = vec![];
    let mut function = start(&world).await;
    for _ in 0..10 {
        starts.push(
            function
                .init_duration()
                .expect("it has started")
                .as_secs_f64()
                * 1000.0,
        );
        function = start(&world).await;
    }

    let mut bare_connection = world.connect("postgres").await;
    let (mut webhook, mut bare) = (vec![], vec![]);
    for (number, id) in ids.iter().enumerate() {
        let begun = Instant::now();
        if number % 2 == 0 {
            let answer = function.invoke(event(id)).await.expect("an answer");
            assert!(
                answer["body"]
                    .as_str()
                    .is_some_and(|body| body.contains("created"))
            );
            webhook.push(ms_since(begun));
        } else {
            upsert(&mut bare_connection, id).await;
            bare.push(ms_since(begun));
        }
    }
    // The first of each opens a connection or plans a statement.
    let (webhook, bare) = (&mut webhook[10..], &mut bare[10..]);
    let (slow, rival) = (percentile(webhook, 0.99), percentile(bare, 0.99));
    results.note(
        "webhook: p99 over the bare upsert's",
        slow - rival,
        "ms",
        2.0,
    );
    results.aside("webhook p99", slow, "ms");
    results.aside("webhook p50", percentile(webhook, 0.5), "ms");
    results.aside("bare upsert p99", rival, "ms");
    results.aside("bare upsert p50", percentile(bare, 0.5), "ms");
    results.note(
        "webhook: init, median",
        percentile(&mut starts, 0.5),
        "ms",
        20.0,
    );
    let peak_kb = function
        .peak_memory_kb()
        .and_then(|kb| u32::try_from(kb).ok());
    if let Some(kb) = peak_kb {
        results.note("webhook: peak memory", f64::from(kb) / 1024.0, "MiB", 32.0);
    }
    with_secrets(&world, results).await;
    for (name, _, at_most) in FUNCTIONS {
        let what = format!("{name}: compressed binary");
        let mb = compressed_mb(&Deployed::binary(name));
        results.note(&what, mb, "MB", at_most);
    }
}

/// The name, how long the start may take with secrets to read (ms), and how large it may be (MB).
const FUNCTIONS: [(&str, f64, f64); 6] = [
    ("signup-webhook", 25.0, 5.0),
    ("pulse", 25.0, 5.0),
    ("nightly-check", 40.0, 7.0),
    ("backfill", 40.0, 7.0),
    ("repair", 40.0, 7.0),
    ("diagnose", 40.0, 7.0),
];

/// The starts of every function whose secrets are at the emulator's.
async fn with_secrets(world: &World, results: &mut Results) {
    let Some(vault) = Vault::open() else { return };
    let url = world.url("rollcall_app");
    let (database, tokens) = (
        vault.keep("bench/database", &url).await,
        vault.keep("bench/tokens", TOKEN).await,
    );
    let variables = vault.variables(&[("WEBHOOK_TOKENS", &tokens)]);
    for (name, at_most, _) in FUNCTIONS {
        let mut starts = vec![];
        for _ in 0..11 {
            let function = Deployed::with_url(name, &database, &variables).await;
            let init = function.init_duration().expect("it has started");
            starts.push(init.as_secs_f64() * 1000.0);
        }
        let what = format!("{name}: init with secrets, median");
        results.note(&what, percentile(&mut starts, 0.5), "ms", at_most);
    }
}

/// Users without a profile: they signed up before Rollcall's triggers were enabled again.
async fn ghosts(world: &World) -> Vec<Uuid> {
    world
        .run(
            "supabase_auth_admin",
            &format!(
                "alter table auth.users disable trigger user;
                 insert into auth.users (id, email, created_at)
                 select gen_random_uuid(), 'user' || n || '@example.com', now()
                 from generate_series(1, {USERS}) n;
                 alter table auth.users enable trigger user"
            ),
        )
        .await;
    sqlx::query_scalar("select id from auth.users order by id")
        .fetch_all(&mut world.connect("postgres").await)
        .await
        .expect("the users")
}

async fn start(world: &World) -> Function {
    Deployed::start(
        "signup-webhook",
        world,
        "rollcall_app",
        &[("WEBHOOK_TOKENS", TOKEN)],
    )
    .await
}

fn event(id: &Uuid) -> Value {
    let body = json!({ "type": "INSERT", "schema": "auth", "table": "users", "id": id });
    json!({
        "version": "2.0",
        "rawPath": "/",
        "headers": { "x-rollcall-token": TOKEN, "content-type": "application/json" },
        "requestContext": { "http": { "method": "POST", "path": "/" } },
        "body": body.to_string(),
        "isBase64Encoded": false
    })
}

/// What an application would do by itself.
async fn upsert(connection: &mut PgConnection, id: &Uuid) {
    sqlx::query(
        "insert into public.users (id, email, email_verified, created_at, updated_at)
         select id, email, email_confirmed_at is not null, created_at, now()
         from auth.users where id = $1
         on conflict (id) do nothing",
    )
    .bind(id)
    .execute(connection)
    .await
    .expect("an upsert");
}

/// The binary as it would be uploaded; gzip deflates as zip does.
fn compressed_mb(binary: &Path) -> f64 {
    let gzip = Command::new("gzip")
        .args(["-9", "-c"])
        .arg(binary)
        .stdout(Stdio::piped())
        .output()
        .expect("gzip");
    f64::from(u32::try_from(gzip.stdout.len()).unwrap_or(u32::MAX)) / 1e6
}
