//! What Lambda would have to be told about a function.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// A function: its binary and its settings.
#[derive(Clone)]
pub struct FunctionSpec {
    /// The name of the function.
    pub name: String,
    /// The program that speaks the Runtime API.
    pub binary: PathBuf,
    /// Its own environment variables.
    pub environment: Vec<(String, String)>,
    /// How long one event may take.
    pub timeout: Duration,
    /// The memory it is told it has; nothing enforces it.
    pub memory_mb: u32,
    /// How many processes may run at once; further events wait.
    pub concurrency: usize,
}

impl FunctionSpec {
    /// A function with Lambda's defaults: three seconds, 128 MB; and one process.
    #[must_use]
    pub fn new(name: impl Into<String>, binary: impl Into<PathBuf>) -> Self {
        Self {
            name: name.into(),
            binary: binary.into(),
            environment: Vec::new(),
            timeout: Duration::from_secs(3),
            memory_mb: 128,
            concurrency: 1,
        }
    }
}

/// Names the environment variables without their values, for those hold secrets.
impl fmt::Debug for FunctionSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.environment.iter().map(|(name, _)| name).collect();
        f.debug_struct("FunctionSpec")
            .field("name", &self.name)
            .field("binary", &self.binary)
            .field("environment", &names)
            .field("timeout", &self.timeout)
            .field("memory_mb", &self.memory_mb)
            .field("concurrency", &self.concurrency)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_values_of_environment_variables_are_not_printed() {
        let mut spec = FunctionSpec::new("a", "b");
        spec.environment
            .push(("TOKEN".to_owned(), "canary".to_owned()));
        let printed = format!("{spec:?}");
        assert!(
            printed.contains("TOKEN") && !printed.contains("canary"),
            "{printed}"
        );
    }
}
