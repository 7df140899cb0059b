//! What the tests stand on: a real PostgreSQL in Supabase's shape, a database for each test, and
//! Rollcall installed into it from a `rollcall.toml`.

mod functions;
mod world;

pub use functions::{Deployed, SECRET, TOKEN, sign};
pub use world::{World, server};

/// The shapes of profile table that the runbooks describe, with a configuration for each.
pub mod shapes;
