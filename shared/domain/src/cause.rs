//! Why people are without a profile: rules over evidence, each of which has to explain nearly all
//! of what was found. Where none does, the answer is that the evidence does not say.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    evidence::{Evidence, Moved, Reason},
    trigger::State,
    words::{counted, grouped, moment},
};

/// Why it came to this, as far as the evidence goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// A short stable word; incidents are told apart by it.
    pub kind: String,
    /// The sentence to read, with its evidence.
    pub sentence: String,
}

impl Cause {
    /// A cause with its sentence.
    pub fn new(kind: impl Into<String>, sentence: impl Into<String>) -> Self {
        Self {
            kind: kind.into(),
            sentence: sentence.into(),
        }
    }

    /// Whether the evidence did not say why.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        self.kind == UNKNOWN
    }
}

/// The kind of a cause that was not found.
pub const UNKNOWN: &str = "unknown";

/// The kinds that the counters tell.
const TRUNCATED: &str = "profiles_truncated";
const DELETED: &str = "profiles_deleted";
const BYPASSED: &str = "trigger_bypassed";

/// The cause of ghosts, or of triggers that do not do their work; nothing if there are neither.
#[must_use]
pub fn find(evidence: &Evidence) -> Option<Cause> {
    let ghosts = evidence.ghosts.ghosts;
    if evidence.triggers.state != State::Active {
        return Some(trigger(evidence));
    }
    if ghosts == 0 {
        return None;
    }
    Some(
        refused(evidence)
            .or_else(|| lost(evidence))
            .or_else(|| bypassed(evidence))
            .or_else(|| told_before(evidence))
            .or_else(|| older_than_rollcall(evidence))
            .unwrap_or_else(|| unknown(evidence)),
    )
}

/// Whether a part explains the whole, as far as counting goes: nine tenths of it.
fn explains(part: i64, whole: i64) -> bool {
    part > 0 && part.saturating_mul(10) >= whole.saturating_mul(9)
}

fn trigger(evidence: &Evidence) -> Cause {
    let kind = match evidence.triggers.state {
        State::Missing => "trigger_missing",
        State::Disabled => "trigger_disabled",
        State::ReplicaOnly => "trigger_replica_only",
        State::Foreign => "trigger_foreign",
        State::Altered | State::Active => "trigger_altered",
    };
    let detail = &evidence.triggers.detail;
    let last_seen = evidence
        .triggers_active_at
        .map_or_else(String::new, |seen| {
            format!("; last seen active {}", moment(seen))
        });
    let neighbours = neighbours(&evidence.migrations);
    Cause::new(kind, format!("{detail}{last_seen}{neighbours}"))
}

fn refused(evidence: &Evidence) -> Option<Cause> {
    if !explains(evidence.ghosts.in_ledger, evidence.ghosts.ghosts) {
        return None;
    }
    let Reason {
        reason,
        sqlstate,
        users,
        first_failed_at,
    } = evidence.reasons.first()?;
    // Two reasons of equal weight are two causes; to name one would be a guess.
    let of_this_reason = evidence
        .reasons
        .iter()
        .filter(|other| other.reason == *reason)
        .map(|other| other.users)
        .sum::<i64>();
    if !explains(of_this_reason, evidence.ghosts.ghosts) {
        return None;
    }
    let code = sqlstate
        .as_ref()
        .map_or_else(String::new, |code| format!(", SQLSTATE {code}"));
    let sentence = format!(
        "the database does not accept {} ({}{code}), since {}{}",
        counted(*users, "profile"),
        in_words(reason),
        moment(*first_failed_at),
        neighbours(&evidence.migrations)
    );
    Some(Cause::new(format!("refused_{reason}"), sentence))
}

/// A reason code of the contract's, in words.
#[must_use]
pub fn in_words(reason: &str) -> &str {
    match reason {
        "unique_held_by_orphan" => "a unique value is held by a profile without a user",
        "unique_held_by_live" => "a unique value is held by another living user's profile",
        "not_null" => "a column may not be null, and nothing fills it",
        "cast" => "a value does not fit its column's type",
        "check" => "a check constraint is violated",
        "foreign_key" => "a foreign key is violated",
        "row_security" => "row-level security forbids it",
        "permission" => "a right is missing",
        "no_row" => "the table took no row and gave no reason, as a trigger that returns null does",
        "lock_timeout" => "the table was locked for too long",
        other => other,
    }
}

