//! `rollcall --deployed`, on the real function binaries behind a stand-in for AWS.

mod elsewhere;
mod identity;
mod long_work;
mod refused;
mod same;

use std::path::Path;

use rollcall_tests::{Cloud, World, people, shapes};

use super::{Ended, rollcall, with};

/// Whatever is planted as a secret has one of these in it.
const CANARIES: [&str; 3] = ["canary-", "canary/", "akiacanary"];

async fn world(ghosts: u32) -> World {
    let (sql, toml) = shapes::VERIFIED_USERS;
    let world = World::with(sql, toml).await;
    people::ghosts(&world, 1, ghosts).await;
    world
}

/// What the command says, on a thread of its own: the stand-in answers from this one.
async fn deployed(cloud: &Cloud, directory: &Path, arguments: &[&str]) -> Ended {
    let arguments = [&["--deployed", "prod"], arguments].concat();
    called(cloud.variables(), directory, &arguments).await
}

async fn called(
    variables: Vec<(&'static str, String)>,
    directory: &Path,
    arguments: &[&str],
) -> Ended {
    let directory = directory.to_owned();
    let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
    let ended = tokio::task::spawn_blocking(move || {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        with(&directory, &variables, &arguments)
    })
    .await
    .unwrap();
    for said in [&ended.out, &ended.err] {
        let small = said.to_lowercase();
        assert!(
            !CANARIES.iter().any(|canary| small.contains(canary)),
            "{said}"
        );
    }
    ended
}
