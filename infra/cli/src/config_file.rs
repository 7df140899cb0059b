//! The file `rollcall.toml`.

use std::{fs, io::ErrorKind, path::PathBuf};

use clap::Args;
use rollcall_install::config::Config;

use crate::failure::Failure;

/// The setting that says which file.
#[derive(Debug, Clone, Args)]
pub(crate) struct ConfigFile {
    /// The configuration
    #[arg(
        long = "config",
        short = 'c',
        value_name = "FILE",
        default_value = "rollcall.toml"
    )]
    path: PathBuf,
}

impl ConfigFile {
    /// What to call the file.
    pub(crate) fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// The file's path.
    pub(crate) fn path(&self) -> &PathBuf {
        &self.path
    }

    /// Reads the configuration; it must be there.
    pub(crate) fn read(&self) -> Result<Config, Failure> {
        self.read_if_present()?.ok_or_else(|| {
            Failure::Usage(format!(
                "there is no {}; let `rollcall init` write it, or name another with --config",
                self.name()
            ))
        })
    }

    /// Reads the configuration, if there is one.
    pub(crate) fn read_if_present(&self) -> Result<Option<Config>, Failure> {
        let bytes = match fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                let name = self.name();
                return Err(Failure::Usage(format!(
                    "cannot read {name}: {error}; mend that first"
                )));
            }
        };
        let Ok(text) = String::from_utf8(bytes) else {
            let name = self.name();
            return Err(Failure::Usage(format!(
                "{name} is not UTF-8; save it as UTF-8"
            )));
        };
        Config::parse(&self.name(), &text)
            .map(Some)
            .map_err(Failure::Refused)
    }
}
