//! What the tests stand on: a real PostgreSQL in Supabase's shape, a database for each test, and
//! Rollcall installed into it from a `rollcall.toml`.

#![expect(clippy::missing_panics_doc, reason = "a panic is how a test fails")]

mod cloud;
mod faults;
mod functions;
mod http;
mod line;
mod mailbox;
mod moto;
mod mute;
mod passwords;
mod pooler;
mod state_machine;
mod vault;
mod world;

pub use cloud::{Cloud, KEYS, Said};
pub use faults::{FAULTS, Fault};
pub use functions::{Deployed, NEXT_SECRET, SECRET, TOKEN, look, sign, sign_with, thrown};
pub use http::{Reply, post, send_raw};
pub use line::Line;
pub use mailbox::{Mailbox, Mood};
pub use moto::Moto;
pub use mute::{Mute, Until};
pub use pooler::Pooler;
pub use state_machine::{Chance, Execution, StateMachine, TaskError, task_result};
pub use vault::Vault;
pub use world::{World, server};

/// Everything that can keep the triggers from their work.
pub mod mutants;
/// People with a number each.
pub mod people;
/// What a Supabase project has of `pg_net` and Vault, stood in for.
pub mod project;
/// The shapes of profile table that the runbooks describe, with a configuration for each.
pub mod shapes;
