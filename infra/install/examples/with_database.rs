//! Runs a command with `DATABASE_URL` set to a database that has Rollcall installed.
//!
//! `.ci/prepare-queries` uses it: the queries of `shared/domain` are checked, at compile time,
//! against the functions that the rendered SQL makes. This crate does not depend on that one, so
//! it builds also while a query there does not fit.

use std::process::{Command, ExitCode};

use rollcall_install::{catalog::Catalog, config::Config, mapping, render};
use rollcall_local::{
    postgres::{Installation, Options, Server},
    supabase,
};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

const TABLE: &str = "create table public.users (
    id uuid primary key,
    email text,
    deleted_at timestamptz
)";

const CONFIGURATION: &str = r#"
[profile]
table = "public.users"
key = "id"
[profile.columns]
email = "email"
[profile.keep]
columns = ["email"]
[profile.removal]
soft_delete = "deleted_at"
"#;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let program = arguments.next().ok_or("name the command to run")?;

    let installation = Installation::find(None, &mut |_| {})?;
    let server = Server::start(&installation, &Options::default())?;
    let mut superuser = PgConnection::connect(&server.url("supabase_admin", "postgres")).await?;
    supabase::create_roles(&mut superuser).await?;
    superuser
        .execute("create database rollcall owner postgres")
        .await?;
    let mut shape = PgConnection::connect(&server.url("supabase_admin", "rollcall")).await?;
    supabase::shape(&mut shape).await?;

    let url = server.url("postgres", "rollcall");
    let mut postgres = PgConnection::connect(&url).await?;
    postgres.execute(TABLE).await?;
    let catalog = Catalog::read(&mut postgres).await?;
    let config = Config::parse("rollcall.toml", CONFIGURATION).map_err(|r| format!("{r:?}"))?;
    let mapping = mapping::check(&config, &catalog).map_err(|r| format!("{r:?}"))?;
    sqlx::raw_sql(AssertSqlSafe(render::migration(&mapping)))
        .execute(&mut postgres)
        .await?;

    let status = Command::new(program)
        .args(arguments)
        .env("DATABASE_URL", url)
        .status()?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
