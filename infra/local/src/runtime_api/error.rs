//! How a function can fail to start, and how an event can end.

use std::io;
use std::path::PathBuf;

/// Why a function's process is not ready for events.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The binary could not be run.
    #[error("cannot run the function binary {}; build it first", binary.display())]
    Binary {
        /// Its path.
        binary: PathBuf,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
    /// What stands around the process could not be set up.
    #[error("cannot {doing} for the function {function}")]
    Surroundings {
        /// What was being done.
        doing: &'static str,
        /// The name of the function.
        function: String,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
    /// The process ended before it asked for its first event.
    #[error("the function {function} ended while it was starting ({status}); it said:\n{output}")]
    Exited {
        /// The name of the function.
        function: String,
        /// How it ended.
        status: String,
        /// The end of what it wrote.
        output: String,
    },
    /// The process reported that it cannot start.
    #[error(
        "the function {function} cannot start ({error_type}: {error_message}); it said:\n{output}"
    )]
    Reported {
        /// The name of the function.
        function: String,
        /// The type of the error.
        error_type: String,
        /// What it said about it.
        error_message: String,
        /// The end of what it wrote.
        output: String,
    },
    /// The process did not ask for its first event in the time that Lambda allows.
    #[error(
        "the function {function} asked for no event within {limit_s} s of its start and was \
         killed, as by Lambda; it said:\n{output}"
    )]
    TooSlow {
        /// The name of the function.
        function: String,
        /// The limit in seconds.
        limit_s: u64,
        /// The end of what it wrote.
        output: String,
    },
}

/// How an event ended that has no answer.
#[derive(Debug, thiserror::Error)]
pub enum InvokeError {
    /// The function answered with an error.
    #[error("the function answered with an error ({error_type}: {error_message})")]
    Function {
        /// The type of the error, short and stable.
        error_type: String,
        /// What went wrong.
        error_message: String,
    },
    /// The function did not answer before its deadline, and was killed.
    #[error(
        "the function did not answer before its deadline and was killed, as by Lambda; look into \
         its log, or raise its timeout"
    )]
    TimedOut,
    /// The process ended without an answer.
    #[error("the function ended without an answer ({status}); it said:\n{output}")]
    Crashed {
        /// How it ended.
        status: String,
        /// The end of what it wrote.
        output: String,
    },
    /// No process could be started for the event.
    #[error("no process could be started for the event")]
    Init {
        /// Why not.
        #[source]
        source: StartError,
    },
    /// The event is larger than Lambda takes.
    #[error("the event has {bytes} bytes, and Lambda takes 6 MB; send less")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
}
