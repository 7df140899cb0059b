//! What doctor says of databases in every state.

mod installed;
mod reach;
mod tables;
mod webhook;

use std::fs;

use rollcall_tests::World;
use serde_json::Value;
use tempfile::{TempDir, tempdir};
use tokio::sync::RwLock;

use super::{Ended, rollcall};

/// Roles belong to the whole server: whoever changes them is alone with those who judge them.
static ROLES: RwLock<()> = RwLock::const_new(());

/// A user without a profile, unless something makes one.
const USER: &str =
    "insert into auth.users (id, email) values (gen_random_uuid(), 'ada@example.com');";

/// A user, made where no trigger fires.
const GHOST: &str = "set session_replication_role = replica;
    insert into auth.users (id, email) values (gen_random_uuid(), 'ada@example.com');";

/// A directory, with a `rollcall.toml` or without.
fn here(toml: Option<&str>) -> TempDir {
    let here = tempdir().unwrap();
    if let Some(toml) = toml {
        fs::write(here.path().join("rollcall.toml"), toml).unwrap();
    }
    here
}

fn doctor(world: &World, role: &str, toml: Option<&str>) -> Ended {
    rollcall(here(toml).path(), Some(&world.url(role)), &["doctor"])
}

/// The line of the report that holds these words.
#[track_caller]
fn line<'a>(ended: &'a Ended, words: &str) -> &'a str {
    let found = ended.out.lines().find(|line| line.contains(words));
    found.unwrap_or_else(|| panic!("nothing says {words:?} in\n{}{}", ended.out, ended.err))
}

/// That the report says this, in this state.
#[track_caller]
fn says(ended: &Ended, state: &str, words: &str) {
    let line = line(ended, words);
    assert!(line.starts_with(&format!("{state}\t")), "{line}");
}

#[track_caller]
fn is_silent_about(ended: &Ended, words: &str) {
    assert!(!ended.out.contains(words), "{}", ended.out);
}

/// The findings of the report in JSON.
fn findings(world: &World, role: &str) -> Vec<Value> {
    let arguments = ["doctor", "--json"];
    let ended = rollcall(here(None).path(), Some(&world.url(role)), &arguments);
    let answer: Value = serde_json::from_str(&ended.out).expect("JSON");
    assert_eq!(answer["refusals"], Value::Array(Vec::new()));
    answer["findings"].as_array().expect("findings").clone()
}
