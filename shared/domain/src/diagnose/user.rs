//! How a user stands, and what follows from it.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{look::Standing, mend::Mend};
use crate::{
    backfill,
    cause::{Cause, in_words},
    trigger::{State, Triggers},
    words::moment,
};

/// The kinds of what nothing is wrong with.
pub(super) const FINE: [&str; 3] = ["mended", "removed", "well"];

/// What was found, before it is put into an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) cause: Cause,
    pub(super) since: Option<DateTime<Utc>>,
    pub(super) mend: Option<Mend>,
    pub(super) unknown: Vec<String>,
}

impl Finding {
    pub(super) fn new(kind: impl Into<String>, sentence: impl Into<String>) -> Self {
        Self {
            cause: Cause::new(kind, sentence),
            since: None,
            mend: None,
            unknown: vec![],
        }
    }

    pub(super) fn since(mut self, since: Option<DateTime<Utc>>) -> Self {
        self.since = since;
        self
    }

    pub(super) fn mended_by(mut self, mend: impl Into<Option<Mend>>) -> Self {
        self.mend = mend.into();
        self
    }

    pub(super) fn not_knowing(mut self, what: impl Into<String>) -> Self {
        self.unknown.push(what.into());
        self
    }
}

/// Why somebody has no profile row.
pub(super) fn without_profile(
    user_id: Uuid,
    user: &Standing,
    triggers: &Triggers,
    mode: &str,
) -> Finding {
    if !user.in_auth {
        return gone();
    }
    if user.deleted_at.is_some() {
        return Finding::new(
            "deleted",
            "the user is soft-deleted in auth.users, and whoever is deleted gets no profile; \
             what is left of them elsewhere can be planned for",
        )
        .since(user.deleted_at)
        .mended_by(Mend::references());
    }
    if user.excluded_at.is_some() {
        return Finding::new(
            "excluded",
            "an operator has excluded the user, so nothing makes their profile",
        )
        .since(user.excluded_at)
        .mended_by(Mend::include(user_id));
    }
    if !user.is_eligible {
        return Finding::new(
            "anonymous",
            "the user is anonymous, and the configuration leaves anonymous users out: their profile \
             comes when they sign up for good; if they are to have one before, set anonymous = true \
             under [eligible] in rollcall.toml, and apply the output of `rollcall sql`",
        )
        .since(user.created_at);
    }
    ghost(user, triggers, mode).mended_by(Mend::backfill(user_id))
}

/// Nobody knows whether there ever was such a user.
pub(super) fn gone() -> Finding {
    Finding::new(
        "no_such_user",
        "auth.users has no such user: deleted, or never there, as with an id of another project. An \
         application that still acts for them holds a session that has outlived its user: have it \
         sign in again; what is left of them elsewhere can be planned for",
    )
    .mended_by(Mend::references())
    .not_knowing("since when the user is gone, and whether there was one: auth.users keeps no trace")
}

/// Somebody who ought to have a profile.
fn ghost(user: &Standing, triggers: &Triggers, mode: &str) -> Finding {
    let is_active = triggers.state == State::Active;
    if let Some(reason) = &user.reason {
        let code = user
            .sqlstate
            .as_ref()
            .map_or_else(String::new, |code| format!(", SQLSTATE {code}"));
        let sentence = format!(
            "the database does not accept the profile ({}{code}): {}",
            in_words(reason),
            backfill::mend(reason)
        );
        return Finding::new(format!("refused_{reason}"), sentence).since(user.first_failed_at);
    }
    if is_active {
        return without_record(user);
    }
    let back = if mode == "watch" {
        "bring it back by the application's migration"
    } else {
        "bring it back: rollcall repair trigger install"
    };
    let finding = Finding::new(
        format!("trigger_{}", triggers.state.name()),
        format!("{}; {back}", triggers.detail),
    );
    since_it_was_made(finding, user)
}

