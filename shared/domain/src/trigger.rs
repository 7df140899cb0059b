//! The triggers that keep the profiles: what the catalog says, and what that means.

mod install;
mod status;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use sqlx::PgConnection;

use crate::{error::Error, unnamed::Unnamed};
pub use install::{Installed, Made, install, obstacle};
pub use status::{Flown, Standing, Status, fly_canary, status};

/// The state of a trigger, or of the worst of several; worse is greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is what was installed, and fires.
    Active,
    /// It fires, but it or its function is not as it was installed.
    Altered,
    /// Another trigger has its name.
    Foreign,
    /// It fires only under the replica role: at restores, never at a signup.
    ReplicaOnly,
    /// It is disabled.
    Disabled,
    /// It is not there.
    Missing,
}

impl State {
    /// The contract's word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Altered => "altered",
            Self::Foreign => "foreign",
            Self::ReplicaOnly => "replica_only",
            Self::Disabled => "disabled",
            Self::Missing => "missing",
        }
    }
}

/// What the catalog says of one trigger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Its name on `auth.users`.
    pub name: String,
    /// `tgenabled`: O, A, R or D; nothing if there is no such trigger.
    pub enabled: Option<String>,
    /// Whether it calls the function that the configuration names.
    pub is_ours: bool,
    /// Whether it and its function are as they were installed.
    pub is_as_installed: bool,
    /// What else keeps it from its work: what it relies on and is not as it was installed, and
    /// rights that its function's owner lost; each in words.
    pub faults: Vec<String>,
}

impl Facts {
    /// What the facts come to.
    #[must_use]
    pub fn state(&self) -> State {
        match self.enabled.as_deref() {
            None => State::Missing,
            Some("D") => State::Disabled,
            Some("R") => State::ReplicaOnly,
            Some(_) if !self.is_ours => State::Foreign,
            Some(_) if !self.is_as_installed || !self.faults.is_empty() => State::Altered,
            Some(_) => State::Active,
        }
    }

    /// Whether it is all right by itself, whatever it relies on.
    fn is_well(&self) -> bool {
        matches!(self.enabled.as_deref(), Some("O" | "A")) && self.is_ours && self.is_as_installed
    }

    /// All that is to be said of this one.
    fn told(&self) -> String {
        let faults = (self.state() == State::Altered).then_some(&self.faults);
        let own = (!self.is_well() || self.faults.is_empty()).then(|| self.sentence());
        let all = own.into_iter().chain(faults.into_iter().flatten().cloned());
        all.collect::<Vec<_>>().join("; ")
    }

    fn sentence(&self) -> String {
        let name = &self.name;
        match self.state() {
            State::Active => format!("{name} is active"),
            State::Altered => format!("{name} or its function is not as Rollcall installed it"),
            State::Foreign => format!("{name} calls another function than the configured one"),
            State::ReplicaOnly => format!("{name} fires only for replicas, not for signups"),
            State::Disabled => format!("{name} is disabled"),
            State::Missing => format!("{name} does not exist on auth.users"),
        }
    }
}

/// The state of all of Rollcall's triggers together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Triggers {
    /// The worst state of them.
    pub state: State,
    /// One sentence that names each trigger that is not active.
    pub detail: String,
    /// How many were looked at.
    #[serde(skip)]
    pub examined: i64,
    /// The names of triggers on `auth.users` that are neither Rollcall's nor the configured one.
    #[serde(skip)]
    pub beside: Vec<String>,
}

impl Triggers {
    /// Sums up what the catalog says of each trigger.
    #[must_use]
    pub fn of(facts: &[Facts], beside: Vec<String>) -> Self {
        let state = facts
            .iter()
            .map(Facts::state)
            .max()
            .unwrap_or(State::Missing);
        let detail = if state == State::Active {
            "User sync trigger is active".to_owned()
        } else {
            let own = facts.iter().filter(|facts| !facts.is_well());
            let mut sentences = own.map(Facts::sentence).collect::<Vec<_>>();
            // They rely on the same things, so each fault is told once.
            let faults = facts.iter().flat_map(|facts| facts.faults.iter().cloned());
            sentences.extend(faults.collect::<BTreeSet<_>>());
            sentences.join("; ")
        };
        Self {
            state,
            detail,
            examined: i64::try_from(facts.len()).unwrap_or(i64::MAX),
            beside,
        }
    }
}

/// Asks the catalog about every trigger that the configuration expects.
pub async fn look(connection: &mut PgConnection) -> Result<Triggers, Error> {
    let facts = read(&mut *connection).await?;
    let beside =
        sqlx::query_scalar!(r#"select name as "name!" from rollcall.foreign_triggers() name"#)
            .fetch_all(Unnamed(connection))
            .await
            .map_err(|error| Error::new("looking for other triggers", error))?;
    Ok(Triggers::of(&facts, beside))
}

async fn read(connection: &mut PgConnection) -> Result<Vec<Facts>, Error> {
    sqlx::query_as!(
        Facts,
        r#"
        select
            name as "name!", enabled, is_ours as "is_ours!",
            is_as_installed as "is_as_installed!", faults as "faults!"
        from rollcall.trigger_facts()
        "#
    )
    .fetch_all(Unnamed(&mut *connection))
    .await
    .map_err(|error| Error::new("looking at the triggers", error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(enabled: Option<&str>, is_ours: bool, is_as_installed: bool) -> Facts {
        Facts {
            name: "on_auth_user_created".to_owned(),
            enabled: enabled.map(str::to_owned),
            is_ours,
            is_as_installed,
            faults: vec![],
        }
    }

    #[test]
    fn a_trigger_that_always_fires_is_active_too() {
        assert_eq!(facts(Some("O"), true, true).state(), State::Active);
        assert_eq!(facts(Some("A"), true, true).state(), State::Active);
    }

    #[test]
    fn a_trigger_that_does_not_fire_is_never_active() {
        assert_eq!(facts(None, false, false).state(), State::Missing);
        assert_eq!(facts(Some("D"), true, true).state(), State::Disabled);
        assert_eq!(facts(Some("R"), true, true).state(), State::ReplicaOnly);
        assert_eq!(facts(Some("O"), false, true).state(), State::Foreign);
        assert_eq!(facts(Some("O"), true, false).state(), State::Altered);
    }

    #[test]
    fn the_worst_of_several_is_told_by_name() {
        let triggers = Triggers::of(
            &[facts(Some("O"), true, true), facts(Some("D"), true, true)],
            vec![],
        );
        assert_eq!(triggers.state, State::Disabled);
        assert_eq!(triggers.detail, "on_auth_user_created is disabled");
        assert_eq!(Triggers::of(&[], vec![]).state, State::Missing);
    }
}
