//! The survey: which columns refer to users, and what is found in them.

mod blind;
mod catalog;
mod counts;

use rollcall_tests::World;
use sqlx::AssertSqlSafe;

/// A profile table with a uuid key, and nothing that refers to it.
const PROFILES: &str = "create table public.profiles (
    id uuid primary key references auth.users (id) on delete cascade,
    name text
)";

const TOML: &str = r#"
profile.table = "public.profiles"
profile.columns.name = "meta.name"
"#;

/// What the catalog says refers to users: `what` of each column, by the operator's own right.
async fn references(world: &World, what: &str) -> Vec<String> {
    let sql = format!("select concat_ws(' ', {what}) from rollcall.find_references()");
    let mut connection = world.connect("rollcall_operator").await;
    sqlx::query_scalar(AssertSqlSafe(&*sql))
        .fetch_all(&mut connection)
        .await
        .expect(&sql)
}

/// Table and column of each.
async fn found(world: &World) -> Vec<String> {
    references(world, "table_name || '.' || column_name").await
}
