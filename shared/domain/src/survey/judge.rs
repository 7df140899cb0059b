//! What a survey makes of a column: how sure it is that users are named there, and what to do.

use serde::{Deserialize, Serialize};

use super::{Column, Counts, ForeignKey, Kind, KnownBy, Orphans, Reference, RefersTo};
use crate::{
    Looked,
    words::{counted, grouped},
};

/// How sure it is that a column names users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// No value tells, because there is none or it could not be looked at.
    Unknown,
    /// None of its values is a user's id, and none looks like one, or a foreign key says whose they are.
    Unlikely,
    /// Less than half of them are.
    Possible,
    /// At least half of them are.
    Likely,
    /// A foreign key or the configuration says so.
    Certain,
}

/// What to do about a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proposal {
    /// All is well, or it is no business of Rollcall's.
    Nothing,
    /// Somebody has to say whether users are named there at all, or it has to be looked at again.
    Review,
    /// Create the profiles that are missing: all of these users are in `auth.users`.
    CreateProfile,
    /// Put the orphaned rows aside: none of these users is in `auth.users`.
    Quarantine,
    /// The one for those users who are in `auth.users`, the other for the rest.
    CreateProfileAndQuarantine,
    /// Give the column another type, so that a foreign key fits.
    ChangeType,
    /// Let its foreign key lead to the profile table.
    ChangeKey,
    /// Add a foreign key, validate the one that is there, or build the index that it needs.
    Constrain,
}

/// One column with what was counted in it.
pub(super) fn judge(reference: &Reference, counts: &Looked<Counts>) -> Column {
    let seen = counts.seen();
    let orphans = seen.and_then(|counts| counts.orphans);
    let confidence = confidence(reference, seen);
    let (proposal, why) = match counts {
        Looked::Seen(counts) => propose(reference, counts, confidence),
        Looked::CutOff { why } => (Proposal::Review, format!("could not count: {why}")),
    };
    Column {
        table: reference.table.clone(),
        column: reference.column.clone(),
        rows: seen.map(|counts| counts.rows),
        named_rows: seen.and_then(|counts| counts.named),
        orphaned_rows: orphans.map(|orphans| orphans.rows),
        missing_users: orphans.map(|orphans| orphans.missing_users),
        still_in_auth: orphans.map(|orphans| orphans.still_in_auth),
        no_uuid_rows: orphans.map(|orphans| orphans.no_uuid),
        spelled_otherwise_rows: orphans.map(|orphans| orphans.spelled_otherwise),
        foreign_key: reference.foreign_key.clone(),
        index: reference.index.clone(),
        type_name: reference.type_name.clone(),
        type_fits: reference.fits_key,
        known_by: reference.known_by,
        configured: reference.is_configured,
        confidence,
        proposal,
        why,
    }
}

/// By what the catalog says, or else by the share of the values that are users' ids.
fn confidence(reference: &Reference, counts: Option<&Counts>) -> Confidence {
    if reference.known_by != KnownBy::Name || reference.is_configured {
        return Confidence::Certain;
    }
    let Some((named, orphans)) = counts.and_then(|counts| counts.named.zip(counts.orphans)) else {
        return Confidence::Unknown;
    };
    match (named, named - orphans.rows + orphans.in_auth) {
        (0, _) => Confidence::Unknown,
        // Whoever has lost all users must not be told that there never were any.
        (_, 0) if orphans.rows > orphans.no_uuid && !is_elses(reference) => Confidence::Possible,
        (_, 0) => Confidence::Unlikely,
        (named, known) if known.saturating_mul(2) < named => Confidence::Possible,
        _ => Confidence::Likely,
    }
}

/// Whether a foreign key of its own says that the column holds the ids of something else. One of several
/// columns says whose they are together.
fn is_elses(reference: &Reference) -> bool {
    let key = reference.foreign_key.as_ref();
    key.is_some_and(|key| key.columns.len() == 1)
}

