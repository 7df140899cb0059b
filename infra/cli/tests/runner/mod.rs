//! Runs the command as its users do.

use std::{
    path::Path,
    process::{Command, Output},
};

/// What a command left behind.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs `rollcall` in a directory, without any settings from the environment.
pub(crate) fn rollcall(directory: &Path, database: Option<&str>, arguments: &[&str]) -> Ended {
    let url = database.map(|url| ("DATABASE_URL", url.to_owned()));
    with(directory, url.as_slice(), arguments)
}

/// The same, with these variables and no others.
pub(crate) fn with(directory: &Path, variables: &[(&str, String)], arguments: &[&str]) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rollcall"));
    command.current_dir(directory).args(arguments).env_clear();
    command.envs(variables.iter().map(|(name, value)| (name, value)));
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    Ended {
        status: status.code().unwrap(),
        out: String::from_utf8(stdout).unwrap(),
        err: String::from_utf8(stderr).unwrap(),
    }
}
