//! How a command ends.

use std::{
    io::{self, ErrorKind},
    process::ExitCode,
};

use rollcall_install::refusal::Refusal;
use serde_json::json;

use crate::output::Output;

/// How a command ended; the numbers are part of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// All is well, or done.
    Done = 0,
    /// Something was found or refused.
    Found = 1,
    /// The usage or the configuration is wrong.
    Usage = 2,
    /// It was not possible to look.
    Blind = 3,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(status as u8)
    }
}

/// Why a command could not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// An argument, a setting or a file is wrong. The sentence names it and the mend.
    #[error("{0}")]
    Usage(String),
    /// A safety stop, or somebody else at work. The sentence says what lifts it.
    #[error("{0}")]
    Stopped(String),
    /// What was done did not come out as it ought to.
    #[error("{0}")]
    Unproven(String),
    /// The local stack does not work. The sentence says why and the mend.
    #[error("{0}")]
    Local(String),
    /// What a command relies on could not be seen. The sentence says what.
    #[error("{0}")]
    Unseen(String),
    /// The configuration is wrong.
    #[error("the configuration is refused")]
    Refused(Vec<Refusal>),
    /// The database did not let itself be looked at.
    #[error(transparent)]
    Blind(#[from] rollcall_domain::Error),
    /// Nobody listens any more, or the disk is full.
    #[error("cannot write the output: {0}")]
    Output(#[from] io::Error),
}

impl Failure {
    /// The status to end with.
    pub(crate) fn status(&self) -> Status {
        match self {
            Self::Usage(_) | Self::Refused(_) | Self::Output(_) => Status::Usage,
            Self::Stopped(_) | Self::Unproven(_) => Status::Found,
            Self::Blind(_) | Self::Local(_) | Self::Unseen(_) => Status::Blind,
        }
    }

    /// Says what went wrong, and returns the status to end with.
    pub(crate) fn report(&self, output: &mut Output) -> Status {
        // Whoever closed the pipe has seen enough.
        if let Self::Output(error) = self
            && error.kind() == ErrorKind::BrokenPipe
        {
            return Status::Done;
        }
        // There is nowhere left to report a failure to report.
        let _ = match self {
            Self::Refused(refusals) if output.is_json() => {
                output.json(&json!({ "refusals": refusals }))
            }
            Self::Refused(refusals) => refusals
                .iter()
                .try_for_each(|refusal| output.error(refusal)),
            other if output.is_json() => output
                .json(&json!({ "error": other.to_string() }))
                .and_then(|()| output.error(other)),
            other => output.error(other),
        };
        self.status()
    }
}
