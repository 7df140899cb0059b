//! What can be chosen: by the line that the page has people type, and which values are refused.

use std::{fs, process::Command};

use serde_json::{Value, json};
use tempfile::tempdir;

use super::{KEY, ROOT, SECRET, stack::has_sam};

const AUTHORITY: &str = "-----BEGIN CERTIFICATE-----
MIIDxDCCAqygAwIBAgIUbLxMod62P2ktCiAkxnKJwtE9VPYwDQYJKoZIhvcNAQEL
a+b/c0==
-----END CERTIFICATE-----";

/// What SAM makes of the overrides that this script has `sam` called with at last, each with whether
/// the template takes it.
fn taken(script: &str, authority: &str) -> Value {
    let script = format!(
        "sam() {{ shift $(($# - 1)); python3 tests/it/template/parameters.py \"$1\"; }}\n{script}"
    );
    let output = Command::new("sh")
        .args(["-euc", &script])
        .env("DATABASE_CA_CERT", authority)
        .current_dir(ROOT)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_certificate_arrives_whole_by_the_line_of_the_page() {
    if !has_sam() {
        return;
    }
    let here = tempdir().unwrap();
    let file = here.path().join("prod ca.crt");
    fs::write(&file, format!("{AUTHORITY}\n")).unwrap();
    let page = fs::read_to_string(format!("{ROOT}/docs/deploy.md")).unwrap();
    let (_, line) = page.split_once("\nsam deploy ").unwrap();
    let (line, _) = line.split_once("\n```").unwrap();
    let line = format!("sam deploy {line}");
    let authority = file.to_str().unwrap();
    let whole = json!({"DatabaseCaCert": [AUTHORITY, true]});
    assert_eq!(taken(&line, authority), whole);
    // What the page has people add, within the quotes.
    let begun = line.strip_suffix('"').unwrap();
    let more = format!("{begun} WebhookConcurrency=-1 WebhookSecret=none WebhookTokens=make\"");
    let also = json!({
        "DatabaseCaCert": [AUTHORITY, true],
        "WebhookConcurrency": ["-1", true],
        "WebhookSecret": ["none", true],
        "WebhookTokens": ["make", true],
    });
    assert_eq!(taken(&more, authority), also);
}

#[test]
fn a_parameter_takes_what_it_is_for_and_refuses_the_rest() {
    if !has_sam() {
        return;
    }
    let cut = &SECRET[..SECRET.len() - 7];
    let padded = format!(" {SECRET}");
    let long = format!("-----BEGIN CERTIFICATE-----\n{}", "A".repeat(3072));
    let long = format!("{long}\n-----END CERTIFICATE-----");
    let twice = format!("{AUTHORITY}\n{AUTHORITY}");
    let url = "postgres://rollcall:secret@host:6543/postgres";
    let secret = |takes: &[&'static str]| {
        let mut takes = takes.to_vec();
        takes.push(SECRET);
        (takes, vec!["", "Make", cut, &padded, url])
    };
    for (name, (takes, refuses)) in [
        ("ApplicationDatabaseSecret", secret(&["make"])),
        ("OperatorDatabaseSecret", secret(&["make"])),
        ("WebhookSecret", secret(&["make", "none"])),
        ("WebhookTokens", secret(&["make", "none"])),
        ("SlackSecret", secret(&["make", "none"])),
        ("ApplicationDatabaseSecret", (vec!["make"], vec!["none"])),
        ("SecretsKey", (vec!["", KEY], vec!["alias/one", SECRET])),
        (
            "DatabaseCaCert",
            (
                vec!["", AUTHORITY, &twice],
                vec!["/home/me/prod-ca-2021.crt", &AUTHORITY[..60], &long],
            ),
        ),
        (
            "OperatorFunctions",
            (vec!["true", "false"], vec!["yes", ""]),
        ),
        (
            "WebhookConcurrency",
            (vec!["-1", "0", "1000"], vec!["-2", "1001", "ten"]),
        ),
        ("LogRetentionDays", (vec!["90", "1"], vec!["0", "91"])),
    ] {
        for (values, is_taken) in [(takes, true), (refuses, false)] {
            for value in values {
                let line = format!("sam \"{name}='{value}'\"");
                let answer = taken(&line, "");
                assert_eq!(answer, json!({ name: [value, is_taken] }));
            }
        }
    }
}
