//! From `rollcall.toml` to the SQL that is installed into the customer's database.
//!
//! The path is one way: [`config`] reads the file into [`config::Config`], which cannot hold a
//! word the contract does not know; [`catalog`] reads what the database has; [`mapping`] joins
//! the two into a [`mapping::Mapping`], which cannot be wrong, or into a list of refusals, each
//! with its key and its mend; [`render`] turns a mapping into SQL text. [`discover`] goes the
//! other way: from a database to a first `rollcall.toml`.
//!
//! Beside the path, [`constrain`] gives a child table a foreign key to the profile table.

pub mod catalog;
pub mod config;
pub mod constrain;
pub mod discover;
pub mod mapping;
pub mod names;
pub mod objects;
pub mod refusal;
pub mod render;
pub mod shell;
mod toml_text;
