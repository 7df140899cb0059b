//! Secrets that are named by their ARN: read when the function starts, and again when they fail.
//!
//! All of a function's secrets are read at the same time, each once. Afterwards one is read again
//! when what it said is refused or, where nobody would ever refuse it, when that is old; at most
//! once a minute, so that a secret that is simply wrong costs next to nothing. What cannot be read
//! again leaves what was read before (docs/decisions/0028).

mod fault;
mod name;
mod read;
mod rotating;

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;

use crate::{
    Environment, Failure, Secret, SettingsError,
    aws::{Client, SECRETS_MANAGER},
};
use fault::Fault;
pub(crate) use name::Name;
pub use rotating::Rotating;

/// How often a secret is read again at most.
const BETWEEN: TimeDelta = TimeDelta::minutes(1);

/// For how long what a secret says is believed where nobody would refuse it.
const BELIEVED: TimeDelta = TimeDelta::minutes(5);

/// How long reading again may take: somebody may be waiting for the answer.
const AGAIN: Duration = Duration::from_secs(1);

/// Tells the time.
pub type Clock = fn() -> DateTime<Utc>;

/// The secrets that a function has read.
#[derive(Default)]
pub struct Secrets {
    names: BTreeMap<&'static str, Name>,
    /// By ARN: two variables may name the same.
    held: BTreeMap<String, Held>,
}

struct Held {
    client: Client,
    clock: Clock,
    state: Mutex<State>,
}

struct State {
    value: Secret,
    read_at: DateTime<Utc>,
    /// When it was last asked for again, whatever came of it.
    asked_again: Option<DateTime<Utc>>,
}

/// What a secret says now, as far as it may be asked.
struct Newest {
    value: Secret,
    /// How long ago it was read again, if that was too short a time ago to do it now.
    too_soon: Option<TimeDelta>,
}

impl Secrets {
    /// Reads every secret that one of these variables names by its ARN.
    pub(crate) async fn read(
        environment: &Environment,
        variables: &[&'static str],
        clock: Clock,
    ) -> Result<Self, Failure> {
        let mut names = BTreeMap::new();
        let mut clients = BTreeMap::new();
        for &variable in variables {
            let Some(value) = environment.optional(variable)? else {
                continue;
            };
            if let Some(name) = Name::parse(variable, &value)? {
                let region = Some(name.region());
                let client =
                    Client::from_environment(environment, SECRETS_MANAGER, region, read::LIMIT)?;
                clients.insert(name.arn().to_owned(), (client, variable));
                names.insert(variable, name);
            }
        }
        let reading = clients.into_iter().map(async |(arn, (client, variable))| {
            let value = read::patiently(&client, &arn, clock).await;
            (arn, variable, client, value)
        });
        let mut held = BTreeMap::new();
        for (arn, variable, client, value) in join_all(reading).await {
            let value = value.map_err(|fault| fault.failure(variable, &names[variable]))?;
            let state = Mutex::new(State {
                value,
                read_at: clock(),
                asked_again: None,
            });
            held.insert(
                arn,
                Held {
                    client,
                    clock,
                    state,
                },
            );
        }
        Ok(Self { names, held })
    }

    /// Which secret a variable names, if it was read.
    pub(crate) fn name(&self, variable: &str) -> Option<&Name> {
        self.names.get(variable)
    }

    /// What was read last.
    pub(crate) fn value(&self, name: &Name) -> Option<Secret> {
        let held = self.held.get(name.arn())?;
        Some(held.state().value.clone())
    }

    /// Says in the error which secret the variable's value came from.
    pub(crate) fn explain(&self, error: SettingsError) -> SettingsError {
        match self.names.get(error.variable()) {
            Some(name) => error.of_secret(name.to_string()),
            None => error,
        }
    }

    /// Whether what was read last is too old to be believed unasked.
    fn is_old(&self, name: &Name) -> bool {
        self.held.get(name.arn()).is_some_and(|held| {
            let age = (held.clock)() - held.state().read_at;
            age.abs() > BELIEVED
        })
    }

    /// Reads a secret again, unless that was done in the last minute.
    async fn newest(&self, name: &Name) -> Result<Newest, Fault> {
        let held = self.held.get(name.arn()).ok_or(Fault::NotThere)?;
        let now = (held.clock)();
        {
            let mut state = held.state();
            let since = state.asked_again.map(|then| (now - then).abs());
            if let Some(since) = since.filter(|since| *since < BETWEEN) {
                let value = state.value.clone();
                let too_soon = Some(since);
                return Ok(Newest { value, too_soon });
            }
            state.asked_again = Some(now);
        }
        let value = read::once(&held.client, name.arn(), now, AGAIN).await?;
        {
            let mut state = held.state();
            state.value = value.clone();
            state.read_at = now;
        }
        Ok(Newest {
            value,
            too_soon: None,
        })
    }
}

impl Held {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Secrets").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
