//! Bounded looks: each reads in a transaction of its own, and is cut off after a while.

use std::time::Duration;

use rollcall_domain::{Error, error::sqlstate};
use sqlx::{
    AssertSqlSafe, Connection, FromRow, PgConnection, Postgres, Transaction,
    postgres::{PgArguments, PgRow},
    query::QueryAs,
};

use super::finding::Finding;
use crate::failure::Failure;

/// Why a look came to nothing.
#[derive(Debug)]
pub(super) enum Trouble {
    /// It could not be seen, for this reason; the rest can.
    Unseen(String),
    /// Nothing can be seen any more.
    Over(Failure),
}

/// Looks at a database without changing it.
#[derive(Debug)]
pub(super) struct Looker {
    pub(super) connection: PgConnection,
    pub(super) limit: Duration,
}

impl Looker {
    /// The rows of a query without arguments.
    pub(super) async fn rows<T>(&mut self, sql: &str) -> Result<Vec<T>, Trouble>
    where
        T: for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        self.answer(sqlx::query_as(AssertSqlSafe(sql))).await
    }

    /// The rows of a query.
    pub(super) async fn answer<T>(
        &mut self,
        query: QueryAs<'_, Postgres, T, PgArguments>,
    ) -> Result<Vec<T>, Trouble>
    where
        T: for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        let limit = self.limit;
        self.try_answer(query)
            .await
            .map_err(|error| trouble(error, limit))
    }

    /// What a check of Rollcall's own asks: the same question, and so the same answer.
    pub(super) async fn ask<T>(
        &mut self,
        question: impl AsyncFnOnce(&mut PgConnection) -> Result<T, Error>,
    ) -> Result<T, Trouble> {
        let limit = self.limit;
        let doing = |error| Error::new("asking", error);
        let mut transaction = self
            .begin()
            .await
            .map_err(|error| unanswered(doing(error), limit))?;
        let answer = question(&mut transaction).await;
        let answer = answer.map_err(|error| unanswered(error, limit))?;
        let ended = transaction.rollback().await;
        ended.map_err(|error| unanswered(doing(error), limit))?;
        Ok(answer)
    }

    async fn try_answer<T>(
        &mut self,
        query: QueryAs<'_, Postgres, T, PgArguments>,
    ) -> Result<Vec<T>, sqlx::Error>
    where
        T: for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        let mut transaction = self.begin().await?;
        let rows = query.persistent(false).fetch_all(&mut *transaction).await?;
        transaction.rollback().await?;
        Ok(rows)
    }

    async fn begin(&mut self) -> Result<Transaction<'_, Postgres>, sqlx::Error> {
        // A transaction pooler changes servers between transactions, and a query is two messages.
        let mut transaction = self.connection.begin_with("begin read only").await?;
        // Rows that row-level security would hide are an error, and not none.
        let settings = format!(
            "set local search_path = ''; set local row_security = off; \
             set local statement_timeout = {}",
            self.limit.as_millis()
        );
        sqlx::raw_sql(AssertSqlSafe(settings))
            .execute(&mut *transaction)
            .await?;
        Ok(transaction)
    }
}

fn trouble(error: sqlx::Error, limit: Duration) -> Trouble {
    let code = sqlstate(&error);
    let is_about_rows = error
        .as_database_error()
        .is_some_and(|error| error.message().contains("row-level security"));
    let error = Error::new("asking", error);
    if error.is_unreachable() {
        return Trouble::Over(error.into());
    }
    Trouble::Unseen(match code.as_deref() {
        Some("57014") => cut_off(limit),
        Some("42501") if is_about_rows => "row-level security hides rows from this role".into(),
        Some("42501") => {
            "this role has no right to it; connect as the role that installed Rollcall".into()
        }
        Some("3F000" | "42703" | "42883" | "42P01") => {
            "the installed version does not have it".into()
        }
        _ => error.to_string(),
    })
}

/// Why a question of Rollcall's own came to nothing. Its functions see with their owner's eyes, so
/// what is hidden or gone is not this role's matter, and the error says what mends it.
fn unanswered(error: Error, limit: Duration) -> Trouble {
    let code = match &error {
        Error::Unreachable { .. } | Error::TurnedAway { .. } => return Trouble::Over(error.into()),
        Error::NotInstalled { source, .. } | Error::Query { source, .. } => sqlstate(source),
        Error::TooSlow { .. } | Error::Locked { .. } | Error::Unknown { .. } => None,
    };
    Trouble::Unseen(match code.as_deref() {
        Some("57014") => cut_off(limit),
        _ => error.to_string(),
    })
}

fn cut_off(limit: Duration) -> String {
    let seconds = limit.as_secs();
    format!("it was cut off after {seconds} s; --time-limit gives it longer")
}

/// What a look found, or that it came to nothing.
pub(super) fn or_unseen(
    subject: &'static str,
    what: &str,
    looked: Result<Vec<Finding>, Trouble>,
) -> Result<Vec<Finding>, Failure> {
    match looked {
        Ok(findings) => Ok(findings),
        Err(Trouble::Unseen(why)) => Ok(vec![Finding::unseen(subject, what, &why)]),
        Err(Trouble::Over(failure)) => Err(failure),
    }
}
