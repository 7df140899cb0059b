//! What can go wrong between a request for a server and a server.

use std::path::PathBuf;

/// A failure to find, fetch, start or stop a PostgreSQL server.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The environment variable for the major version holds something else.
    #[error("ROLLCALL_PG_MAJOR is {value:?}; set it to a major version from 15 on, or unset it")]
    Major {
        /// What it holds.
        value: String,
    },
    /// The environment variable for the programs points at no usable server.
    #[error(
        "ROLLCALL_PG_BIN_DIR is {}, but {problem}; name a directory that holds initdb and \
         postgres, or unset it",
        directory.display()
    )]
    Override {
        /// The directory named.
        directory: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// No server is installed and none could be fetched. The message has two lines.
    #[error(
        "no PostgreSQL server of version {wanted} is installed, and none could be fetched \
         ({attempts})\ninstall one with `{command}`, or set ROLLCALL_PG_BIN_DIR to the directory \
         that holds its initdb and postgres"
    )]
    NotFound {
        /// The version asked for, in words.
        wanted: String,
        /// What was tried, and how it ended.
        attempts: String,
        /// The command that installs one on this system.
        command: String,
    },
    /// A file or directory could not be handled.
    #[error("cannot {doing} {}", path.display())]
    File {
        /// What was being done, as a verb.
        doing: &'static str,
        /// To which path.
        path: PathBuf,
        /// Why it failed.
        #[source]
        source: std::io::Error,
    },
    /// A program could not be started.
    #[error("cannot run {program}; is it installed and executable?")]
    Program {
        /// The program.
        program: String,
        /// Why it failed.
        #[source]
        source: std::io::Error,
    },
    /// There is no account to run the server under, while we are root.
    #[error(
        "PostgreSQL does not run as root, and neither postgres nor nobody is an account here; \
         create one, or run this as an ordinary user"
    )]
    NoAccount,
    /// The server ended, or did not answer in time; its last words are part of the message.
    #[error("PostgreSQL {version} in {} {outcome}; it said:\n{log}", directory.display())]
    Start {
        /// The version of the server.
        version: String,
        /// Its directory.
        directory: PathBuf,
        /// How the attempt ended.
        outcome: String,
        /// The end of its log.
        log: String,
    },
}

impl Error {
    pub(super) fn file(
        doing: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File {
            doing,
            path,
            source,
        }
    }

    pub(super) fn program(program: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let program = program.into();
        move |source| Self::Program { program, source }
    }
}
