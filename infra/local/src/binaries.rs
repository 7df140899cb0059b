//! The function binaries: built when there is a checkout, else found beside our own program.

use crate::environment::Environment;
use serde_json::Value;
use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Why there are no function binaries.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Where we are is not known.
    #[error("cannot find out which program this is, and therefore not where its functions are")]
    Ourselves(#[source] io::Error),
    /// Cargo could not be run.
    #[error("cannot run {cargo} to build the functions; install Rust, or put cargo on the PATH")]
    Cargo {
        /// The cargo tried.
        cargo: String,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
    /// Cargo did not build them.
    #[error("`cargo {arguments}` failed; it said:\n{output}")]
    Build {
        /// Its arguments.
        arguments: String,
        /// What it complained about.
        output: String,
    },
    /// Cargo was content, but made no such program.
    #[error("cargo built no program called {name}; is it a package of this workspace?")]
    NotBuilt {
        /// The name asked for.
        name: String,
    },
    /// There is no checkout, and the program is not beside ours.
    #[error(
        "the function {name} is not in {}; run this inside a checkout, or put the function's \
         binary there",
        directory.display()
    )]
    NotBeside {
        /// The name asked for.
        name: String,
        /// Where it should be.
        directory: PathBuf,
    },
}

/// Finds the programs of these packages, in this order; inside a checkout they are built first,
/// in the profile of the running program.
pub fn build(names: &[&str], progress: &mut dyn FnMut(&str)) -> Result<Vec<PathBuf>, Error> {
    let ourselves = std::env::current_exe().map_err(Error::Ourselves)?;
    let Some(checkout) = checkout_of(&ourselves) else {
        return names.iter().map(|name| beside(&ourselves, name)).collect();
    };
    let mut targets = Vec::new();
    for name in names {
        targets.extend(["-p", name, "--bin", name]);
    }
    progress(&format!("building {}", names.join(", ")));
    let built = build_targets(&checkout, &targets, profile_of(&ourselves), progress)?;
    names
        .iter()
        .map(|name| {
            let path = built.get(*name).cloned();
            path.ok_or_else(|| Error::NotBuilt {
                name: (*name).to_owned(),
            })
        })
        .collect()
}

/// Runs cargo; returns every program that it made or found up to date, by name.
fn build_targets(
    checkout: &Path,
    targets: &[&str],
    profile: &str,
    progress: &mut dyn FnMut(&str),
) -> Result<HashMap<String, PathBuf>, Error> {
    let cargo = Environment::read()
        .cargo
        .unwrap_or_else(|| "cargo".to_owned());
    let arguments = [
        &[
            "build",
            "--quiet",
            "--message-format=json",
            "--profile",
            profile,
        ],
        targets,
    ]
    .concat();
    let cannot = |source| Error::Cargo {
        cargo: cargo.clone(),
        source,
    };
    let mut command = Command::new(&cargo);
    command.args(&arguments).current_dir(checkout);
    for name in LEFT_BY_CARGO {
        command.env_remove(name);
    }
    let mut build = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(cannot)?;
    let mut programs = HashMap::new();
    let mut complaints = Vec::new();
    let messages = build.stdout.take().map(BufReader::new);
    for line in messages.into_iter().flat_map(BufRead::lines) {
        let message: Value = serde_json::from_str(&line.map_err(cannot)?).unwrap_or_default();
        match message["reason"].as_str() {
            Some("compiler-artifact") => {
                let name = message["target"]["name"].as_str().unwrap_or_default();
                if message["fresh"] == false {
                    progress(&format!("compiled {name}"));
                }
                if let Some(path) = message["executable"].as_str() {
                    programs.insert(name.to_owned(), PathBuf::from(path));
                }
            }
            Some("compiler-message") if message["message"]["level"] == "error" => {
                complaints.extend(message["message"]["rendered"].as_str().map(str::to_owned));
            }
            _ => {}
        }
    }
    // Quiet as it is, this is short; what the compiler says comes through the other pipe.
    if let Some(mut stderr) = build.stderr.take() {
        let mut output = String::new();
        stderr.read_to_string(&mut output).map_err(cannot)?;
        complaints.push(output);
    }
    if build.wait().map_err(cannot)?.success() {
        return Ok(programs);
    }
    let output = complaints.concat().trim_end().to_owned();
    Err(Error::Build {
        arguments: arguments.join(" "),
        output,
    })
}

/// What the cargo that runs us has set for us. Build scripts which watch these variables would
/// be run, and their crates compiled, once more each time.
const LEFT_BY_CARGO: [&str; 16] = [
    "CARGO_BIN_NAME",
    "CARGO_CRATE_NAME",
    "CARGO_MANIFEST_DIR",
    "CARGO_MANIFEST_LINKS",
    "CARGO_MANIFEST_PATH",
    "CARGO_PKG_AUTHORS",
    "CARGO_PKG_NAME",
    "CARGO_PKG_VERSION",
    "CARGO_PKG_VERSION_MAJOR",
    "CARGO_PKG_VERSION_MINOR",
    "CARGO_PKG_VERSION_PATCH",
    "CARGO_PKG_VERSION_PRE",
    "CARGO_PRIMARY_PACKAGE",
    "CARGO_TARGET_TMPDIR",
    "LD_LIBRARY_PATH",
    "OUT_DIR",
];

