//! Log lines that Lambda understands and that hold nothing of anybody's data.
//!
//! The runtime's own subscriber writes JSON without a `timestamp`, and Lambda takes a line
//! without one for level INFO: with a log level of WARN it may drop real errors. So the
//! subscriber here has one.

use std::io;

use tracing::{Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{Layer, filter::Targets, fmt, fmt::MakeWriter, layer::SubscriberExt};

use crate::{Environment, SettingsError};

const LEVEL: &str = "AWS_LAMBDA_LOG_LEVEL";
const DIRECTIVES: &str = "RUST_LOG";
const FORMAT: &str = "AWS_LAMBDA_LOG_FORMAT";

/// The most that libraries may say. Below it hyper prints headers and the Lambda runtime prints
/// whole events, which hold password hashes.
const LIBRARIES: LevelFilter = LevelFilter::INFO;

/// Starts logging to standard output for the function of this crate name.
///
/// A level that cannot be understood is an error, and is logged at INFO like everything else.
pub fn install(environment: &Environment, function: &str) -> Result<(), SettingsError> {
    let function = function.replace('-', "_");
    let format = environment.optional(FORMAT);
    let json = matches!(&format, Ok(Some(format)) if format.eq_ignore_ascii_case("json"));
    let (targets, result) = match targets(environment, &function) {
        Ok(targets) => (targets, format.map(|_| ())),
        Err(error) => (levels(&function, LevelFilter::INFO), Err(error)),
    };
    // Fails only where a test of the same process came first, and then its subscriber is right.
    let _ = tracing::subscriber::set_global_default(subscriber(json, targets, io::stdout));
    result
}

fn subscriber<W>(json: bool, targets: Targets, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let lines = fmt::layer().with_ansi(false).with_writer(writer);
    let lines = if json {
        lines
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .boxed()
    } else {
        lines.boxed()
    };
    tracing_subscriber::registry().with(lines.with_filter(targets))
}

/// Which lines are written: Lambda's own level if there is one, else `RUST_LOG`, else INFO.
fn targets(environment: &Environment, function: &str) -> Result<Targets, SettingsError> {
    if let Some(word) = environment.optional(LEVEL)? {
        let level = if word.eq_ignore_ascii_case("fatal") {
            LevelFilter::ERROR
        } else {
            word.parse().map_err(|_| {
                let mend = "is not one of TRACE, DEBUG, INFO, WARN, ERROR, FATAL";
                SettingsError::new(LEVEL, mend)
            })?
        };
        return Ok(levels(function, level));
    }
    let Some(directives) = environment.optional(DIRECTIVES)? else {
        return Ok(levels(function, LevelFilter::INFO));
    };
    let asked: Targets = directives.parse().map_err(|_| {
        let mend = "is neither a level nor directives like info,rollcall=debug";
        SettingsError::new(DIRECTIVES, mend)
    })?;
    let level = asked.default_level().unwrap_or(LevelFilter::INFO);
    let mut targets = levels(function, level);
    for (target, level) in asked {
        if level > LIBRARIES && !(target.starts_with("rollcall") || target.starts_with(function)) {
            return Err(SettingsError::new(
                DIRECTIVES,
                format!(
                    "asks for {level} of `{target}`, but only Rollcall's own lines go below \
                     {LIBRARIES}: a library's would show whole requests"
                ),
            ));
        }
        targets = targets.with_target(target, level);
    }
    Ok(targets)
}

fn levels(function: &str, level: LevelFilter) -> Targets {
    Targets::new()
        .with_default(level.min(LIBRARIES))
        .with_target("rollcall", level)
        .with_target(function, level)
        // Only the span with the request id, which an error line needs at every level.
        .with_target("lambda_runtime::layers::trace", LevelFilter::INFO)
        // What triggers of the application's say in warnings, which may be anything.
        .with_target("sqlx::postgres::notice", LevelFilter::OFF)
        // It would log every failure a second time, and by Debug.
        .with_target("lambda_runtime::layers::panic", LevelFilter::OFF)
}

#[cfg(test)]
mod tests;
