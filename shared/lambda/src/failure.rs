//! The error that a function throws, with an `errorType` that callers and alarms can rely on.

use std::{error::Error, fmt};

use lambda_runtime::Diagnostic;
use rollcall_domain::run::Stop;
use uuid::Uuid;

use crate::SettingsError;

/// What the caller can do about a failure; its name is the `errorType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The event is not one that this function understands.
    BadRequest,
    /// Another run holds the lease.
    Busy,
    /// A safety stop; the sentence says which input lifts it.
    Rejected,
    /// Trying again, unchanged, may succeed.
    Unavailable,
    /// The function or the database is not set up as it ought to be.
    Misconfigured,
    /// Anything else.
    Internal,
}

impl Kind {
    /// The `errorType`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BadRequest => "BadRequest",
            Self::Busy => "Busy",
            Self::Rejected => "Rejected",
            Self::Unavailable => "Unavailable",
            Self::Misconfigured => "Misconfigured",
            Self::Internal => "Internal",
        }
    }
}

/// Why an event was not answered: one sentence that names what is wrong and the mend.
#[derive(Debug)]
pub struct Failure {
    kind: Kind,
    sentence: String,
    user_id: Option<Uuid>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl Failure {
    fn new(kind: Kind, sentence: impl Into<String>) -> Self {
        Self {
            kind,
            sentence: sentence.into(),
            user_id: None,
            source: None,
        }
    }

    /// The event is not one that this function understands.
    pub fn bad_request(sentence: impl Into<String>) -> Self {
        Self::new(Kind::BadRequest, sentence)
    }

    /// Another run holds the lease; the sentence names it and when the lease expires.
    pub fn busy(sentence: impl Into<String>) -> Self {
        Self::new(Kind::Busy, sentence)
    }

    /// A safety stop; the sentence says which input lifts it.
    pub fn rejected(sentence: impl Into<String>) -> Self {
        Self::new(Kind::Rejected, sentence)
    }

    /// Trying again, unchanged, may succeed.
    pub fn unavailable(sentence: impl Into<String>) -> Self {
        Self::new(Kind::Unavailable, sentence)
    }

    /// The function or the database is not set up as it ought to be.
    pub fn misconfigured(sentence: impl Into<String>) -> Self {
        Self::new(Kind::Misconfigured, sentence)
    }

    /// Anything else.
    pub fn internal(sentence: impl Into<String>) -> Self {
        Self::new(Kind::Internal, sentence)
    }

    /// Keeps the cause for the log; the caller is told the sentence only.
    #[must_use]
    pub fn caused_by(mut self, source: impl Error + Send + Sync + 'static) -> Self {
        self.source = Some(Box::new(source));
        self
    }

    /// Names the user whose turn it was, for the log.
    #[must_use]
    pub fn about_user(mut self, user_id: Uuid) -> Self {
        self.user_id = Some(user_id);
        self
    }

    /// Adds to the sentence.
    #[must_use]
    pub(crate) fn going_on(mut self, more: fmt::Arguments<'_>) -> Self {
        self.sentence = format!("{}{more}", self.sentence);
        self
    }

    /// What the caller can do about it.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Writes the one log line of this failure, with the whole chain of causes.
    pub(crate) fn log(&self) {
        tracing::error!(
            error_type = self.kind.as_str(),
            user_id = self.user_id.map(tracing::field::display),
            cause = self.source.as_deref().map(|source| chain(source)),
            "{}",
            self.sentence,
        );
    }
}

/// An error and all its causes in one line, each said once.
///
/// By `Display` only: the `Debug` of a driver's error holds the DETAIL, which holds row values.
#[must_use]
pub fn chain(error: &dyn Error) -> String {
    let mut said = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let words = cause.to_string();
        if !said.contains(&words) {
            said.push_str(": ");
            said.push_str(&words);
        }
        next = cause.source();
    }
    said
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.sentence)
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source
            .as_deref()
            .map(|source| source as &(dyn Error + 'static))
    }
}

impl From<rollcall_domain::Error> for Failure {
    fn from(error: rollcall_domain::Error) -> Self {
        let kind = match &error {
            error if error.is_retryable() => Kind::Unavailable,
            rollcall_domain::Error::NotInstalled { .. } => Kind::Misconfigured,
            _ => Kind::Internal,
        };
        Self::new(kind, error.to_string()).caused_by(error)
    }
}

impl From<Stop> for Failure {
    fn from(stop: Stop) -> Self {
        let sentence = stop.to_string();
        match stop {
            Stop::BadRequest(_) => Self::bad_request(sentence),
            Stop::Rejected(_) | Stop::Unconfirmed { .. } => Self::rejected(sentence),
            Stop::Busy { .. } => Self::busy(sentence),
            Stop::Locked { .. } | Stop::InTheWay(_) => Self::unavailable(sentence),
            Stop::Database(error) => error.into(),
            // As the error by itself, and it says how to go on.
            Stop::Interrupted { error, .. } => Self {
                sentence,
                ..error.into()
            },
        }
    }
}

impl From<SettingsError> for Failure {
    fn from(error: SettingsError) -> Self {
        Self::misconfigured(error.to_string())
    }
}

impl From<Failure> for Diagnostic {
    fn from(failure: Failure) -> Self {
        Self {
            error_type: failure.kind.as_str().to_owned(),
            error_message: failure.sentence,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_error_says_by_its_type_whether_to_try_again() {
        let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        let unreachable = rollcall_domain::Error::new("asking", sqlx::Error::Io(refused));
        assert_eq!(Failure::from(unreachable).kind(), Kind::Unavailable);

        let slow = rollcall_domain::Error::TooSlow {
            doing: "asking",
            limit_ms: 1,
        };
        assert_eq!(Failure::from(slow).kind(), Kind::Unavailable);

        let not_installed = rollcall_domain::Error::NotInstalled {
            source: sqlx::Error::RowNotFound,
            mend: "install it",
        };
        assert_eq!(Failure::from(not_installed).kind(), Kind::Misconfigured);

        let other = rollcall_domain::Error::new("asking", sqlx::Error::RowNotFound);
        assert_eq!(Failure::from(other).kind(), Kind::Internal);
    }

    #[test]
    fn a_diagnostic_has_the_short_type_and_the_sentence_without_the_cause() {
        let failure = Failure::busy("run 7 holds the lease").caused_by(fmt::Error);
        assert_eq!(
            Diagnostic::from(failure),
            Diagnostic {
                error_type: "Busy".to_owned(),
                error_message: "run 7 holds the lease".to_owned(),
            }
        );
    }

    #[test]
    fn a_chain_says_every_cause_once() {
        let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        let error = rollcall_domain::Error::new("asking", sqlx::Error::Io(refused));
        let said = chain(&Failure::from(error));
        assert_eq!(said.matches("connection refused").count(), 1, "{said}");
    }
}
