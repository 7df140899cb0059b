//! A setting whose value may change while the function runs.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{BETWEEN, Name, Secrets};
use crate::{Environment, Secret, SettingsError};

/// What a secret setting means, now and after its secret was rotated.
pub struct Rotating<T> {
    variable: &'static str,
    read: Box<Read<T>>,
    seen: Mutex<Seen<T>>,
    /// Where the value comes from, if it can change.
    source: Option<(Arc<Secrets>, Name)>,
}

type Read<T> = dyn Fn(&str) -> Result<T, SettingsError> + Send + Sync;

/// Nothing while nobody has put a value into the secret.
struct Seen<T> {
    text: Option<Secret>,
    meaning: Option<Arc<T>>,
}

impl<T> Rotating<T> {
    /// Reads a variable; nothing if it is not set. `read` says what its value, or its secret's,
    /// means.
    pub fn from_environment(
        environment: &Environment,
        variable: &'static str,
        read: impl Fn(&str) -> Result<T, SettingsError> + Send + Sync + 'static,
    ) -> Result<Option<Self>, SettingsError> {
        let text = environment.secret(variable)?;
        let secrets = environment.secrets();
        let name = secrets.name(variable).cloned();
        if text.is_none() && name.is_none() {
            return Ok(None);
        }
        let meaning = match &text {
            Some(text) => Some(Arc::new(read(text.expose())?)),
            None => None,
        };
        Ok(Some(Self {
            variable,
            read: Box::new(read),
            seen: Mutex::new(Seen { text, meaning }),
            source: name.map(|name| (Arc::clone(secrets), name)),
        }))
    }

    /// What it means, as far as is known; nothing while nobody has put a value into the secret.
    pub fn current(&self) -> Option<Arc<T>> {
        self.seen().meaning.clone()
    }

    /// Whether it may come to mean something else.
    pub(crate) fn can_change(&self) -> bool {
        self.source.is_some()
    }

    /// Looks whether it means something else by now, if what was read last is old: nobody refuses a
    /// secret that was taken back. If nobody can tell, it stays as it is.
    pub async fn keep_fresh(&self) {
        if let Some((secrets, name)) = &self.source
            && secrets.is_old(name)
        {
            // Whatever there is to say of it, the log has.
            let _ = self.renew().await;
        }
    }

    /// Looks whether it means something else by now, for whoever was refused with what it meant.
    /// If not, or if nobody can tell, it stays as it is, and the clause says why.
    pub async fn renew(&self) -> Result<Arc<T>, String> {
        let Some((secrets, name)) = &self.source else {
            return Err(format!("{} is set to this value itself", self.variable));
        };
        let stays = |why: &str| format!("{} names the secret {name}, {why}", self.variable);
        let newest = secrets.newest(name).await.map_err(|fault| {
            let why = stays(&fault.to_string());
            tracing::warn!("{why}; what it said before is kept");
            why
        })?;
        if !newest.value.is_set() {
            return Err(stays("which nobody has put a value into yet: put it there"));
        }
        if self.seen().text.as_ref() == Some(&newest.value) {
            return Err(match newest.too_soon {
                None => stays("which says the same as before: put the new value there"),
                Some(since) => stays(&format!(
                    "which was read again {} s ago, and is once a minute at most: try again in \
                     {} s",
                    since.num_seconds(),
                    (BETWEEN - since).num_seconds() + 1
                )),
            });
        }
        let meaning = (self.read)(newest.value.expose()).map_err(|error| {
            let why = secrets.explain(error).to_string();
            if newest.too_soon.is_none() {
                tracing::warn!("{why}; what it said before is kept");
            }
            why
        })?;
        let meaning = Arc::new(meaning);
        *self.seen() = Seen {
            text: Some(newest.value),
            meaning: Some(Arc::clone(&meaning)),
        };
        tracing::info!(variable = self.variable, secret = %name, "a rotated secret was read");
        Ok(meaning)
    }

    /// What to say when what it means by now is refused, too.
    pub(crate) fn refused_again(&self) -> String {
        let name = self.source.as_ref().map(|(_, name)| name.to_string());
        format!(
            "{} names the secret {}, and what that says by now is refused, too: put there what is \
             right",
            self.variable,
            name.unwrap_or_default()
        )
    }

    fn seen(&self) -> MutexGuard<'_, Seen<T>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> fmt::Debug for Rotating<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Rotating")
            .field("variable", &self.variable)
            .finish_non_exhaustive()
    }
}
