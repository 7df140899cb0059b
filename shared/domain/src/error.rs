//! What can go wrong between Rollcall and the database.

mod words;

use std::{io, time::Duration};

use words::{describe, is_about_rollcall, raised_by};

use crate::address;

/// A failure to ask the database, or of the database to answer.
///
/// The message says what was being done and why it failed, without values from the data:
/// PostgreSQL puts row values into DETAIL, which is never shown. The driver's error is kept to be
/// asked for its code, but it is no `source()`: whoever prints the chain would print its message,
/// which may be anything that a trigger of the application's raises. (`r#source` says so to
/// thiserror.)
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No connection, a broken one, or one that is refused. Trying again may help.
    #[error(
        "cannot reach the database: {}; {}",
        describe(source),
        address::mend(source)
    )]
    Unreachable {
        /// What the driver said.
        r#source: sqlx::Error,
    },

    /// The database answered, and let nobody in by the way that is known: the password may have been
    /// changed. Trying again may help.
    #[error("cannot reach the database: {}; {why}", describe(source))]
    TurnedAway {
        /// What the driver said.
        r#source: sqlx::Error,
        /// Why there is no other way: a clause.
        why: String,
    },

    /// The database took longer than the caller can wait. Trying again may help.
    #[error("the database did not answer within {limit_ms} ms while {doing}")]
    TooSlow {
        /// What was being done, as "ensuring a profile".
        doing: &'static str,
        /// The limit that passed, in milliseconds.
        limit_ms: u64,
    },

    /// Rollcall's functions are not there, or not for this role.
    #[error("{}; {mend}", describe(source))]
    NotInstalled {
        /// What the driver said.
        r#source: sqlx::Error,
        /// What the operator does about it.
        mend: &'static str,
    },

    /// Everything else: the query failed.
    #[error("{doing} failed: {}", describe(source))]
    Query {
        /// What was being done, as "ensuring a profile".
        doing: &'static str,
        /// What the driver said.
        r#source: sqlx::Error,
    },

    /// Somebody keeps locked what has to be read. Trying again later may help.
    #[error(
        "{doing} failed: somebody keeps locked what it needs ({}); wait for that transaction, or end it \
         by `select pg_terminate_backend(<process>)`, then do the same again (SQLSTATE 55P03)",
        named(holders)
    )]
    Locked {
        /// What was being done, as "ensuring a profile".
        doing: &'static str,
        /// What is locked by whom; empty if it cannot be seen.
        holders: String,
    },

    /// The database answered something that these sources do not expect.
    #[error("the database answered {answer:?} for {what}, which this version does not know")]
    Unknown {
        /// The thing that was asked for.
        what: &'static str,
        /// The word that came back.
        answer: String,
    },
}

impl Error {
    /// Sorts a driver's error by what its reader can do about it.
    #[must_use]
    pub fn new(doing: &'static str, source: sqlx::Error) -> Self {
        if is_unreachable(&source) {
            return Self::Unreachable { source };
        }
        match sqlstate(&source).as_deref() {
            // undefined function, undefined table, undefined schema
            Some("42883" | "42P01" | "3F000") => Self::NotInstalled {
                source,
                mend: "bring it back if it is the application's, \
                       and else apply the output of `rollcall sql` to this database",
            },
            // What `set row_security = off` makes of rows that would be hidden.
            Some("42501") if describe(&source).contains("row-level security") => {
                Self::NotInstalled {
                    source,
                    mend: "give BYPASSRLS back to the role that owns the schema rollcall, \
                           which cannot see all rows without it",
                }
            }
            // Of Rollcall's own, the caller lacks a right; of anything else, Rollcall's owner does.
            Some("42501") if !is_about_rollcall(&source) => Self::NotInstalled {
                source,
                mend: "give the right back to the role that owns the schema rollcall, \
                       with whose rights its functions look",
            },
            Some("42501") => Self::NotInstalled {
                source,
                mend: "connect as a member of rollcall_operator, or, to check and to ensure only, \
                       of rollcall_app; apply the output of `rollcall sql` again if the grants \
                       were lost",
            },
            _ => Self::Query { doing, source },
        }
    }

