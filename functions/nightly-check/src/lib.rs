//! The nightly check: looks at every user and every trigger, heals what is little, and tells people
//! of what is not.

use rollcall_lambda::{
    Environment, SettingsError,
    scheduled::{App, Kind},
};

/// Reads the settings; connects to nothing yet.
pub fn app(environment: &Environment) -> Result<App, SettingsError> {
    App::new(Kind::Full, env!("CARGO_PKG_NAME"), environment)
}
