//! A real PostgreSQL server of our own, for as long as this process lives.
//!
//! [`Installation`] finds the programs or fetches them; [`Server`] runs a cluster of its own from
//! them, reachable through a socket in a private directory and gone, files and all, when it is
//! dropped or this process dies in whatever way.

mod account;
mod cache;
mod directory;
mod download;
mod error;
mod installation;
mod pins;
mod places;
mod server;

pub use error::Error;
pub use installation::Installation;
pub use server::{Options, Server};

/// The oldest major version that Rollcall's SQL is written for.
const OLDEST_MAJOR: u32 = 15;

/// The major version that is fetched when none is installed: the one Supabase runs today.
const PREFERRED_MAJOR: u32 = 17;
