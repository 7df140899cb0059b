//! Starting and ending a server, on every major version that CI uses.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by panicking"
)]

mod support;

use rollcall_local::postgres::{Error, Installation, Options, Server};
use sqlx::{Connection, Row};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;
use support::{connect, example, is_running, read_line, start, wait_until};

async fn answers_and_leaves_nothing(major: u32) {
    let server = start(major);
    let directory = server.socket_dir().to_owned();
    let mut connection = connect(&server, "supabase_admin", "postgres").await;
    let version: String = sqlx::query("show server_version")
        .fetch_one(&mut connection)
        .await
        .unwrap()
        .get(0);
    assert!(version.starts_with(&major.to_string()), "{version}");
    let addresses: String = sqlx::query("show listen_addresses")
        .fetch_one(&mut connection)
        .await
        .unwrap()
        .get(0);
    assert_eq!(addresses, "");
    assert_eq!(
        directory.metadata().unwrap().permissions().mode() & 0o777,
        0o700
    );
    // A session that is still open does not keep the server.
    drop(server);
    assert!(!directory.exists());
    assert!(connection.ping().await.is_err());
}

#[tokio::test]
async fn version_15_starts_answers_and_leaves_nothing_behind() {
    answers_and_leaves_nothing(15).await;
}

#[tokio::test]
async fn version_17_starts_answers_and_leaves_nothing_behind() {
    answers_and_leaves_nothing(17).await;
}

#[tokio::test]
async fn a_durable_server_is_on_the_disk_and_keeps_its_promises() {
    let installation = Installation::find(None, &mut |_| {}).unwrap();
    let options = Options {
        durable: true,
        max_connections: 7,
        extra: vec![("work_mem".to_owned(), "9MB".to_owned())],
    };
    let server = Server::start(&installation, &options).unwrap();
    assert!(server.socket_dir().starts_with("/tmp"));
    let mut connection = connect(&server, "supabase_admin", "postgres").await;
    for (name, value) in [
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("max_connections", "7"),
        ("work_mem", "9MB"),
        ("timezone", "UTC"),
    ] {
        let found: String = sqlx::query("select current_setting($1)")
            .bind(name)
            .fetch_one(&mut connection)
            .await
            .unwrap()
            .get(0);
        assert_eq!(found, value, "{name}");
    }
}

#[test]
fn a_server_that_cannot_start_says_why_and_leaves_nothing_behind() {
    let installation = Installation::find(None, &mut |_| {}).unwrap();
    let extra = vec![("no_such_setting".to_owned(), "1".to_owned())];
    let options = Options {
        extra,
        ..Options::default()
    };
    let error = Server::start(&installation, &options).unwrap_err();
    assert!(matches!(error, Error::Start { .. }));
    let message = error.to_string();
    assert!(
        message.contains("unrecognized configuration parameter"),
        "{message}"
    );
    let ours = format!("rollcall-{}-", std::process::id());
    // Other tests of this process may have a server of their own; none has this mark.
    let left = fs::read_dir("/tmp").unwrap().flatten().filter(|entry| {
        entry.file_name().to_string_lossy().starts_with(&ours)
            && fs::read_to_string(entry.path().join("log"))
                .is_ok_and(|log| log.contains("no_such_setting"))
    });
    assert_eq!(left.count(), 0);
}

/// Starts a server in a process of its own, kills that process after `delay` and waits until
/// nothing is left of the server.
fn kill_and_look(delay: Option<Duration>) {
    let mut parent = Command::new(example("server"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let directory = match delay {
        None => Some(PathBuf::from(read_line(&mut parent))),
        Some(delay) => {
            std::thread::sleep(delay);
            directory_of(parent.id())
        }
    };
    let server = directory.as_ref().and_then(|directory| {
        let pid = fs::read_to_string(directory.join("data/postmaster.pid")).ok()?;
        Some(pid.lines().next()?.to_owned())
    });
    parent.kill().unwrap();
    parent.wait().unwrap();
    let Some(directory) = directory else {
        return;
    };
    wait_until("the files are gone", || !directory.exists());
    if let Some(server) = server {
        wait_until("the server is gone", || !is_running(&server));
    }
}

fn directory_of(pid: u32) -> Option<PathBuf> {
    let prefix = format!("rollcall-{pid}-");
    ["/dev/shm", "/tmp"]
        .iter()
        .filter_map(|parent| fs::read_dir(parent).ok())
        .flat_map(Iterator::flatten)
        .find(|entry| entry.file_name().to_string_lossy().starts_with(&prefix))
        .map(|entry| entry.path())
}

#[test]
fn a_server_does_not_outlive_a_parent_that_was_killed() {
    kill_and_look(None);
}

#[test]
fn a_server_does_not_outlive_a_parent_that_was_killed_while_it_was_starting() {
    for ms in [30, 100, 200, 300, 400, 500, 600, 800] {
        kill_and_look(Some(Duration::from_millis(ms)));
    }
}
