//! Names and literals with everything in them, from a `rollcall.toml` to an uninstalled database.
