//! What doctor says.

use serde::{Serialize, Serializer};

/// One thing that doctor looked at.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    pub(super) subject: &'static str,
    #[serde(rename = "good", serialize_with = "good")]
    pub(super) state: State,
    pub(super) sentence: String,
}

/// Whether it is as it ought to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// It is.
    Good,
    /// It is not.
    Found,
    /// There is nothing to judge.
    Told,
    /// It could not be looked at: nothing is known of it.
    Unseen,
}

impl State {
    /// The state in a table.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Found => "found",
            Self::Told => "-",
            Self::Unseen => "unseen",
        }
    }
}

/// What was not judged is neither good nor bad.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn good<S: Serializer>(state: &State, serializer: S) -> Result<S::Ok, S::Error> {
    match state {
        State::Good => Some(true),
        State::Found => Some(false),
        State::Told | State::Unseen => None,
    }
    .serialize(serializer)
}

impl Finding {
    pub(super) fn new(subject: &'static str, state: State, sentence: impl Into<String>) -> Self {
        Self {
            subject,
            state,
            sentence: sentence.into(),
        }
    }

    pub(super) fn good(subject: &'static str, sentence: impl Into<String>) -> Self {
        Self::new(subject, State::Good, sentence)
    }

    pub(super) fn found(subject: &'static str, sentence: impl Into<String>) -> Self {
        Self::new(subject, State::Found, sentence)
    }

    pub(super) fn told(subject: &'static str, sentence: impl Into<String>) -> Self {
        Self::new(subject, State::Told, sentence)
    }

    /// `what` is as in "the open incidents".
    pub(super) fn unseen(subject: &'static str, what: &str, why: &str) -> Self {
        Self::new(
            subject,
            State::Unseen,
            format!("could not look at {what}: {why}"),
        )
    }
}
