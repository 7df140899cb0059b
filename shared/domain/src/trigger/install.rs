//! Bringing back what the triggers are made of, without stopping a signup.
//!
//! The definitions are in the database, as they were reviewed; what differs from them is made anew,
//! by the rights of the role that installed. A trigger needs a lock on `auth.users` for a moment.
//! Whoever signs up meanwhile waits behind whoever waits for it, so it is waited for briefly and
//! again.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sqlx::PgConnection;

use super::{Status, status};
use crate::{
    database::{Database, Limit},
    error::{Error, sqlstate},
    locked::{self, Wanted},
    run::Stop,
    unnamed::Unnamed,
};

/// How often the lock is asked for. Each time is 200 ms at most, and each pause longer.
const ATTEMPTS: u32 = 8;
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// Something that was made anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// Its kind and name.
    pub object: String,
    /// What stood in its place, as SQL.
    pub was: Option<String>,
}

/// What an installation did, and how the triggers are now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Installed {
    /// What was made anew; nothing where everything was as the configuration has it.
    pub made: Vec<Made>,
    /// What was done, in a sentence.
    pub sentence: String,
    /// How the triggers are now.
    #[serde(flatten)]
    pub status: Status,
}

/// A line of what the database answers.
struct Line {
    object: String,
    what: String,
    was: Option<String>,
}

/// Brings back whatever of the triggers is not as the installed configuration has it.
pub async fn install(database: &Database) -> Result<Installed, Stop> {
    let made = make(database).await?;
    let status = status(database).await?;
    let sentence = match (&*status.mode, made.len()) {
        ("watch", _) => "the trigger is the application's own (mode = \"watch\"): nothing is \
                         installed, and Rollcall checks and heals"
            .to_owned(),
        (_, 0) => "everything is as the configuration has it: nothing was done".to_owned(),
        _ => "made anew what was not as the configuration has it".to_owned(),
    };
    Ok(Installed {
        made,
        sentence,
        status,
    })
}

/// What would keep an installation from bringing them back and is somebody's to decide, with the
/// mend. It asks the installation itself, where nothing can be written: what is in its way, it says
/// before it makes anything.
pub async fn obstacle(database: &Database) -> Result<Option<String>, Error> {
    const DOING: &str = "looking what is in the triggers' way";
    let lines = database
        .transaction(Limit::Batch, DOING, async |connection| {
            sqlx::raw_sql("set transaction read only")
                .execute(&mut *connection)
                .await
                .map_err(|error| Error::new(DOING, error))?;
            install_triggers(connection).await
        })
        .await;
    match lines {
        Ok(lines) => Ok(match settle(lines) {
            Err(Stop::Rejected(why)) => Some(why),
            _ => None,
        }),
        Err(Error::Query { source, .. }) if sqlstate(&source).as_deref() == Some("25006") => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

async fn make(database: &Database) -> Result<Vec<Made>, Stop> {
    const DOING: &str = "installing the triggers";
    for attempt in 1.. {
        let lines = database
            .transaction(Limit::Batch, DOING, async |connection| {
                install_triggers(connection).await
            })
            .await;
        match lines {
            Ok(lines) => return settle(lines),
            Err(error) if is_locked(&error) && attempt < ATTEMPTS => {
                tokio::time::sleep(FIRST_PAUSE * attempt).await;
            }
            Err(error) if is_locked(&error) => break,
            Err(error) => return Err(error.into()),
        }
    }
    Err(Stop::InTheWay(in_the_way(database).await?))
}

/// All of it was made, or else something keeps it from that.
fn settle(lines: Vec<Line>) -> Result<Vec<Made>, Stop> {
    let named = |what: &str| {
        let named = lines.iter().filter(|line| line.what == what);
        let named = named.map(|line| &*line.object).collect::<Vec<_>>();
        (!named.is_empty()).then(|| named.join(", "))
    };
    if let Some(theirs) = named("in_the_way") {
        return Err(Stop::Rejected(format!(
            "somebody else's code is under the name of Rollcall's: {theirs}; nothing was \
             written over: find out whose it is; then under [trigger] in rollcall.toml adopt = true \
             replaces it and keeps the old, or mode = \"watch\" leaves it, and apply the output of \
             `rollcall sql`"
        )));
    }
    if let Some(lost) = named("not_here") {
        return Err(Stop::Rejected(format!(
            "what the triggers rely on is not all there, and this cannot bring it back: {lost}; \
             apply the output of `rollcall sql`"
        )));
    }
    let made = lines.into_iter().map(|line| Made {
        object: line.object,
        was: line.was,
    });
    Ok(made.collect())
}

fn is_locked(error: &Error) -> bool {
    let Error::Query { source, .. } = error else {
        return false;
    };
    matches!(sqlstate(source).as_deref(), Some("55P03" | "40P01"))
}

async fn in_the_way(database: &Database) -> Result<String, Error> {
    let holders = locked::holders(database, Wanted::MakeTrigger).await?;
    let who = if holders.is_empty() {
        "somebody"
    } else {
        &holders
    };
    Ok(format!(
        "auth.users, or what the triggers rely on, is kept locked ({who}), and signups were not to \
         wait; nothing was done: end that transaction, as by `select pg_terminate_backend(<process>)`, \
         or wait for it; then again: rollcall repair trigger install"
    ))
}

async fn install_triggers(connection: &mut PgConnection) -> Result<Vec<Line>, Error> {
    sqlx::query_as!(
        Line,
        r#"
        select object as "object!", what as "what!", was from rollcall.install_triggers()
        "#
    )
    .fetch_all(Unnamed(connection))
    .await
    .map_err(|error| Error::new("installing the triggers", error))
}
