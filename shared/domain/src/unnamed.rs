//! Queries as unnamed statements, so that a transaction pooler may sit in between.

use futures_util::{future::BoxFuture, stream::BoxStream};
use sqlx::{
    Database, Either, Execute, Executor, Postgres, SqlStr, error::BoxDynError, postgres::PgRow,
};

/// Runs every query of the inner executor as an unnamed statement.
///
/// The `query!` macros make named, cached statements, which a pooler in transaction mode hands
/// to whichever backend is free: "prepared statement does not exist", or worse, another one.
#[derive(Debug)]
pub struct Unnamed<E>(pub E);

struct Once<Q>(Q);

impl<'q, DB: Database, Q: Execute<'q, DB>> Execute<'q, DB> for Once<Q> {
    fn sql(self) -> SqlStr {
        self.0.sql()
    }

    fn statement(&self) -> Option<&DB::Statement> {
        self.0.statement()
    }

    fn take_arguments(&mut self) -> Result<Option<DB::Arguments>, BoxDynError> {
        self.0.take_arguments()
    }

    fn persistent(&self) -> bool {
        false
    }
}

impl<'c, E: Executor<'c, Database = Postgres>> Executor<'c> for Unnamed<E> {
    type Database = Postgres;

    fn fetch_many<'e, 'q: 'e, Q>(
        self,
        query: Q,
    ) -> BoxStream<'e, Result<Either<<Postgres as Database>::QueryResult, PgRow>, sqlx::Error>>
    where
        'c: 'e,
        Q: 'q + Execute<'q, Postgres>,
    {
        self.0.fetch_many(Once(query))
    }

    fn fetch_optional<'e, 'q: 'e, Q>(
        self,
        query: Q,
    ) -> BoxFuture<'e, Result<Option<PgRow>, sqlx::Error>>
    where
        'c: 'e,
        Q: 'q + Execute<'q, Postgres>,
    {
        self.0.fetch_optional(Once(query))
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [<Postgres as Database>::TypeInfo],
    ) -> BoxFuture<'e, Result<<Postgres as Database>::Statement, sqlx::Error>>
    where
        'c: 'e,
    {
        self.0.prepare_with(sql, parameters)
    }

    fn describe<'e>(
        self,
        sql: SqlStr,
    ) -> BoxFuture<'e, Result<sqlx::Describe<Postgres>, sqlx::Error>>
    where
        'c: 'e,
    {
        self.0.describe(sql)
    }
}
