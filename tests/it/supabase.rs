//! What only a Supabase project has: the webhook that the database itself calls, the command line
//! that applies migrations, the pooler with its certificate.

mod breaks;
mod certificate;
mod command_line;
mod deliveries;
mod papers;
mod pg_net;
mod signed;
mod stock;

use std::io::{self, Write};

use rollcall_tests::{
    SECRET, World,
    project::{PG_NET, VAULT},
    shapes,
};
use sqlx::{Connection, Row};

/// What is added to a `rollcall.toml`.
const WEBHOOK: &str = "
[webhook]
url = \"https://rollcall.example.com/\"
vault_secret = \"rollcall_webhook\"
";

/// A user of these tests.
const ADA: &str = "00000000-0000-4000-8000-00000000000a";

/// A project whose database calls the webhook, whatever of `pg_net` and Vault it has.
async fn project(service: &[&str], more: &str) -> World {
    let (sql, toml) = shapes::VERIFIED_USERS;
    let world = World::bare(sql).await;
    for part in service {
        world.run("supabase_admin", part).await;
    }
    world.install(&format!("{toml}{WEBHOOK}{more}")).await;
    world
}

/// One with all of it, and with the secret of the tests.
async fn whole() -> World {
    let world = project(&[PG_NET, VAULT], "").await;
    keep_secret(&world, SECRET).await;
    world
}

/// Puts a secret into Vault, in the place of the last one.
async fn keep_secret(world: &World, secret: &str) {
    let sql = format!(
        "delete from vault.secrets;
         insert into vault.secrets (name, secret) values ('other', 'x'), ('rollcall_webhook', '{secret}')"
    );
    world.run("supabase_admin", &sql).await;
}

fn sign_up(id: &str) -> String {
    format!(
        "insert into auth.users (id, email, created_at) values ('{id}', '{id}@example.com', now());"
    )
}

/// Says what was left out where everybody sees it: the harness keeps what tests print.
fn leave_out(missing: &str) {
    let _ = writeln!(io::stderr(), "LEFT OUT, NOT PASSED: {missing}");
}

/// A request that waits to be sent.
#[derive(Debug)]
struct Request {
    url: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    timeout: i32,
}

impl Request {
    fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(given, _)| given == name);
        &found.unwrap_or_else(|| panic!("no {name}: {self:?}")).1
    }
}

/// What waits to be sent, the oldest first.
async fn queue(world: &World) -> Vec<Request> {
    let mut superuser = world.connect("supabase_admin").await;
    let rows = sqlx::query(
        "select q.url, q.body, q.timeout_milliseconds,
             array(select h.key from jsonb_each_text(q.headers) h order by 1),
             array(select h.value from jsonb_each_text(q.headers) h order by h.key)
         from net.http_request_queue q order by q.id",
    )
    .fetch_all(&mut superuser)
    .await
    .unwrap();
    superuser.close().await.unwrap();
    let request = |row: &sqlx::postgres::PgRow| Request {
        url: row.get(0),
        body: row.get(1),
        timeout: row.get(2),
        headers: std::iter::zip(row.get::<Vec<_>, _>(3), row.get::<Vec<_>, _>(4)).collect(),
    };
    rows.iter().map(request).collect()
}
