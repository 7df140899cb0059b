//! Who is in the way of whoever waits for a lock in vain.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    database::{Database, Limit},
    error::{Error, sqlstate},
    unnamed::Unnamed,
    words::moment,
};

/// What the lock is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// To read `auth.users` and the profile table.
    Read,
    /// To make a trigger on `auth.users`.
    MakeTrigger,
}

/// An answer, or, where a lock was waited for in vain, an error that says whose.
pub(crate) async fn or_holders<T>(
    database: &Database,
    answer: Result<T, Error>,
) -> Result<T, Error> {
    let doing = match &answer {
        Err(Error::Query { doing, source }) if sqlstate(source).as_deref() == Some("55P03") => {
            *doing
        }
        Err(Error::Locked { doing, .. }) => *doing,
        _ => return answer,
    };
    // Whoever cannot be seen does not make it another error.
    let holders = holders(database, Wanted::Read).await.unwrap_or_default();
    Err(Error::Locked { doing, holders })
}

/// Who holds such a lock, in words; empty if nobody can be seen.
pub(crate) async fn holders(database: &Database, wanted: Wanted) -> Result<String, Error> {
    const DOING: &str = "looking who holds a lock";
    let holders = database
        .transaction(Limit::Interactive, DOING, async |connection| {
            sqlx::query!(
                r#"
                select relation_name as "relation_name!", pid as "pid!", since
                from rollcall.lock_holders($1)
                "#,
                wanted == Wanted::Read
            )
            .fetch_all(Unnamed(connection))
            .await
            .map_err(|error| Error::new(DOING, error))
        })
        .await?;
    let holders = holders
        .iter()
        .map(|holder| by(&holder.relation_name, holder.pid, holder.since));
    Ok(holders.collect::<Vec<_>>().join(", "))
}

/// What the next batch of a run waits for, in words, with whoever can be seen to hold it.
pub(crate) async fn waited_for(database: &Database, run_id: Uuid) -> Result<String, Error> {
    const DOING: &str = "looking who holds a lock";
    let tables = database
        .transaction(Limit::Interactive, DOING, async |connection| {
            sqlx::query!(
                r#"
                select relation_name as "relation_name!", pid, since
                from rollcall.run_waits($1)
                "#,
                run_id
            )
            .fetch_all(Unnamed(connection))
            .await
            .map_err(|error| Error::new(DOING, error))
        })
        .await?;
    let held: Vec<_> = tables
        .iter()
        .filter_map(|table| Some(by(&table.relation_name, table.pid?, table.since)))
        .collect();
    Ok(if held.is_empty() {
        let names = tables.into_iter().map(|table| table.relation_name);
        format!("{}, or a row of it", names.collect::<Vec<_>>().join(" or "))
    } else {
        held.join(", ")
    })
}

fn by(relation_name: &str, process: i32, since: Option<DateTime<Utc>>) -> String {
    let since = since.map(|since| format!(" since {}", moment(since)));
    let since = since.unwrap_or_default();
    format!("{relation_name} by process {process}{since}")
}
