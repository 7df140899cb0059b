//! What every Lambda function of Rollcall needs, and nothing that only one of them needs.
//!
//! A function's `main` calls [`serve`] with two things: how its settings are read, and what it
//! does with an event. Logging, the init error that names a bad variable, panics, and errors
//! with the short `errorType` that alarms and callers rely on are the same for all of them.

pub mod aws;
mod batch_clock;
pub mod channels;
pub mod deadline;
pub mod export;
pub mod failure;
mod https;
mod json;
pub mod logging;
pub mod metrics;
pub mod payload;
mod runtime;
pub mod scheduled;
pub mod secrets;
pub mod settings;

pub use batch_clock::BatchClock;
pub use channels::Channels;
pub use deadline::Deadline;
pub use failure::{Failure, Kind};
pub use metrics::Metrics;
pub use runtime::{Invocation, serve};
pub use settings::{Environment, Secret, SettingsError};
