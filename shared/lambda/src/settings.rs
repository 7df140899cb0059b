//! The environment, read once, into values that can be used.
//!
//! A variable that is missing or malformed is an error that begins with the variable's name. No
//! error holds a value: most of them are secrets.

mod account;
mod database;

use std::{collections::BTreeMap, env, fmt, sync::Arc};

use crate::{
    Failure,
    secrets::{Clock, Name, Secrets},
};
pub use database::SECRETS as DATABASE_SECRETS;

/// Text that must not be seen.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text itself, for whoever has to use it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether somebody has put it there.
    pub(crate) fn is_set(&self) -> bool {
        self.0 != NOT_SET_YET
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

/// A variable that cannot be used, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{variable}{} {problem}", from(secret.as_deref()))]
pub struct SettingsError {
    variable: &'static str,
    /// The secret that the value came from.
    secret: Option<String>,
    problem: String,
}

fn from(secret: Option<&str>) -> String {
    secret.map_or_else(String::new, |secret| format!(" (the secret {secret})"))
}

impl SettingsError {
    /// `problem` goes on after the variable's name, as in "is not set: …", without the value.
    pub fn new(variable: &'static str, problem: impl Into<String>) -> Self {
        Self {
            variable,
            secret: None,
            problem: problem.into(),
        }
    }

    pub(crate) fn variable(&self) -> &'static str {
        self.variable
    }

    pub(crate) fn of_secret(self, secret: String) -> Self {
        Self {
            secret: Some(secret),
            ..self
        }
    }
}

/// What the stack's template writes into a secret that it makes: nobody has put the value there.
pub const NOT_SET_YET: &str = "not set yet";

/// Where settings come from: the variables of the process, or of a test, and the secrets that they
/// name.
pub struct Environment {
    variables: Source,
    secrets: Arc<Secrets>,
}

enum Source {
    Process,
    Fixed(BTreeMap<String, String>),
}

impl Environment {
    /// The environment of this process.
    #[must_use]
    pub fn of_process() -> Self {
        Self::with(Source::Process)
    }

    /// These variables and no others.
    pub fn of<N: Into<String>, V: Into<String>>(
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let variables = variables.into_iter();
        let variables = variables.map(|(name, value)| (name.into(), value.into()));
        Self::with(Source::Fixed(variables.collect()))
    }

    fn with(variables: Source) -> Self {
        Self {
            variables,
            secrets: Arc::default(),
        }
    }

    /// Reads the secrets that these variables name, all at the same time.
    pub async fn read_secrets(
        &mut self,
        variables: &[&'static str],
        clock: Clock,
    ) -> Result<(), Failure> {
        self.secrets = Arc::new(Secrets::read(self, variables, clock).await?);
        Ok(())
    }

    pub(crate) fn secrets(&self) -> &Arc<Secrets> {
        &self.secrets
    }

    /// The value, trimmed. A blank one counts as not set: that is how a template passes on a
    /// parameter that was left out.
    pub fn optional(&self, name: &'static str) -> Result<Option<String>, SettingsError> {
        let value = match &self.variables {
            Source::Process => of_process(name)?,
            Source::Fixed(variables) => variables.get(name).cloned(),
        };
        let value = value.map(|value| value.trim().to_owned());
        Ok(value.filter(|value| !value.is_empty()))
    }

    /// The secret that the variable holds, or that it names by the ARN; one that only has the
    /// template's words counts as not set.
    pub fn secret(&self, name: &'static str) -> Result<Option<Secret>, SettingsError> {
        let Some(value) = self.optional(name)? else {
            return Ok(None);
        };
        let Some(secret) = Name::parse(name, &value)? else {
            return Ok(Some(Secret(value)));
        };
        let value = self.secrets.value(&secret);
        let value = value.map(|value| Some(value).filter(Secret::is_set));
        value.ok_or_else(|| {
            SettingsError::new(
                name,
                "is the ARN of a secret, which this program does not read: set it to the value",
            )
        })
    }

    /// As [`secret`](Self::secret), but it has to be there; `mend` says what to set it to.
    pub fn required_secret(&self, name: &'static str, mend: &str) -> Result<Secret, SettingsError> {
        self.secret(name)?
            .ok_or_else(|| SettingsError::new(name, format!("is not set: {mend}")))
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Environment(…)")
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place where the environment is read"
)]
fn of_process(name: &'static str) -> Result<Option<String>, SettingsError> {
    match env::var(name) {
        Ok(value) => Ok(Some(value)),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => Err(SettingsError::new(name, "is not UTF-8")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_trimmed_and_a_blank_one_is_not_set() {
        let environment = Environment::of([("A", " a\n"), ("B", " \n")]);
        assert_eq!(environment.optional("A"), Ok(Some("a".to_owned())));
        assert_eq!(environment.optional("B"), Ok(None));
        assert_eq!(environment.optional("C"), Ok(None));
    }

    #[test]
    fn a_missing_secret_is_named_with_its_mend() {
        let error = Environment::of([("A", "")])
            .required_secret("A", "set it to something")
            .unwrap_err();
        assert_eq!(error.to_string(), "A is not set: set it to something");
    }

    #[test]
    fn the_arn_of_a_secret_that_nobody_read_is_no_value_and_other_arns_are() {
        let arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:rollcall-AbCdEf";
        let error = Environment::of([("A", arn)]).secret("A").unwrap_err();
        assert!(
            error.to_string().starts_with("A is the ARN of a secret"),
            "{error}"
        );
        let topic = "arn:aws:sns:eu-central-1:123456789012:secretsmanager";
        let secret = Environment::of([("A", topic)]).secret("A").unwrap();
        assert_eq!(secret.unwrap().expose(), topic);
    }

    #[test]
    fn debug_shows_neither_a_secret_nor_the_environment() {
        let environment = Environment::of([("A", "hunter2")]);
        let secret = environment.secret("A").unwrap().unwrap();
        assert_eq!(
            format!("{secret:?} {environment:?}"),
            "Secret(…) Environment(…)"
        );
    }
}
