//! Diagnosis: what a violated foreign key, or one user, is about, and the call that mends it.
//!
//! [`told`] reads what a text tells, whoever wrapped it; [`look`] asks the catalog for the
//! constraint and the database for the user; [`case`] keeps both, and [`verdict`] says what it comes
//! to. It only reads, and nothing of the text comes back but ids and what the catalog has, too: texts
//! hold whatever was to be stored.

mod case;
mod layers;
mod look;
mod mend;
mod told;
mod user;
mod verdict;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    cause::Cause,
    database::{Database, Limit},
    error::Error,
    trigger,
};
use case::{Case, Key};
use look::{ForeignKey, Known};
pub use mend::Mend;
pub use told::enough;
use told::{Side, Told};

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// What a text with a violated foreign key is about.
    Error(String),
    /// How a user stands.
    User(Uuid),
}

/// The answer; the fields are the contract's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the contract's §5 defines each field")]
pub struct Diagnosis {
    pub sentence: String,
    pub constraint: Option<Constraint>,
    pub user_id: Option<Uuid>,
    pub in_auth: Option<bool>,
    pub has_profile: Option<bool>,
    pub since: Option<DateTime<Utc>>,
    pub cause: Cause,
    pub mend: Option<Mend>,
    pub unknown: Vec<String>,
}

impl Diagnosis {
    /// Whether anything is wrong now.
    #[must_use]
    pub fn is_amiss(&self) -> bool {
        !user::FINE.contains(&&*self.cause.kind)
    }
}

/// The constraint that was violated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Constraint {
    /// Its name; nothing where the catalog has none and the text's could be anything.
    pub name: Option<String>,
    /// The table that refers.
    pub child: String,
    /// Its column that holds the user's id.
    pub column: String,
    /// The table that is referred to.
    pub parent: String,
}

/// Answers a question.
pub async fn diagnose(database: &Database, question: &Question) -> Result<Diagnosis, Error> {
    database
        .transaction(Limit::Interactive, "diagnosing", async |connection| {
            only_read(connection).await?;
            match question {
                Question::Error(text) => match text.trim().parse() {
                    // An id alone is pasted, too.
                    Ok(user_id) => about(connection, Case::of_user(user_id)).await,
                    Err(_) => about_text(connection, text).await,
                },
                Question::User(user_id) => about(connection, Case::of_user(*user_id)).await,
            }
        })
        .await
}

/// All answers come from one snapshot, and nothing can be written by mistake.
async fn only_read(connection: &mut PgConnection) -> Result<(), Error> {
    sqlx::raw_sql("set transaction isolation level repeatable read, read only")
        .execute(connection)
        .await
        .map_err(|error| Error::new("beginning to diagnose", error))?;
    Ok(())
}

async fn about_text(connection: &mut PgConnection, text: &str) -> Result<Diagnosis, Error> {
    let told = Told::read(text);
    // Without a message in English, any of the names may be the constraint's.
    let names = if told.constraints.is_empty() {
        &told.names
    } else {
        &told.constraints
    };
    let keys = look::foreign_keys(&mut *connection, names).await?;
    let (key, is_sure) = the_one(keys, &told);
    let key = match key {
        Some(key) => Some(Key::there(key)),
        None => unmade(&mut *connection, &told).await?,
    };
    about(connection, Case::of_text(told, key, is_sure)).await
}

async fn about(connection: &mut PgConnection, mut case: Case) -> Result<Diagnosis, Error> {
    let table = look::profile_table(&mut *connection).await?;
    case.read_key(&table);
    let standing = match case.user_id() {
        Some(user_id) => Some(look::standing(&mut *connection, user_id).await?),
        None => None,
    };
    let triggers = trigger::look(connection).await?;
    Ok(verdict::of(&case, standing.as_ref(), &triggers, &table))
}

/// The key that the text is about, of those of its name; and whether it can be no other.
fn the_one(mut keys: Vec<ForeignKey>, told: &Told) -> (Option<ForeignKey>, bool) {
    let mut narrow = |fits: &dyn Fn(&ForeignKey) -> bool| {
        if keys.iter().any(fits) {
            keys.retain(fits);
        }
    };
    if told.constraints.is_empty() {
        narrow(&|key| told.names.contains(&key.child.name));
    }
    if let Some(child) = &told.child {
        narrow(&|key| key.child.name == *child);
    }
    if let Some(schema) = &told.schema {
        narrow(&|key| key.child.schema == *schema);
    }
    if let Some(parent) = &told.parent {
        narrow(&|key| key.parent.name == *parent);
    }
    let mut keys = keys.into_iter();
    let key = keys.next();
    // Those of partitions say the same of the same table.
    let is_sure = keys.all(|other| {
        key.as_ref().is_some_and(|key| {
            key.name == other.name
                && key.child.schema == other.child.schema
                && key.parent == other.parent
        })
    });
    (key, is_sure)
}

/// A key that the catalog does not have: it was being added, or has been dropped since. The tables
/// and the column are there.
async fn unmade(connection: &mut PgConnection, told: &Told) -> Result<Option<Key>, Error> {
    let (Some(child), Some(parent), Some(Side::Child), Some(key)) =
        (&told.child, &told.parent, told.side, &told.key)
    else {
        return Ok(None);
    };
    let tables = look::tables(connection, &[child.clone(), parent.clone()]).await?;
    let of = |name: &str| tables.iter().find(|known| known.table.name == name);
    let [column] = key.columns.as_slice() else {
        return Ok(None);
    };
    Ok(match (of(child), of(parent)) {
        (Some(child), Some(parent)) if child.columns.contains(column) => {
            Some(Key::unmade(told, child, column, parent))
        }
        _ => None,
    })
}

impl Key {
    fn unmade(told: &Told, child: &Known, column: &str, parent: &Known) -> Self {
        let is_plain = |name: &&String| {
            name.len() < 64 && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        };
        let name = told.constraints.first().filter(is_plain);
        Self::new_one(name.cloned(), child, column, parent)
    }
}
