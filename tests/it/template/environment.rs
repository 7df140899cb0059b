//! What the functions are given is what they read.
//!
//! A variable that cannot be used stops a function with one sentence that names it. So the real
//! binaries say themselves which ones they read.

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use rollcall_tests::{Deployed, TOKEN};

use super::{
    CHOICES, FUNCTIONS, ROOT,
    stack::{Stack, translated},
};

/// Nothing that any variable may be.
const UNUSABLE: &str = "!";

/// What a function says when it starts with this value of a variable, and good ones of what it
/// cannot do without.
fn said(function: &str, variable: &str, value: &str) -> String {
    let output = Command::new(Deployed::binary(function))
        .env_clear()
        .env(
            "DATABASE_URL",
            "postgres://nobody:nothing@127.0.0.1:1/nowhere",
        )
        .env("WEBHOOK_TOKENS", TOKEN)
        .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "a-secret")
        .env("AWS_REGION", "eu-central-1")
        .env(variable, value)
        .output()
        .unwrap();
    assert!(!output.status.success(), "{function} needs more than that");
    String::from_utf8(output.stdout).unwrap()
}

fn stops(function: &str, variable: &str, value: &str) -> bool {
    said(function, variable, value).contains(&format!("{variable} "))
}

/// The names in the source that may be a variable's. What begins with `AWS_` is
/// Lambda's, with `RUST_` somebody's who looks for a fault, with `CARGO_` the compiler's.
fn candidates() -> BTreeSet<String> {
    let mut sources = vec![];
    read_below(&Path::new(ROOT).join("shared/lambda/src"), &mut sources);
    read_below(&Path::new(ROOT).join("functions"), &mut sources);
    let is_variable = |text: &&str| {
        let known = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
        text.trim_matches('_').contains('_') && text.bytes().all(known)
    };
    let texts = sources
        .iter()
        .flat_map(|source| source.split('"').skip(1).step_by(2));
    let ours = |name: &&str| {
        !["AWS_", "CARGO_", "RUST_"]
            .iter()
            .any(|others| name.starts_with(others))
    };
    texts
        .filter(is_variable)
        .filter(ours)
        .map(str::to_owned)
        .collect()
}

fn read_below(directory: &Path, sources: &mut Vec<String>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_below(&path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs")
            && !path.ends_with("tests.rs")
        {
            let source = fs::read_to_string(&path).unwrap();
            let code = source.split("#[cfg(test)]\nmod tests {").next().unwrap();
            // What a comment quotes would shift what is text and what is not.
            let lines = code
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"));
            sources.push(lines.collect::<Vec<_>>().join("\n").replace("\\\"", ""));
        }
    }
}

#[test]
fn a_function_is_given_every_variable_that_it_reads_and_no_other() {
    let Some(template) = translated() else { return };
    let candidates = candidates();
    let stack = Stack::new(template, CHOICES[2]);
    let mut read_by_any = BTreeSet::new();
    for (name, function) in FUNCTIONS {
        let variables = &stack.resources[name]["Properties"]["Environment"]["Variables"];
        let given: BTreeSet<_> = variables.as_object().unwrap().keys().cloned().collect();
        let asked = candidates.union(&given).cloned();
        let read: BTreeSet<_> = asked.filter(|one| stops(function, one, UNUSABLE)).collect();
        assert_eq!(given, read, "{function}: given, and read");
        read_by_any.extend(read);
    }
    assert_eq!(candidates, read_by_any, "named in the source, and read");
}
