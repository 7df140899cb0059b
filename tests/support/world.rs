//! A database that one test has to itself.

use std::{
    io::{ErrorKind, Write},
    process::{Command, Output, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use rollcall_install::{
    catalog::Catalog,
    config::Config,
    mapping::{self, Mapping},
    render,
};
use rollcall_local::{
    postgres::{Installation, Options, Server},
    supabase,
};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio::sync::Mutex;

/// The server of this test binary. It is of the major version that `ROLLCALL_PG_MAJOR` names.
///
/// # Panics
/// If there is no PostgreSQL and none can be obtained.
pub fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        let installation = Installation::find(None, &mut |_| {}).expect("no PostgreSQL");
        let options = Options {
            max_connections: 200,
            ..Options::default()
        };
        Server::start(&installation, &options).expect("PostgreSQL does not start")
    })
}

/// A database in Supabase's shape that nobody else uses.
#[derive(Debug)]
pub struct World {
    name: String,
}

impl World {
    /// A new database in which the role `postgres` has run `sql`, without Rollcall.
    pub async fn bare(sql: &str) -> Self {
        let name = new_name();
        let mut has_template = TEMPLATE.lock().await;
        // Each test has a runtime of its own, and a connection does not outlive its runtime.
        let mut superuser = connect("supabase_admin", "postgres").await;
        if !*has_template {
            make_template(&mut superuser).await;
            *has_template = true;
        }
        supabase::create_database(&mut superuser, &name, "shape")
            .await
            .expect("a copy");
        drop(has_template);
        let world = Self { name };
        world.run("postgres", sql).await;
        world
    }

    /// The same, with Rollcall installed by `postgres` from the text of a `rollcall.toml`.
    pub async fn with(sql: &str, toml: &str) -> Self {
        let world = Self::bare(sql).await;
        world.install(toml).await;
        world
    }

    /// Another world just like this one, which nobody may be using meanwhile. That is far quicker
    /// than installing again.
    pub async fn copy(&self) -> Self {
        let name = new_name();
        let _alone = TEMPLATE.lock().await;
        let mut superuser = connect("supabase_admin", "postgres").await;
        supabase::create_database(&mut superuser, &name, &self.name)
            .await
            .expect("a copy");
        Self { name }
    }

    /// Installs Rollcall as `postgres`.
    pub async fn install(&self, toml: &str) {
        let migration = render::migration(&self.mapping(toml).await);
        self.run("postgres", &migration).await;
    }

    /// What a `rollcall.toml` means in this database.
    pub async fn mapping(&self, toml: &str) -> Mapping {
        let config = Config::parse("rollcall.toml", toml).expect("a configuration");
        let mut connection = self.connect("postgres").await;
        let catalog = Catalog::read(&mut connection).await.expect("the catalog");
        mapping::check(&config, &catalog).expect("a mapping")
    }

    /// Where the database is, for a role.
    #[must_use]
    pub fn url(&self, role: &str) -> String {
        server().url(role, &self.name)
    }

    /// The database's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A connection as a role.
    pub async fn connect(&self, role: &str) -> PgConnection {
        PgConnection::connect(&self.url(role))
            .await
            .expect("a connection")
    }

    /// Runs SQL as a role, in the simple protocol: several statements, one transaction unless
    /// they say otherwise.
    pub async fn run(&self, role: &str, sql: &str) {
        self.attempt(role, sql)
            .await
            .unwrap_or_else(|error| panic!("{error}\nin: {sql}"));
    }

    /// The same, for SQL that may fail.
    pub async fn attempt(&self, role: &str, sql: &str) -> Result<(), sqlx::Error> {
        let mut connection = self.connect(role).await;
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&mut connection)
            .await
            .map(drop)
    }

    /// The first column of the first row, as text, asked as a superuser.
    pub async fn ask(&self, sql: &str) -> String {
        self.ask_as("supabase_admin", sql).await
    }

    /// The first column of the first row, as text.
    pub async fn ask_as(&self, role: &str, sql: &str) -> String {
        let mut connection = self.connect(role).await;
        sqlx::query_scalar::<_, Option<String>>(AssertSqlSafe(format!(
            "select answer::text from ({sql}) question (answer)"
        )))
        .fetch_one(&mut connection)
        .await
        .unwrap_or_else(|error| panic!("{error}\nin: {sql}"))
        .unwrap_or_else(|| "null".to_owned())
    }

    /// Runs a file's worth of SQL through `psql`, as an operator would.
    #[must_use]
    pub fn psql(&self, role: &str, sql: &str) -> Output {
        let mut psql = Command::new("psql")
            .args([
                "-X",
                "-q",
                "-v",
                "ON_ERROR_STOP=1",
                "-d",
                &self.url(role),
                "-f",
                "-",
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("psql");
        let written = psql.stdin.take().expect("a pipe").write_all(sql.as_bytes());
        // It stops reading at the first error.
        if let Err(error) = written {
            assert_eq!(error.kind(), ErrorKind::BrokenPipe, "{error}");
        }
        psql.wait_with_output().expect("psql ends")
    }
}

fn new_name() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    format!("world_{}", NUMBER.fetch_add(1, Ordering::Relaxed))
}

/// Held while a copy of the template is made, because nobody else may use the template then.
static TEMPLATE: Mutex<bool> = Mutex::const_new(false);

/// Makes the template, the first time. Its roles have logins, as an operator would set them.
async fn make_template(superuser: &mut PgConnection) {
    supabase::create_roles(superuser).await.expect("roles");
    let mut postgres = connect("postgres", "postgres").await;
    execute(
        &mut postgres,
        "create role rollcall_app login; create role rollcall_operator login",
    )
    .await;
    execute(superuser, "create database shape").await;
    let mut shape = connect("supabase_admin", "shape").await;
    supabase::shape(&mut shape).await.expect("Supabase's shape");
    shape.close().await.expect("the template is let go");
}

async fn execute(connection: &mut PgConnection, sql: &'static str) {
    sqlx::raw_sql(sql).execute(connection).await.expect(sql);
}

async fn connect(role: &str, database: &str) -> PgConnection {
    PgConnection::connect(&server().url(role, database))
        .await
        .expect("a connection")
}