/// Somebody of whom neither the triggers nor the ledger say anything: what the checks have seen, and
/// what may be, told as such.
fn without_record(user: &Standing) -> Finding {
    if let Some(clean_at) = user.clean_at {
        let sentence = format!(
            "the check of {} found nobody missing, so the profile was there and has been removed since, \
             unless the account came later, by a restore or an import, or was left out then",
            moment(clean_at)
        );
        return Finding::new("profile_removed", sentence)
            .since(Some(clean_at))
            .not_knowing(
                "since when exactly: it was after the last check that found nobody missing",
            );
    }
    let finding = if user.is_older_than_rollcall {
        Finding::new(
            "older_than_rollcall",
            "the account was made before Rollcall was installed, and no check has found everybody's \
             profile there since: most likely it never had one",
        )
    } else if let Some(inactive_at) = user.inactive_at {
        let sentence = format!(
            "the check of {}, about when the account was made, found the triggers not active: most \
             likely they made no profile then, and nothing has made it since",
            moment(inactive_at)
        );
        Finding::new("trigger_inactive_then", sentence)
    } else {
        Finding::new(
            "unknown",
            "the triggers are active now and the ledger knows nothing of the user; it may be that the \
             profile was removed, that the account came by a restore or an import that fires no \
             trigger, or that the trigger was not active then; `rollcall check` finds the cause if \
             others are missing, too",
        )
    };
    since_it_was_made(finding, user)
}

fn since_it_was_made(finding: Finding, user: &Standing) -> Finding {
    let finding = finding.since(user.created_at);
    if user.created_at.is_none() {
        return finding.not_knowing("since when: the account has no date");
    }
    finding.not_knowing(
        "since when exactly: the ledger does not know the user, so it is given when the account was \
         made",
    )
}

/// How somebody stands of whom nothing more is asked.
pub(super) fn alone(user_id: Uuid, user: &Standing, triggers: &Triggers, mode: &str) -> Finding {
    if !user.has_profile {
        return without_profile(user_id, user, triggers, mode);
    }
    let is_dead = user.deleted_at.is_some();
    if !user.is_live {
        return if user.is_eligible {
            Finding::new(
                "retired",
                "the user is there and the profile is soft-deleted: the application may have meant \
                 it; if not, unstamp the profile (docs/checks/retired_profiles_check.md)",
            )
        } else {
            Finding::new(
                "removed",
                "the profile is soft-deleted, as it ought to be for a user who is gone",
            )
            .since(user.deleted_at)
        };
    }
    if !user.in_auth {
        return Finding::new(
            "orphaned_profile",
            "the profile is there and auth.users has no such user: deleted, or never there",
        )
        .mended_by(Mend::profiles())
        .not_knowing("since when: auth.users keeps no trace of who is gone");
    }
    if !user.is_eligible {
        let (kind, why) = if is_dead {
            ("deleted", "is soft-deleted in auth.users")
        } else if user.excluded_at.is_some() {
            ("excluded", "is excluded by an operator")
        } else {
            (
                "anonymous",
                "is anonymous, which the configuration leaves out",
            )
        };
        return Finding::new(
            kind,
            format!("the user {why}, and the profile is there all the same"),
        )
        .since(user.deleted_at.or(user.excluded_at))
        .mended_by(Mend::profiles());
    }
    Finding::new("well", "nothing is wrong")
}

/// The user in a clause, for the sentence.
pub(super) fn words(user_id: Uuid, user: &Standing, table: &str) -> String {
    let auth = match (user.in_auth, user.deleted_at) {
        (true, Some(at)) => format!("is soft-deleted in auth.users since {}", moment(at)),
        (true, None) => "is in auth.users".to_owned(),
        (false, _) => "is not in auth.users".to_owned(),
    };
    let profile = match (user.has_profile, user.is_live) {
        (true, true) => format!("has a row in {table}"),
        (true, false) => format!("has a soft-deleted row in {table}"),
        (false, _) => format!("has no row in {table}"),
    };
    format!("user {user_id} {auth} and {profile}")
}
