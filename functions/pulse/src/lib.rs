//! The pulse: looks every minute at what can be seen at once (the ledger, the triggers, whose session
//! moved, the insert counters), and makes the full check when any of it looks wrong.

use rollcall_lambda::{
    Environment, SettingsError,
    scheduled::{App, Kind},
};

/// Reads the settings; connects to nothing yet.
pub fn app(environment: &Environment) -> Result<App, SettingsError> {
    App::new(Kind::Pulse, env!("CARGO_PKG_NAME"), environment)
}
