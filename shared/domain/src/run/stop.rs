//! Why a run stops without an answer.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::error::Error;

/// Why a run did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Stop {
    /// The request itself is wrong.
    #[error("{0}")]
    BadRequest(String),
    /// Another run holds the lease.
    #[error(
        "run {run_id} holds the lease until {held_until}; wait for it, or go on with it by `{}`",
        go_on(kind, *run_id)
    )]
    Busy {
        /// The run that holds it.
        run_id: Uuid,
        /// What it does.
        kind: String,
        /// When the lease ends by itself.
        held_until: DateTime<Utc>,
    },
    /// A safety stop.
    #[error("{0}")]
    Rejected(String),
    /// A safety stop that one input lifts.
    #[error("{why}; if that is wanted, {}", lift.as_field())]
    Unconfirmed {
        /// What would happen.
        why: String,
        /// What lifts it.
        lift: Lift,
    },
    /// Somebody keeps a table locked, or is in the way of a single row of it.
    #[error(
        "somebody keeps locked what the run needs ({what}); end that transaction or wait for it, then \
         go on by `{}`: nothing that was done is lost", go_on(kind, *run_id)
    )]
    Locked {
        /// The run that waits for it.
        run_id: Uuid,
        /// What it does.
        kind: &'static str,
        /// The tables, and who holds them if that can be seen.
        what: String,
    },
    /// Somebody is in the way of what belongs to no run; trying again later may help.
    #[error("{0}")]
    InTheWay(String),
    /// The database failed in the midst of a run.
    #[error(
        "{error}; mend that, then go on by `{}`: nothing that was done is lost",
        go_on(kind, *run_id)
    )]
    Interrupted {
        /// The run that has not ended.
        run_id: Uuid,
        /// What it does.
        kind: &'static str,
        /// What happened.
        error: Error,
    },
    /// The database failed or is out of reach.
    #[error(transparent)]
    Database(#[from] Error),
}

/// The input that lifts a safety stop. Each caller has a word of its own for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lift {
    /// The count that there is.
    ConfirmCount(i64),
    /// That the application's triggers may fire.
    AcceptSideEffects,
}

impl Lift {
    fn as_field(self) -> String {
        match self {
            Self::ConfirmCount(count) => format!("give confirm_count {count}"),
            Self::AcceptSideEffects => "set accept_side_effects to true".to_owned(),
        }
    }

    /// As the command has it.
    #[must_use]
    pub fn as_option(self) -> String {
        match self {
            Self::ConfirmCount(count) => format!("give --confirm-count {count}"),
            Self::AcceptSideEffects => "give --accept-side-effects".to_owned(),
        }
    }
}

/// A function's sentence, with the command's word for what lifts the stop.
#[must_use]
pub fn with_options(sentence: &str) -> String {
    sentence
        .replace("give confirm_count ", "give --confirm-count ")
        .replace(
            "set accept_side_effects to true",
            "give --accept-side-effects",
        )
}

impl Stop {
    /// A repair that was begun under another configuration than is installed now.
    pub(crate) fn altered(run_id: Uuid) -> Self {
        Self::Rejected(format!(
            "run {run_id} was begun under another configuration, and does not go on under this one; \
             what was done stays, and can be undone; end it by `rollcall backfill --cancel {run_id}`, \
             then plan again, or take it back by `rollcall repair undo {run_id}`"
        ))
    }

    /// The same, where the run has been stored: a failure of the database says how to go on.
    pub(crate) fn within(self, kind: &'static str, run_id: Uuid) -> Self {
        match self {
            Self::Database(error) => Self::Interrupted {
                run_id,
                kind,
                error,
            },
            other => other,
        }
    }
}

/// The command that goes on with a run.
#[must_use]
pub fn go_on(kind: &str, run_id: Uuid) -> String {
    match kind {
        "undo" => format!("rollcall repair undo {run_id}"),
        "references" | "profiles" => format!("rollcall repair apply {run_id}"),
        _ => format!("rollcall backfill --run-id {run_id}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_becomes_the_option_that_it_is() {
        for lift in [Lift::ConfirmCount(1200), Lift::AcceptSideEffects] {
            assert_eq!(with_options(&lift.as_field()), lift.as_option());
        }
    }

    #[test]
    fn a_locked_table_says_what_to_do_and_how_to_go_on() {
        let run_id = Uuid::from_u128(7);
        let stop = Stop::Locked {
            run_id,
            kind: "backfill",
            what: "public.users by process 7".to_owned(),
        };
        let sentence = stop.to_string();
        assert!(
            sentence.contains("(public.users by process 7); end that transaction or wait"),
            "{sentence}"
        );
        assert!(sentence.contains(&go_on("backfill", run_id)), "{sentence}");
    }
}
