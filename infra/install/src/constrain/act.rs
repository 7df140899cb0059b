//! The steps' transactions.

use std::time::Duration;

use sqlx::{AssertSqlSafe, FromRow, PgConnection};

use super::{Order, Patience, Step, Stop, look::Seen};

/// A table is locked together with the one it refers to, one after the other, and whoever writes to
/// either waits meanwhile. Half of what a writer may wait for, for each of the two.
const BEGIN_SHORT: &str = "begin; set local lock_timeout = '100ms'; \
     set local statement_timeout = '5s'; set local client_connection_check_interval = '1s'";

/// Nobody who writes waits for this one.
const BEGIN_LONG: &str = "begin; set local lock_timeout = '10s'; set local statement_timeout = 0; \
     set local row_security = off; set local client_connection_check_interval = '1s'";

/// The longest pause.
pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(8);

/// Somebody who holds a table.
#[derive(Debug, FromRow)]
struct Holder {
    pid: Option<i32>,
    application: String,
    state: String,
    seconds: Option<i64>,
}

/// Runs a statement that keeps writers waiting, as often as it takes to get its locks at once.
pub(super) async fn with_short_lock(
    connection: &mut PgConnection,
    sql: &str,
    patience: Patience,
    pause: &impl AsyncFn(Duration),
    say: &mut impl FnMut(Step, bool, String),
    seen: &Seen,
    order: &Order,
) -> Result<(), Stop> {
    const DOING: &str = "adding the foreign key";
    let mut wait = patience.pause;
    for left in (0..patience.tries.max(1)).rev() {
        match transaction(connection, BEGIN_SHORT, sql).await {
            Err(error) if left > 0 && is_in_the_way(&error) => {
                let sentence = "somebody holds the table; trying again in a moment".to_owned();
                say(Step::Constraint, false, sentence);
                pause(wait).await;
                wait = (wait * 2).min(LONGEST_PAUSE);
            }
            Err(error) if is_in_the_way(&error) => {
                let tables = [order.table.text(), seen.place.profile.clone()];
                return Err(Stop::Refused(held(connection, &tables).await?));
            }
            answer => return answer.map_err(|source| failed(DOING, source)),
        }
    }
    Ok(())
}

/// Whether it was a lock, a deadlock or the time, and nothing was done.
fn is_in_the_way(error: &sqlx::Error) -> bool {
    let code = error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code);
    matches!(code.as_deref(), Some("55P03" | "40P01" | "57014"))
}

/// Whether somebody else who is at the same work was faster, or in the way: what was to be made is there,
/// what was to be removed is gone, or the two waited for each other.
pub(super) fn is_overtaken(error: &sqlx::Error) -> bool {
    let code = error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code);
    matches!(
        code.as_deref(),
        Some("42710" | "42P07" | "23505" | "42704" | "40P01" | "55P03")
    )
}

/// Who is in the way, and what to do.
async fn held(connection: &mut PgConnection, tables: &[String]) -> Result<String, Stop> {
    let holders: Vec<Holder> = sqlx::query_as(include_str!("../../sql/constrain/holders.sql"))
        .bind(tables)
        .persistent(false)
        .fetch_all(connection)
        .await
        .map_err(|source| failed("looking who holds the table", source))?;
    let holders: Vec<String> = holders
        .iter()
        .map(|holder| {
            format!(
                "process {} ({}, {}) for {} s",
                holder.pid.unwrap_or_default(),
                holder.application,
                holder.state,
                holder.seconds.unwrap_or_default()
            )
        })
        .collect();
    let who = if holders.is_empty() {
        "transactions that come and go".to_owned()
    } else {
        holders.join(", ")
    };
    Ok(format!(
        "{} could not be locked for a moment: held by {who}; nothing was changed. Wait for its end, or \
         end it by `select pg_terminate_backend(…)`, and run the same command again",
        tables.join(" and "),
    ))
}

/// Counts something, however long it takes.
pub(super) async fn count(connection: &mut PgConnection, sql: &str) -> Result<i64, Stop> {
    const DOING: &str = "counting orphans";
    begin(connection, BEGIN_LONG)
        .await
        .map_err(|source| failed(DOING, source))?;
    let count = sqlx::query_scalar(AssertSqlSafe(sql))
        .persistent(false)
        .fetch_one(&mut *connection)
        .await;
    end(connection, count)
        .await
        .map_err(|source| failed(DOING, source))
}

/// Validates, which lets everybody read and write meanwhile.
pub(super) async fn validate(connection: &mut PgConnection, sql: &str) -> Result<(), Stop> {
    let answer = transaction(connection, BEGIN_LONG, sql).await;
    answer.map_err(|source| failed("validating the foreign key", source))
}

/// Runs a statement that no transaction may hold. Its locks keep no writer waiting.
pub(super) async fn alone(connection: &mut PgConnection, sql: &str) -> Result<(), Stop> {
    let answer = sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await;
    answer.map(drop).map_err(|source| {
        let code = source
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::code);
        if code.as_deref() == Some("57014") {
            return Stop::Refused(
                "the build of the index was ended, by somebody or by the role's \
                 statement_timeout; raise that (`alter role … set statement_timeout`), or connect \
                 directly instead of by a transaction pooler, and run the same command again"
                    .to_owned(),
            );
        }
        failed("building the index", source)
    })
}

pub(super) async fn cancel_build(connection: &mut PgConnection, order: &Order) -> Result<(), Stop> {
    sqlx::query(
        "select pg_catalog.pg_cancel_backend(b.pid)
         from pg_catalog.pg_stat_progress_create_index b
         join pg_catalog.pg_class c on c.oid = b.relid
         join pg_catalog.pg_namespace n on n.oid = c.relnamespace
         where b.datname = pg_catalog.current_database() and n.nspname = $1 and c.relname = $2",
    )
    .bind(order.table.schema.text())
    .bind(order.table.name.text())
    .persistent(false)
    .execute(connection)
    .await
    .map(drop)
    .map_err(|source| failed("ending the build of the index", source))
}

async fn transaction(
    connection: &mut PgConnection,
    begin_words: &'static str,
    sql: &str,
) -> Result<(), sqlx::Error> {
    begin(connection, begin_words).await?;
    let answer = sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(&mut *connection)
        .await;
    end(connection, answer.map(drop)).await
}

async fn begin(connection: &mut PgConnection, words: &'static str) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(words).execute(connection).await.map(drop)
}

/// Ends the transaction as its work has ended.
async fn end<T>(
    connection: &mut PgConnection,
    answer: Result<T, sqlx::Error>,
) -> Result<T, sqlx::Error> {
    let words = if answer.is_ok() { "commit" } else { "rollback" };
    let ended = sqlx::raw_sql(words).execute(connection).await;
    match (answer, ended) {
        (Ok(_), Err(error)) => Err(error),
        (answer, _) => answer,
    }
}

fn failed(doing: &'static str, source: sqlx::Error) -> Stop {
    Stop::Database { doing, source }
}
