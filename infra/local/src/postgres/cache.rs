//! What was fetched once is kept, and fetched by one process at a time.

use super::account::Account;
use super::{Error, Installation, download};
use crate::environment::Environment;
use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Finds the server of this major version in the cache, or fetches it into the cache.
pub(super) fn find_or_fetch(
    environment: &Environment,
    account: Account,
    major: u32,
    progress: &mut dyn FnMut(&str),
) -> Result<Installation, Error> {
    let cache = directory(environment, account);
    let home = cache.join(format!("postgresql-{major}"));
    let cached = || Installation::probe(&home.join("bin"), account).ok();
    if let Some(found) = cached() {
        return Ok(found);
    }
    create_open_directory(&cache)?;
    let lock_path = cache.join("lock");
    let lock = File::create(&lock_path).map_err(Error::file("create", &lock_path))?;
    lock.lock().map_err(Error::file("lock", &lock_path))?;
    // Whoever held the lock may have fetched it meanwhile.
    if let Some(found) = cached() {
        return Ok(found);
    }
    // A half-written or outdated one that no longer runs.
    remove(&home)?;
    let workshop = cache.join("unfinished");
    let result = download::fetch(&workshop, account, major, progress).and_then(|tree| {
        fs::rename(&tree, &home).map_err(Error::file("put into the cache", &home))
    });
    remove(&workshop)?;
    result?;
    Installation::probe(&home.join("bin"), account).map_err(|problem| Error::NotFound {
        wanted: major.to_string(),
        attempts: format!("the one in {} does not run: {problem}", home.display()),
        command: download::install_command(major),
    })
}

/// The cache's place: the user's own, or for root one that the server's account may enter.
fn directory(environment: &Environment, account: Account) -> PathBuf {
    match (account, environment.cache_dir()) {
        (Account::Ourselves, Some(cache)) => cache.join("rollcall"),
        (Account::Ourselves, None) => PathBuf::from("/tmp/rollcall-cache"),
        (Account::Other { .. }, _) => PathBuf::from("/var/cache/rollcall"),
    }
}

fn create_open_directory(path: &Path) -> Result<(), Error> {
    fs::create_dir_all(path).map_err(Error::file("create", path))?;
    fs::set_permissions(path, Permissions::from_mode(0o755))
        .map_err(Error::file("open for the server's account", path))
}

fn remove(path: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::file("remove", path)(error))
        }
        _ => Ok(()),
    }
}