    /// Whether the database was out of reach: nothing is known of it.
    #[must_use]
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::TurnedAway { .. })
    }

    /// Whether the database has answered nothing: out of reach, or silent for longer than it lets
    /// any statement of ours take, so that somebody ought to look at it, and not at the statement.
    #[must_use]
    pub fn is_silence(&self) -> bool {
        self.is_unreachable() || matches!(self, Self::TooSlow { .. })
    }

    /// There was no connection within `limit`, or none on which a transaction could begin.
    #[must_use]
    pub fn no_connection(limit: Duration) -> Self {
        let limit_ms = limit.as_millis();
        let said = format!("it did not answer within {limit_ms} ms while connecting");
        let source = io::Error::new(io::ErrorKind::TimedOut, said);
        Self::Unreachable {
            source: sqlx::Error::Io(source),
        }
    }

    /// The same error, of whoever knows why there is no other way. A network that is down is told
    /// by its own words: a change of the password has no part in it.
    pub(crate) fn turned_away(self, why: String) -> Self {
        match self {
            Self::Unreachable { source } if source.as_database_error().is_some() => {
                Self::TurnedAway { source, why }
            }
            error => error,
        }
    }

    /// Whether something of the same key is there already.
    pub(crate) fn is_duplicate(&self) -> bool {
        matches!(self, Self::Query { source, .. } if sqlstate(source).as_deref() == Some("23505"))
    }

    pub(crate) fn too_slow(doing: &'static str, limit: Duration) -> Self {
        Self::TooSlow {
            doing,
            limit_ms: u64::try_from(limit.as_millis()).unwrap_or(u64::MAX),
        }
    }

    /// Whether trying again, unchanged, may succeed.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::TurnedAway { .. }
            | Self::TooSlow { .. }
            | Self::Locked { .. } => true,
            // serialization failure, deadlock, lock not available, query cancelled, read only (as
            // after a failover, or when the disk is nearly full), no room
            Self::Query { source, .. } => sqlstate(source).is_some_and(|code| {
                matches!(&*code, "40001" | "40P01" | "55P03" | "57014" | "25006")
                    || code.starts_with("53")
                    || code.starts_with("58")
            }),
            Self::NotInstalled { .. } | Self::Unknown { .. } => false,
        }
    }
}

/// Who it is, or how to find out.
fn named(holders: &str) -> &str {
    if holders.is_empty() {
        "docs/runbook.md says under \"A check could not look\" how to see who"
    } else {
        holders
    }
}

/// The SQLSTATE of a database error, or nothing when the error is the driver's.
#[must_use]
pub fn sqlstate(error: &sqlx::Error) -> Option<String> {
    error
        .as_database_error()
        .and_then(|error| error.code().map(std::borrow::Cow::into_owned))
}

/// Whether the connection, and not the query, is what failed.
pub(crate) fn is_unreachable(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => true,
        // Connection exceptions, refused logins, missing database, no room, shutting down. A
        // pooler reports a database that is away as 08P01 or 58000.
        // Whoever says so by an error of its own has been reached.
        sqlx::Error::Database(error) if raised_by(&**error).is_some() => false,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| {
            code.starts_with("08")
                || code.starts_with("28")
                || code.starts_with("58")
                || matches!(&*code, "3D000" | "53300" | "57P01" | "57P02" | "57P03")
        }),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[test]
    fn the_driver_s_own_words_are_not_in_the_chain() {
        let error = Error::new("asking", sqlx::Error::Protocol("canary".to_owned()));
        assert!(error.source().is_none());
        let error = Error::new("asking", sqlx::Error::RowNotFound);
        assert!(error.source().is_none());
        assert!(error.to_string().starts_with("asking failed: "));
    }
}
