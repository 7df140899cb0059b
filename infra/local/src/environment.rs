//! The environment variables that the local stack heeds, read in one place.

use std::path::{Path, PathBuf};

/// What the environment says about where things are.
#[derive(Debug, Clone, Default)]
pub(crate) struct Environment {
    /// `ROLLCALL_PG_BIN_DIR`: the directory with `initdb` and `postgres` to use, and no other.
    pub(crate) pg_bin_dir: Option<String>,
    /// `ROLLCALL_PG_MAJOR`: the major version of PostgreSQL to use.
    pub(crate) pg_major: Option<String>,
    /// `CARGO`: the cargo that runs us, if one does.
    pub(crate) cargo: Option<String>,
    pub(crate) path: Option<String>,
    pub(crate) home: Option<String>,
    pub(crate) cache_home: Option<String>,
}

impl Environment {
    /// Reads the environment of this process.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the settings module of the local stack, which no function depends on"
    )]
    pub(crate) fn read() -> Self {
        let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        Self {
            pg_bin_dir: set("ROLLCALL_PG_BIN_DIR"),
            pg_major: set("ROLLCALL_PG_MAJOR"),
            cargo: set("CARGO"),
            path: set("PATH"),
            home: set("HOME"),
            cache_home: set("XDG_CACHE_HOME"),
        }
    }

    /// The directories in which the shell looks for programs, in its order.
    pub(crate) fn search_path(&self) -> Vec<PathBuf> {
        self.path.iter().flat_map(std::env::split_paths).collect()
    }

    /// Where this user's programs keep what they can fetch again.
    pub(crate) fn cache_dir(&self) -> Option<PathBuf> {
        let home = || self.home.as_deref().map(Path::new);
        match &self.cache_home {
            Some(cache) => Some(PathBuf::from(cache)),
            None if cfg!(target_os = "macos") => home().map(|home| home.join("Library/Caches")),
            None => home().map(|home| home.join(".cache")),
        }
    }
}
