//! What an operator is told of the triggers, one by one, and a synthetic signup for the asking.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{State, Triggers, look, read};
use crate::{
    check::{Canary, canary},
    configuration,
    database::{Database, Limit},
    error::Error,
    locked::or_holders,
    next_step::bring_back,
    run::Stop,
};

/// One of the triggers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Its name on `auth.users`.
    pub name: String,
    /// What the catalog says of it comes to.
    pub state: State,
    /// The same in a sentence.
    pub detail: String,
}

/// All of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Whether Rollcall's own triggers write the profiles (`create`), or the application's (`watch`).
    pub mode: String,
    /// The worst state of them, with one sentence, as a check tells it.
    #[serde(flatten)]
    pub triggers: Triggers,
    /// Each by itself.
    pub each: Vec<Standing>,
    /// The names of triggers on `auth.users` that fire and are neither Rollcall's nor the
    /// configured one.
    pub beside: Vec<String>,
    /// What to do about a state that is not `active`.
    pub next_step: Option<Cow<'static, str>>,
}

/// Looks at the triggers, and changes nothing.
pub async fn status(database: &Database) -> Result<Status, Error> {
    const DOING: &str = "looking at the triggers";
    let status = database
        .transaction(Limit::Batch, DOING, async |connection| {
            let mode = configuration::read(&mut *connection).await?.mode;
            let facts = read(&mut *connection).await?;
            let triggers = look(&mut *connection).await?;
            let each = facts.iter().map(|facts| Standing {
                name: facts.name.clone(),
                state: facts.state(),
                detail: facts.told(),
            });
            let is_active = triggers.state == State::Active;
            Ok(Status {
                next_step: (!is_active).then(|| bring_back(triggers.state, &mode).into()),
                each: each.collect(),
                beside: triggers.beside.clone(),
                triggers,
                mode,
            })
        })
        .await;
    or_holders(database, status).await
}

/// What came of a synthetic signup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flown {
    /// Whether it got its profile.
    pub passed: bool,
    /// The same in a sentence, with the reason if it did not.
    pub message: String,
}

/// Has a user of this id sign up, and takes it all back.
pub async fn fly_canary(database: &Database, id: Uuid) -> Result<Flown, Stop> {
    const DOING: &str = "flying the canary";
    let landed = database
        .transaction(Limit::Batch, DOING, async |connection| {
            canary::fly(connection, id).await
        })
        .await;
    let landed = or_holders(database, landed).await?;
    if landed == Canary::LeftOut {
        return Err(Stop::Rejected(
            "no canary flies here: the configuration says so, or a trigger of the application's \
             would fire with it; where that does no harm beyond this database, set canary = true \
             under [check] in rollcall.toml and apply the output of `rollcall sql`"
                .to_owned(),
        ));
    }
    Ok(Flown {
        passed: landed == Canary::Returned,
        message: landed.sentence(),
    })
}