fn lost(evidence: &Evidence) -> Option<Cause> {
    let moved = evidence.moved?;
    let ghosts = evidence.ghosts.ghosts;
    if moved.has_new_file
        && !moved.began_anew
        && evidence.profiles? <= moved.profiles_inserted
        && evidence.profiles? < ghosts
    {
        let sentence = format!(
            "the profile table was emptied (it has a new file, and no row from before) since {}{}",
            since(evidence),
            neighbours(&evidence.migrations)
        );
        return Some(Cause::new(TRUNCATED, sentence));
    }
    let more = explained_with_earlier(evidence, DELETED, moved.profiles_lost())?;
    let sentence = format!(
        "{} deleted while their users stayed, since {}{more}",
        was_or_were(moved.profiles_lost(), "profile"),
        since(evidence)
    );
    Some(Cause::new(DELETED, sentence))
}

/// Whether this many explain all ghosts, alone or with those whom the check before explained in the
/// same way; and what to say of these.
fn explained_with_earlier(evidence: &Evidence, kind: &str, part: i64) -> Option<String> {
    let ghosts = evidence.ghosts.ghosts;
    if explains(part, ghosts) {
        return Some(String::new());
    }
    let before = evidence.before.as_ref();
    let earlier = before.filter(|before| before.cause.kind == kind)?.ghosts;
    (part > 0 && explains(part + earlier, ghosts))
        .then(|| format!(", and {} before that", grouped(earlier)))
}

/// What the counters told the check before holds while no others are missing: they tell it once.
fn told_before(evidence: &Evidence) -> Option<Cause> {
    let before = evidence.before.as_ref()?;
    let is_by_counters = [TRUNCATED, DELETED, BYPASSED].contains(&&*before.cause.kind);
    (is_by_counters && explains(before.ghosts, evidence.ghosts.ghosts))
        .then(|| before.cause.clone())
}

fn bypassed(evidence: &Evidence) -> Option<Cause> {
    let moved = evidence.moved?;
    // A trigger of the application's may have swallowed its error, which looks the same from here.
    if evidence.watches || moved.began_anew || evidence.ghosts.in_ledger > 0 {
        return None;
    }
    let more = explained_with_earlier(evidence, BYPASSED, moved.users_alone())?;
    let sentence = format!(
        "{} inserted without the trigger firing, since {}{more}: a restore or an import under \
         session_replication_role = replica does that, and so does a trigger that was off meanwhile",
        was_or_were(moved.users_alone().min(evidence.ghosts.ghosts), "user"),
        since(evidence)
    );
    Some(Cause::new(BYPASSED, sentence))
}

fn older_than_rollcall(evidence: &Evidence) -> Option<Cause> {
    let ghosts = &evidence.ghosts;
    // Once a check has found nobody missing, being older explains nothing.
    if evidence.clean_at.is_some()
        || ghosts.before_install != ghosts.ghosts
        || evidence.moved.is_some_and(|moved| moved_enough(&moved))
    {
        return None;
    }
    let sentence = format!(
        "{} created before Rollcall was installed",
        was_or_were(ghosts.ghosts, "user")
    );
    Some(Cause::new("older_than_rollcall", sentence))
}

fn moved_enough(moved: &Moved) -> bool {
    moved.users_alone() > 0 || moved.profiles_lost() > 0
}

fn unknown(evidence: &Evidence) -> Cause {
    let ghosts = &evidence.ghosts;
    let mut seen = vec!["the triggers are active".to_owned()];
    seen.push(format!(
        "the ledger knows {} of {}",
        ghosts.in_ledger,
        counted(ghosts.ghosts, "ghost")
    ));
    if let (Some(first), Some(last)) = (ghosts.first_created, ghosts.last_created) {
        seen.push(format!(
            "they were created from {} to {}",
            moment(first),
            moment(last)
        ));
    }
    if let Some(providers) = &ghosts.providers {
        seen.push(format!("their providers are {providers}"));
    }
    Cause::new(
        UNKNOWN,
        format!("the evidence does not say why: {}", seen.join("; ")),
    )
}

fn neighbours(migrations: &[String]) -> String {
    if migrations.is_empty() {
        return String::new();
    }
    format!("; migrations from about then: {}", migrations.join(", "))
}

fn since(evidence: &Evidence) -> String {
    evidence
        .moved_since
        .map_or_else(|| "the last look".to_owned(), moment)
}

fn was_or_were(count: i64, noun: &str) -> String {
    format!(
        "{} {}",
        counted(count, noun),
        if count == 1 { "was" } else { "were" }
    )
}

/// When what was found began, as far as the evidence goes: not before a check that found nobody.
#[must_use]
pub fn began_at(evidence: &Evidence, checked_at: DateTime<Utc>) -> DateTime<Utc> {
    let first_sign = if evidence.ghosts.ghosts > 0 {
        evidence.ghosts.first_created
    } else {
        evidence.triggers_active_at
    };
    match (first_sign, evidence.clean_at) {
        (Some(first), Some(clean)) => first.max(clean),
        (first, clean) => first.or(clean).unwrap_or(checked_at),
    }
    .min(checked_at)
}

#[cfg(test)]
mod tests;
