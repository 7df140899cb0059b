//! A file that is written whole or not at all.

use std::{fs, path::Path};

use crate::failure::Failure;

/// Writes a text to a file. Until all of it is there, whatever the file held stays.
pub(crate) fn write(file: &Path, text: &str) -> Result<(), Failure> {
    let mut part = file.to_owned().into_os_string();
    part.push(".part");
    let written = fs::write(&part, text).and_then(|()| fs::rename(&part, file));
    written.map_err(|error| {
        let _ = fs::remove_file(&part);
        let file = file.display();
        Failure::Usage(format!("cannot write {file}: {error}; mend that first"))
    })
}
