//! The command as its users meet it: arguments, exit statuses, what stands on which output.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod browser;
mod database;
mod doctor;
mod documents;
mod report;
mod up;
mod usage;

use std::{
    path::Path,
    process::{Command, Output},
};

/// What a command left behind.
#[derive(Debug)]
struct Ended {
    status: i32,
    out: String,
    err: String,
}

/// Runs `rollcall` in a directory, without any settings from the environment.
fn rollcall(directory: &Path, database: Option<&str>, arguments: &[&str]) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rollcall"));
    command.current_dir(directory).args(arguments).env_clear();
    if let Some(url) = database {
        command.env("DATABASE_URL", url);
    }
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
