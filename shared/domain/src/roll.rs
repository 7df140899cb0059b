//! The roll: every class of users and profiles, counted in one snapshot.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{error::Error, unnamed::Unnamed};

/// How many there are of each class; the words are the contract's.
///
/// Always true: `eligible - eligible_with_profile = ghosts`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Roll {
    /// Rows of `auth.users`.
    pub auth_users: i64,
    /// Auth users that ought to have a profile.
    pub eligible: i64,
    /// Eligible users that have a profile row, live or not.
    pub eligible_with_profile: i64,
    /// Rows of the profile table.
    pub profiles: i64,
    /// Profiles that are not soft-deleted.
    pub live: i64,
    /// Eligible users without any profile row.
    pub ghosts: i64,
    /// Ghosts older than the configured age, or of unknown age.
    pub ghosts_old: i64,
    /// When the oldest ghost of known age came to be.
    pub oldest_ghost: Option<DateTime<Utc>>,
    /// Ghosts that an operator knows of, until a date.
    pub acknowledged: i64,
    /// Of these, how many are old.
    pub acknowledged_old: i64,
    /// Ghosts whose row the database did not accept.
    pub refused: i64,
    /// Eligible users whose profile is soft-deleted.
    pub retired: i64,
    /// Live profiles without an auth user row.
    pub orphaned_profiles: i64,
    /// Live profiles of auth users who are not eligible.
    pub leftover: i64,
    /// Auth users that an operator has left out.
    pub excluded: i64,
    /// Auth users that ought to have no profile, and have none.
    pub ineligible_without_profile: i64,
    /// Soft-deleted profiles without an auth user row.
    pub stamped_without_user: i64,
    /// Rows of the profile table whose key is null.
    pub profiles_without_key: i64,
    /// Live profiles of eligible users that differ in a kept column; none where that is a question
    /// of its own.
    pub drifted: Option<i64>,
    /// At most ten ghosts, oldest first.
    pub samples: Vec<Uuid>,
}

impl Roll {
    /// How far the difference of the two plain counts is from what the classes explain. Zero,
    /// unless rows were counted twice or not at all.
    #[must_use]
    pub fn unexplained(&self) -> i64 {
        let users_alone = self.ghosts + self.ineligible_without_profile;
        let profiles_alone =
            self.orphaned_profiles + self.stamped_without_user + self.profiles_without_key;
        let identity = self.eligible - self.eligible_with_profile - self.ghosts;
        let difference = (self.auth_users - self.profiles) - (users_alone - profiles_alone);
        identity.abs() + difference.abs() + self.profiles_without_key
    }
}

/// The counts as every run reports them; null is a count that was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the words are those of Roll, above")]
pub struct Counts {
    pub auth_users: Option<i64>,
    pub eligible: Option<i64>,
    pub profiles: Option<i64>,
    pub live: Option<i64>,
    pub ghosts: Option<i64>,
    pub ghosts_old: Option<i64>,
    pub refused: Option<i64>,
    pub retired: Option<i64>,
    pub orphaned_profiles: Option<i64>,
    pub leftover: Option<i64>,
    pub excluded: Option<i64>,
    pub drifted: Option<i64>,
    pub orphaned_child_rows: Option<i64>,
}

impl From<&Roll> for Counts {
    fn from(roll: &Roll) -> Self {
        Self {
            auth_users: Some(roll.auth_users),
            eligible: Some(roll.eligible),
            profiles: Some(roll.profiles),
            live: Some(roll.live),
            ghosts: Some(roll.ghosts),
            ghosts_old: Some(roll.ghosts_old),
            refused: Some(roll.refused),
            retired: Some(roll.retired),
            orphaned_profiles: Some(roll.orphaned_profiles),
            leftover: Some(roll.leftover),
            excluded: Some(roll.excluded),
            // Not the roll's to say.
            drifted: None,
            orphaned_child_rows: None,
        }
    }
}

/// Counts every class, in one statement and so in one snapshot.
pub async fn take(connection: &mut PgConnection) -> Result<Roll, Error> {
    sqlx::query_as!(
        Roll,
        r#"
        select
            auth_users as "auth_users!", eligible as "eligible!",
            eligible_with_profile as "eligible_with_profile!", profiles as "profiles!",
            live as "live!", ghosts as "ghosts!", ghosts_old as "ghosts_old!",
            oldest_ghost, acknowledged as "acknowledged!",
            acknowledged_old as "acknowledged_old!",
            refused as "refused!", retired as "retired!",
            orphaned_profiles as "orphaned_profiles!", leftover as "leftover!",
            excluded as "excluded!", ineligible_without_profile as "ineligible_without_profile!",
            stamped_without_user as "stamped_without_user!",
            profiles_without_key as "profiles_without_key!",
            drifted, samples as "samples!"
        from rollcall.take_roll()
        "#
    )
    .fetch_one(Unnamed(connection))
    .await
    .map_err(|error| Error::new("taking the roll", error))
}
