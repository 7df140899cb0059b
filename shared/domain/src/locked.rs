//! Who is in the way of whoever waits for a lock in vain.

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
    let holders = holders.iter().map(|holder| {
        let since = holder
            .since
            .map(|since| format!(" since {}", moment(since)));
        let since = since.unwrap_or_default();
        format!("{} by process {}{since}", holder.relation_name, holder.pid)
    });
    Ok(holders.collect::<Vec<_>>().join(", "))
}
