//! Usage and configuration, without a database.

use std::fs;

use tempfile::tempdir;

use super::rollcall;

/// Nothing listens on port 1.
const NOWHERE: &str = "postgres://postgres:hush@127.0.0.1:1/postgres";

#[test]
fn every_command_helps_itself_with_an_example() {
    let here = tempdir().unwrap();
    for command in ["init", "sql", "doctor", "diagnose", "fix", "report"] {
        let ended = rollcall(here.path(), Some(NOWHERE), &[command, "--help"]);
        assert_eq!(ended.status, 0);
        assert!(ended.out.contains("Example"), "{}", ended.out);
        assert!(ended.out.contains("--json") && ended.out.contains("--database-url"));
        assert!(!ended.out.contains("hush"), "the help shows a password");
    }
}

#[test]
fn what_is_no_command_or_argument_is_a_usage_error() {
    let here = tempdir().unwrap();
    for arguments in [
        &["nope"][..],
        &["init", "--nope"],
        &["init", "--table", "users"],
    ] {
        assert_eq!(
            rollcall(here.path(), None, arguments).status,
            2,
            "{arguments:?}"
        );
    }
}

#[test]
fn a_database_that_is_not_named_is_asked_for() {
    let here = tempdir().unwrap();
    let sentence = "error: no database is named; give --database-url or set DATABASE_URL\n";
    for database in [None, Some("")] {
        for command in ["init", "doctor"] {
            let ended = rollcall(here.path(), database, &[command]);
            assert_eq!((ended.status, &*ended.err), (2, sentence));
        }
    }
    fs::write(
        here.path().join("rollcall.toml"),
        "profile.table = \"public.users\"",
    )
    .unwrap();
    let ended = rollcall(here.path(), None, &["sql"]);
    assert_eq!((ended.status, &*ended.err), (2, sentence));
}

#[test]
fn an_address_that_is_none_is_named_without_its_password() {
    let here = tempdir().unwrap();
    let cases = [
        (
            "mysql://root:hush@localhost/x",
            "DATABASE_URL is not of the form postgres://",
        ),
        (
            "postgres://a:hush@localhost:port/x",
            "DATABASE_URL is not of the form postgres://",
        ),
    ];
    for (url, wanted) in cases {
        let ended = rollcall(here.path(), Some(url), &["init"]);
        assert_eq!(ended.status, 2);
        assert!(
            ended.err.starts_with(&format!("error: {wanted}")),
            "{}",
            ended.err
        );
        assert!(!ended.err.contains("hush"));
    }
    let arguments = ["init", "--database-ca-cert", "/nope"];
    let ended = rollcall(here.path(), Some(NOWHERE), &arguments);
    assert!(
        ended.status == 2
            && ended
                .err
                .starts_with("error: DATABASE_CA_CERT is neither PEM")
    );
}

#[test]
fn a_database_out_of_reach_is_not_a_usage_error() {
    let here = tempdir().unwrap();
    for command in ["init", "doctor"] {
        let ended = rollcall(here.path(), Some(NOWHERE), &[command]);
        assert_eq!(ended.status, 3);
        assert!(
            ended.err.starts_with("error: cannot reach the database: "),
            "{}",
            ended.err
        );
        assert!(!ended.err.contains("hush") && ended.out.is_empty());
    }
    assert!(fs::read_dir(here.path()).unwrap().next().is_none());
}

#[test]
fn init_never_touches_a_file_that_is_there() {
    let here = tempdir().unwrap();
    let file = here.path().join("rollcall.toml");
    fs::write(&file, "mine").unwrap();
    let ended = rollcall(here.path(), Some(NOWHERE), &["init"]);
    assert_eq!(
        (ended.status, &*ended.err),
        (
            2,
            "error: rollcall.toml exists already, and init never overwrites it; edit it, or move \
             it away\n"
        )
    );
    assert_eq!(fs::read_to_string(file).unwrap(), "mine");
}

#[test]
fn a_missing_configuration_is_told() {
    let here = tempdir().unwrap();
    let ended = rollcall(here.path(), Some(NOWHERE), &["sql"]);
    assert_eq!(ended.status, 2);
    assert!(
        ended
            .err
            .starts_with("error: there is no rollcall.toml; let `rollcall init` write")
    );
}

#[test]
fn every_malformed_key_gets_a_line_of_its_own() {
    let here = tempdir().unwrap();
    let file = here.path().join("other.toml");
    fs::write(&file, "profile.table = 1\n[trigger]\nmode = \"wach\"\n").unwrap();
    let expected = "\
error: other.toml:1: profile.table: a number stands where a text in quotes belongs; write a text in quotes
error: other.toml:3: trigger.mode: there is no \"wach\"; did you mean \"watch\"?
";
    for command in ["sql", "doctor"] {
        let ended = rollcall(
            here.path(),
            Some(NOWHERE),
            &[command, "--config", "other.toml"],
        );
        assert_eq!((ended.status, &*ended.err, &*ended.out), (2, expected, ""));
        let ended = rollcall(here.path(), None, &["--json", command, "-c", "other.toml"]);
        let answer: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
        assert_eq!((ended.status, &*ended.err), (2, ""));
        assert_eq!(answer["refusals"][1]["key"], "trigger.mode");
        assert_eq!(answer["refusals"][1]["line"], 3);
    }
    fs::write(&file, [0xff, 0xfe]).unwrap();
    let ended = rollcall(here.path(), None, &["sql", "-c", "other.toml"]);
    assert_eq!(
        (ended.status, &*ended.err),
        (2, "error: other.toml is not UTF-8; save it as UTF-8\n")
    );
}

#[test]
fn taking_rollcall_out_needs_neither_a_configuration_nor_a_database() {
    let here = tempdir().unwrap();
    let ended = rollcall(here.path(), None, &["sql", "--uninstall"]);
    assert_eq!((ended.status, &*ended.err), (0, ""));
    assert!(ended.out.contains("drop schema rollcall cascade"));
}
