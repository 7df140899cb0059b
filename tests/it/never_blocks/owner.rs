//! What the owner of the functions may no longer do. Rights of a role belong to the whole
//! server, so these have one of their own.

use rollcall_install::{catalog::Catalog, config::Config, mapping, render};
use rollcall_local::{
    postgres::{Installation, Options, Server},
    supabase,
};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

const TOML: &str = r#"
[profile]
table = "app.users"
key = "id"

[profile.columns]
email = "email"

[profile.keep]
columns = ["email"]
"#;

/// A server with one database, which `owner` has installed Rollcall into.
struct Alone(Server);

impl Alone {
    async fn new(owner: &str) -> Self {
        let installation = Installation::find(None, &mut |_| {}).expect("no PostgreSQL");
        let alone = Self(Server::start(&installation, &Options::default()).expect("a server"));
        let mut superuser = alone.connect("supabase_admin").await;
        supabase::create_roles(&mut superuser).await.expect("roles");
        supabase::shape(&mut superuser)
            .await
            .expect("Supabase's shape");
        let sql = format!(
            "grant create on database postgres to {owner};
            grant create on schema public to {owner};
            set role {owner};
            create schema app;
            create table app.users (id uuid primary key, email text)"
        );
        superuser
            .execute(sqlx::raw_sql(AssertSqlSafe(sql)))
            .await
            .expect("a table");
        alone.install(owner).await;
        alone
    }

    async fn install(&self, owner: &str) {
        let config = Config::parse("rollcall.toml", TOML).expect("a configuration");
        let mut connection = self.connect(owner).await;
        let catalog = Catalog::read(&mut connection).await.expect("the catalog");
        let migration = render::migration(&mapping::check(&config, &catalog).expect("a mapping"));
        connection
            .execute(sqlx::raw_sql(AssertSqlSafe(migration)))
            .await
            .expect("installed");
    }

    async fn connect(&self, role: &str) -> PgConnection {
        PgConnection::connect(&self.0.url(role, "postgres"))
            .await
            .expect("a connection")
    }

    async fn run(&self, role: &str, sql: &str) {
        let mut connection = self.connect(role).await;
        let sql = AssertSqlSafe(sql);
        connection
            .execute(sqlx::raw_sql(sql))
            .await
            .unwrap_or_else(|error| panic!("{error}"));
    }

    async fn ask(&self, sql: &str) -> String {
        let mut connection = self.connect("supabase_admin").await;
        let answer: Option<String> = sqlx::query_scalar(AssertSqlSafe(sql))
            .fetch_one(&mut connection)
            .await
            .expect(sql);
        answer.unwrap_or_else(|| "null".to_owned())
    }

    async fn ledger(&self) -> String {
        self.ask("select (select concat_ws(' ', sqlstate, reason) from rollcall.sync_failures)")
            .await
    }

    async fn ensure(&self) -> Result<String, String> {
        let mut connection = self.connect("supabase_admin").await;
        sqlx::query_scalar(
            "select concat_ws(' ', e.outcome, e.reason)
            from auth.users u cross join lateral rollcall.ensure_profile(u.id) e
            order by u.created_at desc nulls last limit 1",
        )
        .fetch_one(&mut connection)
        .await
        .map_err(|error| {
            error
                .as_database_error()
                .map_or_else(String::new, |e| e.code().unwrap_or_default().into_owned())
        })
    }

    async fn sign_up(&self, number: u32) {
        let sql = format!(
            "insert into auth.users (id, email, created_at)
            values (gen_random_uuid(), '{number}@example.com', now())"
        );
        self.run("supabase_auth_admin", &sql).await;
    }
}

#[tokio::test]
async fn an_owner_that_row_security_blinds_is_an_error_and_not_silence() {
    let alone = Alone::new("postgres").await;
    alone
        .run("supabase_admin", "alter role postgres nobypassrls")
        .await;
    // The signup shows its own row, so that even the blind can write it.
    alone.sign_up(1).await;
    assert_eq!(
        alone.ask("select email from app.users").await,
        "1@example.com"
    );
    assert_eq!(alone.ledger().await, "null");
    let update = "update auth.users set email = 'new@example.com'";
    alone.run("supabase_auth_admin", update).await;
    assert_eq!(
        alone.ask("select email from auth.users").await,
        "new@example.com"
    );
    assert_eq!(alone.ledger().await, "42501 permission");
    assert_eq!(alone.ensure().await, Err("42501".to_owned()));
    alone
        .run("supabase_admin", "alter role postgres bypassrls")
        .await;
    assert_eq!(alone.ensure().await, Ok("updated".to_owned()));
    assert_eq!(alone.ledger().await, "null");
}

#[tokio::test]
async fn an_owner_of_the_users_is_stopped_by_forced_row_security_and_by_missing_usage() {
    let owner = "supabase_auth_admin";
    let alone = Alone::new(owner).await;
    for (number, breaks, reason, mends) in [
        (
            1,
            "alter table app.users enable row level security, force row level security",
            "42501 row_security",
            "alter table app.users disable row level security, no force row level security",
        ),
        (
            2,
            "revoke usage on schema app from supabase_auth_admin",
            "42501 permission",
            "grant usage on schema app to supabase_auth_admin",
        ),
    ] {
        alone.run(owner, breaks).await;
        alone.sign_up(number).await;
        assert_eq!(alone.ledger().await, reason);
        assert_eq!(
            alone.ensure().await,
            Ok(format!("refused {}", &reason[6..])),
            "{breaks}"
        );
        alone.run(owner, mends).await;
        assert_eq!(alone.ensure().await, Ok("created".to_owned()), "{breaks}");
        assert_eq!(alone.ledger().await, "null");
    }
}