fn propose(reference: &Reference, counts: &Counts, confidence: Confidence) -> (Proposal, String) {
    let key = reference.foreign_key.as_ref();
    let Some(orphans) = counts.orphans else {
        let sentence = "it refers to a profile by something else than the user's id";
        return (Proposal::Nothing, sentence.to_owned());
    };
    match confidence {
        Confidence::Unknown => {
            let sentence = "only its name says so, and no value tells";
            return (Proposal::Review, sentence.to_owned());
        }
        Confidence::Unlikely => {
            let sentence = "only its name says so: none of its values is a user's id";
            return (Proposal::Nothing, sentence.to_owned());
        }
        Confidence::Possible => {
            let sentence = if counts.named == Some(orphans.rows) && orphans.in_auth == 0 {
                "only its name says so: none of the uuids in it is a user's, so they are of users \
                 who are lost, or of something else; if they are users', add the column to \
                 rollcall.toml under [[references]]"
            } else {
                "only its name says so: fewer than half of its values are users' ids"
            };
            return (Proposal::Review, sentence.to_owned());
        }
        Confidence::Likely | Confidence::Certain => {}
    }
    if let Some(key) = key
        && key.refers_to == RefersTo::Other
    {
        if let [_] = *key.columns {
            let sentence = format!(
                "its values are users' ids, and its foreign key {} leads to {}",
                key.name, key.target
            );
            return (Proposal::ChangeKey, sentence);
        }
        // It says whose its columns are together, and nothing of this one.
        if reference.known_by == KnownBy::Name {
            let sentence = format!(
                "its values are users' ids, and with {} its foreign key {} leads to {}, as it well may; \
                 if it is to be counted, add the column to rollcall.toml under [[references]]",
                others(key, &reference.column),
                key.name,
                key.target
            );
            return (Proposal::Review, sentence);
        }
    }
    if orphans.rows > 0 {
        return orphaned(&orphans);
    }
    // Between texts a foreign key compares letter by letter.
    if orphans.spelled_otherwise > 0 && reference.fits_key {
        let sentence = format!(
            "{} their users' ids in another way than the profiles do, which no foreign key fits: \
             write the ids as the profiles have them",
            match orphans.spelled_otherwise {
                1 => "1 row spells".to_owned(),
                rows => format!("{} rows spell", grouped(rows)),
            }
        );
        return (Proposal::Review, sentence);
    }
    guarded(
        reference,
        key.filter(|key| key.refers_to != RefersTo::Other),
    )
}

/// The other columns of a key.
fn others(key: &ForeignKey, column: &str) -> String {
    let others = key.columns.iter().filter(|other| *other != column);
    others.map(String::as_str).collect::<Vec<_>>().join(", ")
}

fn orphaned(orphans: &Orphans) -> (Proposal, String) {
    let mut sentence = format!(
        "{} of nobody who has a profile",
        counted(orphans.rows, "row")
    );
    if orphans.no_uuid > 0 {
        let rubbish = grouped(orphans.no_uuid);
        sentence = format!("{sentence}, {rubbish} of them without a uuid");
    }
    let proposal = match orphans.in_auth {
        0 => Proposal::Quarantine,
        in_auth if in_auth == orphans.rows => Proposal::CreateProfile,
        _ => Proposal::CreateProfileAndQuarantine,
    };
    (proposal, sentence)
}

/// Without orphans: whether it will stay so.
fn guarded(reference: &Reference, key: Option<&ForeignKey>) -> (Proposal, String) {
    let (proposal, sentence) = match key {
        // Auth users have a profile each, and the key is not Rollcall's to change.
        Some(key) if key.refers_to != RefersTo::Profile => (
            if key.validated {
                Proposal::Nothing
            } else {
                Proposal::Review
            },
            format!(
                "its foreign key {} keeps it to auth users{}",
                key.name,
                if key.validated {
                    ""
                } else {
                    ", but is not validated"
                }
            ),
        ),
        Some(key) if !key.validated => (
            Proposal::Constrain,
            format!("its foreign key {} is not validated", key.name),
        ),
        Some(_) if reference.index.is_none() => (
            Proposal::Constrain,
            "no index finds its rows, so whoever is deleted costs a look at all of them".to_owned(),
        ),
        Some(_) => (Proposal::Nothing, "all is well".to_owned()),
        None if !reference.fits_key => (
            Proposal::ChangeType,
            format!(
                "no foreign key fits, because it is {} and a user's key is not",
                if reference.kind == Kind::Uuid {
                    "uuid"
                } else {
                    "text"
                }
            ),
        ),
        None => (Proposal::Constrain, "no foreign key keeps it so".to_owned()),
    };
    (proposal, sentence)
}

#[cfg(test)]
mod tests;
