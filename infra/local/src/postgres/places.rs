//! Where systems install a PostgreSQL server.

use crate::environment::Environment;
use std::cmp::Reverse;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Every directory that may hold a server, the likeliest first, the newest version first.
///
/// What `pg_config` names may hold no server at all (the client library's packages bring that
/// program, too), so each is a place to look and nothing more.
pub(super) fn bin_dirs(environment: &Environment) -> Vec<PathBuf> {
    let mut places = environment.search_path();
    places.extend(ask_pg_config());
    places.extend(versions_in(Path::new("/usr/lib/postgresql"), "", "bin"));
    places.extend(versions_in(Path::new("/usr"), "pgsql-", "bin"));
    places.extend(versions_in(
        Path::new("/opt/homebrew/opt"),
        "postgresql@",
        "bin",
    ));
    places.extend(versions_in(
        Path::new("/usr/local/opt"),
        "postgresql@",
        "bin",
    ));
    let postgres_app = Path::new("/Applications/Postgres.app/Contents/Versions");
    places.extend(versions_in(postgres_app, "", "bin"));
    places
}

fn ask_pg_config() -> Option<PathBuf> {
    let answer = Command::new("pg_config").arg("--bindir").output().ok()?;
    let directory = String::from_utf8(answer.stdout).ok()?;
    answer
        .status
        .success()
        .then(|| PathBuf::from(directory.trim()))
}

/// The directories `<parent>/<prefix><number>/<below>`, the highest number first.
fn versions_in(parent: &Path, prefix: &str, below: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(parent) else {
        return Vec::new();
    };
    let mut found: Vec<(u32, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let number = name.strip_prefix(prefix)?.parse().ok()?;
            Some((number, entry.path().join(below)))
        })
        .collect();
    found.sort_by_key(|(number, _)| Reverse(*number));
    found.into_iter().map(|(_, path)| path).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_as_numbers_and_other_names_passed_over() {
        let directory = tempfile::tempdir().unwrap();
        for name in ["pg@9", "pg@17", "pg@15", "pg@latest", "other"] {
            fs::create_dir(directory.path().join(name)).unwrap();
        }
        let found = versions_in(directory.path(), "pg@", "bin");
        let names: Vec<_> = found
            .iter()
            .map(|path| path.strip_prefix(directory.path()).unwrap())
            .collect();
        assert_eq!(
            names,
            [
                Path::new("pg@17/bin"),
                Path::new("pg@15/bin"),
                Path::new("pg@9/bin")
            ]
        );
    }
}
