//! What several test binaries need: a server, a project on it, and a look at processes.
#![expect(dead_code, reason = "every test binary uses its own part of this")]

use rollcall_local::postgres::{Installation, Options, Server};
use rollcall_local::supabase;
use sqlx::{Connection, PgConnection};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::Duration;

/// A server whose only database of interest, `project`, has Supabase's shape.
pub(crate) struct Project {
    pub(crate) server: Server,
}

impl Project {
    pub(crate) async fn start(major: u32) -> Self {
        let server = start(major);
        let mut maintenance = connect(&server, "supabase_admin", "postgres").await;
        supabase::create_roles(&mut maintenance).await.unwrap();
        supabase::create_database(&mut maintenance, "project", "template1")
            .await
            .unwrap();
        let mut superuser = connect(&server, "supabase_admin", "project").await;
        supabase::shape(&mut superuser).await.unwrap();
        Self { server }
    }

    pub(crate) async fn connect(&self, role: &str) -> PgConnection {
        connect(&self.server, role, "project").await
    }
}

pub(crate) fn start(major: u32) -> Server {
    let installation = Installation::find(Some(major), &mut |_| {}).unwrap();
    assert_eq!(installation.major, major);
    Server::start(&installation, &Options::default()).unwrap()
}

pub(crate) async fn connect(server: &Server, role: &str, database: &str) -> PgConnection {
    PgConnection::connect(&server.url(role, database))
        .await
        .unwrap()
}

/// The path of an example of this crate, which stands in for a program of its own.
pub(crate) fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let path = test.ancestors().nth(2).unwrap().join("examples").join(name);
    if !path.exists() {
        // `cargo test --test one` builds no examples.
        let build = ["build", "--package", env!("CARGO_PKG_NAME"), "--examples"];
        assert!(
            Command::new(env!("CARGO"))
                .args(build)
                .status()
                .unwrap()
                .success()
        );
    }
    path
}

/// Reads the first line that a program prints.
pub(crate) fn read_line(program: &mut Child) -> String {
    let mut line = String::new();
    BufReader::new(program.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    line.trim().to_owned()
}

/// Whether a process of this id exists and has not ended.
pub(crate) fn is_running(pid: &str) -> bool {
    let state = Command::new("ps")
        .args(["-o", "stat=", "-p", pid])
        .output()
        .unwrap();
    let state = String::from_utf8(state.stdout).unwrap();
    !state.trim().is_empty() && !state.trim().starts_with('Z')
}

pub(crate) fn kill_9(pid: &str) {
    assert!(
        Command::new("kill")
            .args(["-9", pid])
            .status()
            .unwrap()
            .success()
    );
}

pub(crate) fn wait_until(what: &str, holds: impl Fn() -> bool) {
    for _ in 0..1000 {
        if holds() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("still not so after 10 s: {what}");
}