/// The workspace that a program was built from, when it lies in that workspace's target directory
/// or was started inside the workspace.
fn checkout_of(program: &Path) -> Option<PathBuf> {
    let started_in = std::env::current_dir().ok();
    [Some(program), started_in.as_deref()]
        .into_iter()
        .flatten()
        .flat_map(Path::ancestors)
        .find(|directory| is_our_workspace(directory))
        .map(Path::to_owned)
}

fn is_our_workspace(directory: &Path) -> bool {
    directory.join("Cargo.toml").is_file()
        && directory.join("Cargo.lock").is_file()
        && directory.join("functions").is_dir()
        && directory.join("infra/local/Cargo.toml").is_file()
}

/// The profile that a program in a target directory was built with.
fn profile_of(program: &Path) -> &str {
    let directory = program
        .ancestors()
        .skip(1)
        .filter_map(|directory| directory.file_name()?.to_str())
        .find(|name| !["deps", "examples"].contains(name));
    match directory {
        // Cargo puts the profile `dev` into `debug`; every other has a directory of its name.
        Some("debug") | None => "dev",
        Some(profile) => profile,
    }
}

fn beside(ourselves: &Path, name: &str) -> Result<PathBuf, Error> {
    let directory = ourselves.parent().unwrap_or(Path::new("."));
    let path = directory.join(name);
    if path.is_file() {
        return Ok(path);
    }
    Err(Error::NotBeside {
        name: name.to_owned(),
        directory: directory.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_profile_is_read_from_the_place_of_the_program() {
        for (program, profile) in [
            ("/w/target/debug/rollcall", "dev"),
            ("/w/target/debug/deps/it-0123", "dev"),
            ("/w/target/debug/examples/server", "dev"),
            ("/w/target/release/rollcall", "release"),
            ("/w/target/release-small/deps/speed-0123", "release-small"),
            (
                "/w/target/x86_64-unknown-linux-gnu/release/rollcall",
                "release",
            ),
        ] {
            assert_eq!(profile_of(Path::new(program)), profile, "{program}");
        }
    }

    #[test]
    fn this_test_was_built_from_a_checkout() {
        let checkout = checkout_of(&std::env::current_exe().unwrap()).unwrap();
        assert!(checkout.join("infra/local/src/binaries.rs").is_file());
    }

    /// A workspace with one program, which cargo builds without asking anybody.
    fn workspace(main: &str) -> tempfile::TempDir {
        let directory = tempfile::Builder::new().prefix("t").tempdir().unwrap();
        // A version of its own: in a target folder that others share (CARGO_TARGET_DIR), cargo
        // would take the program of another such workspace for this one's.
        let version = directory.path().file_name().unwrap().to_str().unwrap();
        let manifest = format!(
            "[package]\nname = \"small\"\nversion = \"0.0.0-{version}\"\nedition = \"2024\"\n\
             [workspace]\n"
        );
        std::fs::write(directory.path().join("Cargo.toml"), manifest).unwrap();
        std::fs::create_dir(directory.path().join("src")).unwrap();
        std::fs::write(directory.path().join("src/main.rs"), main).unwrap();
        directory
    }

    #[test]
    fn cargo_tells_where_the_program_is_and_what_it_compiled() {
        let workspace = workspace("fn main() {}");
        let build = || {
            let mut heard = Vec::new();
            let mut progress = |line: &str| heard.push(line.to_owned());
            let built =
                build_targets(workspace.path(), &["--bin", "small"], "dev", &mut progress).unwrap();
            (built["small"].is_file(), heard)
        };
        assert_eq!(build(), (true, vec!["compiled small".to_owned()]));
        assert_eq!(build(), (true, Vec::new()));
    }

    #[test]
    fn what_the_compiler_or_cargo_complain_about_is_part_of_the_message() {
        let workspace = workspace("fn main() { nonsense }");
        for (target, complaint) in [("small", "`nonsense`"), ("other", "`other`")] {
            let error = build_targets(workspace.path(), &["--bin", target], "dev", &mut |_| {})
                .unwrap_err();
            let message = error.to_string();
            assert!(message.contains(complaint), "{message}");
            assert!(
                message.contains(&format!("--bin {target}` failed")),
                "{message}"
            );
        }
    }

    #[test]
    fn a_program_that_is_not_beside_ours_is_named_with_the_place() {
        let message = beside(Path::new("/opt/bin/rollcall"), "backfill")
            .unwrap_err()
            .to_string();
        assert!(
            message.starts_with("the function backfill is not in /opt/bin"),
            "{message}"
        );
    }
}
