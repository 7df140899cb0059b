//! What happened to whom, taken from the body of a database webhook or an Auth Hook.

use std::time::Duration;

use uuid::Uuid;

use crate::{
    answer::Refusal,
    pick::{pick, string},
};

/// What the sender says has happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Insert,
    Update,
    Delete,
    AfterUserCreated,
    BeforeUserCreated,
}

impl Kind {
    /// The sender's own word for it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Insert => "INSERT",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
            Self::AfterUserCreated => "after-user-created",
            Self::BeforeUserCreated => "before-user-created",
        }
    }

    /// How long everything may take, secrets that are read again included: a little less than the
    /// 3 s of a hook, whose sender gives up after 5, and the 4 s of a database webhook.
    pub(crate) const fn patience(self) -> Duration {
        Duration::from_millis(if self.is_auth_hook() { 2700 } else { 3700 })
    }

    /// Whether somebody's signup waits for the answer, and fails if it is no success.
    pub(crate) const fn is_auth_hook(self) -> bool {
        matches!(self, Self::AfterUserCreated | Self::BeforeUserCreated)
    }
}

/// One event about one user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) kind: Kind,
    pub(crate) user_id: Uuid,
}

impl Event {
    /// Reads an authentic body. Whatever else is in it is neither read nor judged.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Refusal> {
        let text =
            std::str::from_utf8(body).map_err(|_| Refusal::Malformed("the body is not UTF-8"))?;
        let keys = ["type", "metadata", "user", "user_id"];
        let [kind, metadata, user, user_id] =
            pick(text, keys).ok_or(Refusal::Malformed("the body is not a JSON object"))?;
        if kind.is_some() {
            return database_webhook(text);
        }
        let name = metadata.and_then(|metadata| {
            let [name] = pick(metadata.get(), ["name"])?;
            string(name)
        });
        let kind = match name.as_deref() {
            Some("after-user-created") => Kind::AfterUserCreated,
            Some("before-user-created") => Kind::BeforeUserCreated,
            // Older hooks do not name themselves, but all of them are about a user.
            None if user.is_none() && user_id.is_none() => {
                return Err(Refusal::Malformed(
                    "the body is neither a database webhook (type, schema, table, record) nor an \
                     Auth Hook (metadata.name, user)",
                ));
            }
            _ => {
                return Err(Refusal::NotOurs(
                    "this Auth Hook is not taken: point only the hook after-user-created here",
                ));
            }
        };
        let id = user.and_then(|user| {
            let [id] = pick(user.get(), ["id"])?;
            string(id)
        });
        Self::about(kind, id)
    }

    fn about(kind: Kind, id: Option<String>) -> Result<Self, Refusal> {
        let id = id.ok_or(Refusal::Malformed("the body names no user id"))?;
        // The length leaves only the hyphenated form, which is the only one that is sent.
        let user_id = Some(id)
            .filter(|id| id.len() == 36)
            .and_then(|id| Uuid::try_parse(&id).ok())
            .ok_or(Refusal::Malformed("the user id is not a UUID"))?;
        Ok(Self { kind, user_id })
    }
}

fn database_webhook(text: &str) -> Result<Event, Refusal> {
    let keys = ["type", "schema", "table", "id", "record", "old_record"];
    let [kind, schema, table, id, record, old_record] =
        pick(text, keys).ok_or(Refusal::Malformed("the body is not a JSON object"))?;
    let (kind, row) = match string(kind).as_deref() {
        Some("INSERT") => (Kind::Insert, record),
        Some("UPDATE") => (Kind::Update, record),
        Some("DELETE") => (Kind::Delete, old_record),
        _ => {
            return Err(Refusal::Malformed(
                "the type of the database webhook is not INSERT, UPDATE or DELETE",
            ));
        }
    };
    let (Some(schema), Some(table)) = (string(schema), string(table)) else {
        return Err(Refusal::Malformed(
            "the database webhook does not name its schema and table",
        ));
    };
    if (schema.as_str(), table.as_str()) != ("auth", "users") {
        return Err(Refusal::NotOurs(
            "this table is not taken: point only webhooks on auth.users here",
        ));
    }
    let id_of_row = row.and_then(|row| {
        let [id] = pick(row.get(), ["id"])?;
        id
    });
    let id = id_of_row.or(id);
    if id.is_some() && string(id).is_none() {
        return Err(Refusal::Malformed("the user id is not a UUID"));
    }
    Event::about(kind, string(id))
}

#[cfg(test)]
mod tests;
