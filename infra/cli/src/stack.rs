//! The local stack: a database in Supabase's shape with a small application in it, and the real
//! function binaries behind a local Lambda.

use std::{path::PathBuf, sync::Arc, time::Duration};

use rollcall_install::{catalog::Catalog, config::Config, discover, mapping, render};
use rollcall_local::{
    binaries,
    function_url::Endpoint,
    postgres::{Installation, Options, Server},
    runtime_api::{Function, FunctionSpec},
    supabase,
};
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::failure::Failure;

/// The secret that signs the local webhook. Whoever can reach this machine's loopback interface
/// may read it here; it guards nothing.
pub(crate) const SECRET: &str = "v1,whsec_cm9sbGNhbGwncyBsb2NhbCBzdGFjayBvbmx5ISE=";

/// The token of the local webhook, for trying it out with curl.
pub(crate) const TOKEN: &str = "only-for-the-local-stack-of-rollcall";

const DATABASE: &str = "postgres";
const FUNCTIONS: [&str; 6] = [
    "signup-webhook",
    "nightly-check",
    "backfill",
    "pulse",
    "repair",
    "diagnose",
];

/// The application whose users get a profile.
const APPLICATION: &str = include_str!("stack/application.sql");

/// What runs; all of it ends when this is dropped.
pub(crate) struct Stack {
    // In the order in which they have to end: whoever uses the database goes first.
    pub(crate) webhook: Endpoint,
    pub(crate) check: Function,
    pub(crate) pulse: Function,
    pub(crate) backfill: Function,
    #[expect(dead_code, reason = "it runs with the others, for whoever calls it")]
    pub(crate) repair: Function,
    #[expect(dead_code, reason = "it runs with the others, for whoever calls it")]
    pub(crate) diagnose: Function,
    pub(crate) server: Server,
    pub(crate) version: String,
}

/// What `rollcall init` and `rollcall sql` made of the application.
pub(crate) struct Installed {
    pub(crate) toml: String,
    pub(crate) migration: String,
}

impl Stack {
    /// Starts everything and installs Rollcall; `say` is told about what takes time. `more` is for
    /// the environment of the functions, but for the webhook, which tells nobody.
    pub(crate) async fn start(
        port: u16,
        more: &[(String, String)],
        say: &mut dyn FnMut(&str),
    ) -> Result<(Self, Installed), Failure> {
        let binaries = binaries::build(&FUNCTIONS, say).map_err(local)?;
        let installation = Installation::find(None, say).map_err(local)?;
        let version = installation.version.clone();
        let server = Server::start(&installation, &Options::default()).map_err(local)?;
        make_project(&server).await?;
        let installed = install(&server).await?;
        let [webhook, check, backfill, pulse, repair, diagnose] = binaries.as_slice() else {
            return Err(Failure::Local(
                "the functions were not all built; build again".into(),
            ));
        };
        let webhook = start(FUNCTIONS[0], webhook, &server, "rollcall_app", &[]).await?;
        let stack = Self {
            check: start(FUNCTIONS[1], check, &server, "rollcall_app", more).await?,
            pulse: start(FUNCTIONS[3], pulse, &server, "rollcall_app", more).await?,
            backfill: start(FUNCTIONS[2], backfill, &server, "rollcall_operator", more).await?,
            repair: start(FUNCTIONS[4], repair, &server, "rollcall_operator", more).await?,
            diagnose: start(FUNCTIONS[5], diagnose, &server, "rollcall_app", &[]).await?,
            webhook: Endpoint::serve(Arc::new(webhook), port)
                .await
                .map_err(|error| Failure::Usage(error.to_string()))?,
            server,
            version,
        };
        Ok((stack, installed))
    }

    /// Fails if the database has ended, with its last words.
    pub(crate) fn has_database(&mut self) -> Result<(), Failure> {
        match self.server.ended() {
            None => Ok(()),
            Some(words) => Err(Failure::Local(format!(
                "the local database has ended, and everything with it; start again. Its last \
                 words:\n{words}"
            ))),
        }
    }

    /// A connection as a role.
    pub(crate) async fn connect(&self, role: &str) -> Result<PgConnection, Failure> {
        connect(&self.server, role).await
    }

    /// Where the database is, for a role.
    pub(crate) fn url(&self, role: &str) -> String {
        self.server.url(role, DATABASE)
    }
}

/// Has a function answer one event.
pub(crate) async fn invoke(function: &Function, event: Value) -> Result<Value, Failure> {
    let name = function.name();
    function
        .invoke(event)
        .await
        .map_err(|error| Failure::Local(format!("the function {name} failed: {error}")))
}

/// Runs SQL in the simple protocol.
pub(crate) async fn execute(connection: &mut PgConnection, sql: &str) -> Result<(), Failure> {
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(connection)
        .await
        .map(drop)
        .map_err(database)
}

/// An error of the local stack.
pub(crate) fn local(error: impl std::error::Error) -> Failure {
    let mut sentence = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        sentence = format!("{sentence}: {error}");
        cause = error.source();
    }
    Failure::Local(sentence)
}

/// An error of the local database.
pub(crate) fn database(error: sqlx::Error) -> Failure {
    Failure::Blind(rollcall_domain::Error::new(
        "working in the local database",
        error,
    ))
}

async fn make_project(server: &Server) -> Result<(), Failure> {
    let mut superuser = connect(server, "supabase_admin").await?;
    supabase::create_roles(&mut superuser)
        .await
        .map_err(local)?;
    supabase::shape(&mut superuser).await.map_err(local)?;
    execute(&mut superuser, "alter database postgres owner to postgres").await?;
    let mut postgres = connect(server, "postgres").await?;
    execute(&mut postgres, APPLICATION).await
}

async fn install(server: &Server) -> Result<Installed, Failure> {
    let mut postgres = connect(server, "postgres").await?;
    let catalog = Catalog::read(&mut postgres).await.map_err(local)?;
    let toml = discover::draft(&catalog, None).map_err(local)?.text;
    let config = Config::parse("rollcall.toml", &toml).map_err(Failure::Refused)?;
    let mapping = mapping::check(&config, &catalog).map_err(Failure::Refused)?;
    let migration = render::migration(&mapping);
    execute(&mut postgres, &migration).await?;
    // Elsewhere the operator gives the roles a password, outside of git.
    execute(
        &mut postgres,
        "alter role rollcall_app login; alter role rollcall_operator login",
    )
    .await?;
    Ok(Installed { toml, migration })
}

async fn start(
    name: &str,
    binary: &PathBuf,
    server: &Server,
    role: &str,
    more: &[(String, String)],
) -> Result<Function, Failure> {
    let mut spec = FunctionSpec::new(name, binary);
    spec.timeout = Duration::from_secs(if name == "signup-webhook" { 10 } else { 900 });
    spec.concurrency = if name == "signup-webhook" { 2 } else { 1 };
    spec.environment = vec![("DATABASE_URL".to_owned(), server.url(role, DATABASE))];
    spec.environment.extend_from_slice(more);
    if name == "signup-webhook" {
        spec.environment
            .push(("WEBHOOK_SECRETS".to_owned(), SECRET.to_owned()));
        spec.environment
            .push(("WEBHOOK_TOKENS".to_owned(), TOKEN.to_owned()));
    }
    Function::start(spec).await.map_err(local)
}

async fn connect(server: &Server, role: &str) -> Result<PgConnection, Failure> {
    let url = server.url(role, DATABASE);
    PgConnection::connect(&url)
        .await
        .map_err(|source| Failure::Blind(rollcall_domain::Error::Unreachable { source }))
}
