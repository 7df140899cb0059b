//! An emulator of Lambda that runs real function binaries through the real Runtime API.
//!
//! What it keeps of Lambda: a process handles one event at a time, its environment is empty but for
//! what Lambda sets, its deadline is a true one and it is killed there, a process that dies or
//! fails to start is replaced with the next event. What it does not know: permissions, versions,
//! extensions, streaming, and the freezing of a process between two events.

mod api;
mod error;
mod function;
mod logs;
mod memory;
mod sandbox;
mod spec;
mod watchdog;

pub use error::{InvokeError, StartError};
pub use function::Function;
pub use spec::FunctionSpec;

/// What Lambda takes in one synchronous event, and gives back in one answer.
pub const PAYLOAD_LIMIT: usize = 6 * 1024 * 1024;
