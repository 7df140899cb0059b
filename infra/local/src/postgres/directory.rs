//! Where a throwaway cluster lives: memory if there is plenty, else the disk.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The private directory of one cluster: its data, its socket, its log.
///
/// The supervisor makes it and removes it, so that it is never there without somebody to remove it.
#[derive(Debug)]
pub(super) struct RunDirectory {
    pub(super) path: PathBuf,
    /// Whether it is in memory, which also means that shared memory is not scarce.
    pub(super) in_memory: bool,
}

impl RunDirectory {
    /// Chooses a place, in memory unless the data must survive the power going out.
    pub(super) fn choose(durable: bool) -> Self {
        let in_memory = !durable && has_room(Path::new("/dev/shm"));
        // Not the system's temporary directory: macOS has a long one, and the path of a socket
        // must stay under 104 bytes.
        let parent = Path::new(if in_memory { "/dev/shm" } else { "/tmp" });
        let name = format!("rollcall-{}-{}", std::process::id(), short_id());
        Self {
            path: parent.join(name),
            in_memory,
        }
    }

    pub(super) fn data(&self) -> PathBuf {
        self.path.join("data")
    }

    pub(super) fn log(&self) -> PathBuf {
        self.path.join("log")
    }
}

fn short_id() -> String {
    let mut id = uuid::Uuid::new_v4().simple().to_string();
    id.truncate(8);
    id
}

/// Whether `path` is a file system with a gigabyte to spare; a container's is often 64 MB.
fn has_room(path: &Path) -> bool {
    const ENOUGH_KB: u64 = 1024 * 1024;
    let Ok(answer) = Command::new("df").arg("-Pk").arg(path).output() else {
        return false;
    };
    answer.status.success()
        && available_kb(&String::from_utf8_lossy(&answer.stdout))
            .is_some_and(|free| free >= ENOUGH_KB)
}

/// Reads the fourth column of the second line, as POSIX has it.
fn available_kb(df: &str) -> Option<u64> {
    df.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_free_space_is_the_fourth_column() {
        let df = "Filesystem 1024-blocks Used Available Capacity Mounted on\n\
                  tmpfs           65536   12     65524       1% /dev/shm\n";
        assert_eq!(available_kb(df), Some(65_524));
    }

    #[test]
    fn a_place_that_does_not_exist_has_no_room() {
        assert!(!has_room(Path::new("/no/such/place")));
    }
}
