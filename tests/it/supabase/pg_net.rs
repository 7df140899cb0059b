//! The real `pg_net`, where the server's installation has it: nothing stands in for the sender.

use std::{sync::Arc, time::Duration};

use rollcall_install::{catalog::Catalog, config::Config, mapping, render};
use rollcall_local::{
    function_url::Endpoint,
    postgres::{Installation, Options, Server},
    supabase,
};
use rollcall_tests::{Deployed, SECRET, project::VAULT, shapes};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::{ADA, WEBHOOK, sign_up};

const DATABASE: &str = "project";

/// A server that sends what waits in its database; none where `pg_net` is not installed.
fn server() -> Option<Server> {
    let installation = Installation::find(None, &mut |_| {}).expect("no PostgreSQL");
    let extra = [
        ("shared_preload_libraries", "pg_net"),
        ("pg_net.database_name", DATABASE),
    ];
    let options = Options {
        extra: extra
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        ..Options::default()
    };
    // The program may be a link.
    let program = installation.bin_dir.join("postgres").canonicalize();
    let library = program.unwrap().parent().unwrap().join("../lib/pg_net.so");
    if !library.exists() {
        super::leave_out("pg_net is not installed next to the server");
        return None;
    }
    Some(Server::start(&installation, &options).expect("PostgreSQL does not start"))
}

async fn run(server: &Server, role: &str, sql: &str) {
    let mut connection = PgConnection::connect(&server.url(role, DATABASE))
        .await
        .unwrap();
    let done = sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(&mut connection)
        .await;
    done.unwrap_or_else(|error| panic!("{error}\nin: {sql}"));
}

#[tokio::test]
async fn a_signup_reaches_the_function_by_itself() {
    let Some(server) = server() else { return };
    let admin = server.url("supabase_admin", "postgres");
    let mut superuser = PgConnection::connect(&admin).await.unwrap();
    supabase::create_roles(&mut superuser).await.unwrap();
    let create = format!("create database {DATABASE}; create role rollcall_app login");
    for sql in create.split(';') {
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&mut superuser)
            .await
            .unwrap();
    }
    let mut admin = PgConnection::connect(&server.url("supabase_admin", DATABASE))
        .await
        .unwrap();
    supabase::shape(&mut admin).await.unwrap();
    let (sql, toml) = shapes::VERIFIED_USERS;
    let secret = format!(
        "create extension pg_net;
         insert into vault.secrets (name, secret) values ('rollcall_webhook', '{SECRET}')"
    );
    run(&server, "supabase_admin", &[VAULT, &secret].concat()).await;
    run(&server, "postgres", sql).await;

    let url = server.url("rollcall_app", DATABASE);
    let function = Deployed::with_url("signup-webhook", &url, &[("WEBHOOK_SECRETS", SECRET)]);
    let endpoint = Endpoint::serve(Arc::new(function.await), 0).await.unwrap();
    let webhook = WEBHOOK.replace("https://rollcall.example.com", &endpoint.url());
    let config = Config::parse("rollcall.toml", &format!("{toml}{webhook}")).unwrap();
    let catalog = Catalog::read(&mut admin).await.unwrap();
    let migration = render::migration(&mapping::check(&config, &catalog).unwrap());
    run(&server, "postgres", &migration).await;
    let lose = "alter table auth.users disable trigger on_auth_user_created";
    run(&server, "supabase_admin", lose).await;

    run(&server, "supabase_auth_admin", &sign_up(ADA)).await;
    let answer = "select r.status_code || ' ' || r.content from net._http_response r
        join rollcall.webhook_calls c on c.request_id = r.id";
    let mut said: Option<String> = None;
    for _ in 0..300 {
        said = sqlx::query_scalar(answer)
            .fetch_optional(&mut admin)
            .await
            .unwrap();
        if said.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let expected = format!("200 {{\"user_id\":\"{ADA}\",\"outcome\":\"created\"}}");
    assert_eq!(said.as_deref(), Some(&*expected));
    let count = "select d::text from rollcall.count_deliveries() d";
    let count: String = sqlx::query_scalar(count)
        .fetch_one(&mut admin)
        .await
        .unwrap();
    assert_eq!(count, "(1,0)");
}
