//! Numbers, and how they are told.

use std::{fs, path::Path};

use serde_json::{Value, json};

/// What was measured.
#[derive(Default)]
pub(crate) struct Results(Vec<Value>);

impl Results {
    /// Notes a number against its aim, and prints it.
    #[expect(clippy::print_stdout, reason = "a bench prints what it measured")]
    pub(crate) fn note(&mut self, what: &str, measured: f64, unit: &str, at_most: f64) {
        let verdict = if measured <= at_most {
            "within"
        } else {
            "OVER"
        };
        println!("{what}: {measured:.2} {unit} ({verdict} the aim of {at_most} {unit})");
        self.0.push(json!({
            "what": what, "measured": measured, "unit": unit, "aim_at_most": at_most,
        }));
    }

    /// The same for a number that ought to be large.
    #[expect(clippy::print_stdout, reason = "a bench prints what it measured")]
    pub(crate) fn at_least(&mut self, what: &str, measured: f64, unit: &str, at_least: f64) {
        let verdict = if measured >= at_least {
            "within"
        } else {
            "UNDER"
        };
        println!("{what}: {measured:.2} {unit} ({verdict} the aim of at least {at_least} {unit})");
        self.0.push(json!({
            "what": what, "measured": measured, "unit": unit, "aim_at_least": at_least,
        }));
    }

    /// Prints a number that helps to read the others.
    #[expect(clippy::print_stdout, reason = "a bench prints what it measured")]
    pub(crate) fn aside(&mut self, what: &str, measured: f64, unit: &str) {
        println!("    {what}: {measured:.2} {unit}");
        self.0
            .push(json!({ "what": what, "measured": measured, "unit": unit }));
    }

    /// Writes all of it into the target folder.
    pub(crate) fn write(&self) {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/rollcall-bench.json");
        let text = serde_json::to_string_pretty(&self.0).expect("JSON");
        fs::write(file, text).expect("the target folder can be written to");
    }
}

/// The value below which a share of the samples lies.
pub(crate) fn percentile(samples: &mut [f64], share: f64) -> f64 {
    samples.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index into a few thousand samples"
    )]
    let at = ((samples.len() as f64 - 1.0) * share).round() as usize;
    samples[at]
}

/// Milliseconds since `begun`.
pub(crate) fn ms_since(begun: std::time::Instant) -> f64 {
    begun.elapsed().as_secs_f64() * 1000.0
}
