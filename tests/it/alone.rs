//! A server that one test has to itself, because rights of roles belong to the whole server.

use std::borrow::Cow;

use rollcall_install::{catalog::Catalog, config::Config, mapping, render};
use rollcall_local::{
    postgres::{Installation, Options, Server},
    supabase,
};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, error::DatabaseError};

/// A server with one database, in which `owner` has a schema `app` with a table.
#[derive(Debug)]
pub(crate) struct Alone {
    server: Server,
    owner: &'static str,
}

impl Alone {
    /// A server without Rollcall, and without its roles.
    pub(crate) async fn new(owner: &'static str) -> Self {
        let installation = Installation::find(None, &mut |_| {}).expect("no PostgreSQL");
        let server = Server::start(&installation, &Options::default()).expect("a server");
        let alone = Self { server, owner };
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
        alone
    }

    /// Installs Rollcall as the owner.
    pub(crate) async fn install(&self, toml: &str) {
        let config = Config::parse("rollcall.toml", toml).expect("a configuration");
        let catalog = self.catalog().await;
        let migration = render::migration(&mapping::check(&config, &catalog).expect("a mapping"));
        self.run(self.owner, &migration).await;
    }

    /// Takes Rollcall out as the owner.
    pub(crate) async fn uninstall(&self) {
        self.run(self.owner, &render::uninstall()).await;
    }

    async fn catalog(&self) -> Catalog {
        Catalog::read(&mut self.connect(self.owner).await)
            .await
            .expect("the catalog")
    }

    async fn connect(&self, role: &str) -> PgConnection {
        PgConnection::connect(&self.server.url(role, "postgres"))
            .await
            .expect("a connection")
    }

    /// Runs SQL as a role.
    pub(crate) async fn run(&self, role: &str, sql: &str) {
        let mut connection = self.connect(role).await;
        let result = connection.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await;
        result.unwrap_or_else(|error| panic!("{error}\nin: {sql}"));
    }

    /// The one text that a query answers, or its SQLSTATE, asked as a superuser.
    pub(crate) async fn try_ask(&self, sql: &str) -> Result<String, String> {
        let mut connection = self.connect("supabase_admin").await;
        sqlx::query_scalar(AssertSqlSafe(sql))
            .fetch_one(&mut connection)
            .await
            .map_err(|error| {
                let code = error.as_database_error().and_then(DatabaseError::code);
                code.map_or_else(|| error.to_string(), Cow::into_owned)
            })
    }

    /// The one text that a query answers.
    pub(crate) async fn ask(&self, sql: &str) -> String {
        self.try_ask(sql).await.expect(sql)
    }
}
