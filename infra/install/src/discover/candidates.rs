//! Which tables could be the profile table.

use super::{Candidate, Undecided};
use crate::{
    catalog::{Catalog, CatalogColumn, Filled, Relation, RelationKind},
    mapping::holds_user_id,
    names::Qualified,
};

/// Schemas of Supabase, of its extensions and of Rollcall.
pub(crate) const NOT_THE_APPLICATION: &[&str] = &[
    "auth",
    "cron",
    "extensions",
    "graphql",
    "graphql_public",
    "net",
    "pgbouncer",
    "pgmq",
    "pgsodium",
    "pgsodium_masks",
    "pgtle",
    "realtime",
    "rollcall",
    "storage",
    "supabase_functions",
    "supabase_migrations",
    "tiger",
    "tiger_data",
    "topology",
    "vault",
    "_analytics",
    "_realtime",
    "_supabase",
];

/// Names of profile tables, without case and underscores.
const PROFILES: &[&str] = &[
    "appuser",
    "appusers",
    "profile",
    "profiles",
    "user",
    "userprofile",
    "userprofiles",
    "users",
];

/// Names that profile tables have, and other tables, too.
const PERHAPS_PROFILES: &[&str] = &[
    "account",
    "accounts",
    "customer",
    "customers",
    "member",
    "members",
    "people",
    "person",
    "persons",
    "userdata",
    "userdetails",
    "userinfo",
];

/// Names of columns that hold a user's id, the likeliest first, without case and underscores.
const KEYS: &[&str] = &[
    "userid",
    "authuserid",
    "authid",
    "supabaseuserid",
    "supabaseid",
    "useruuid",
    "uid",
    "id",
    "uuid",
];

/// A name without case and what separates its words.
pub(super) fn plain(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// Whether a relation is a table of the application's.
#[must_use]
pub fn is_of_application(name: &Qualified, relation: &Relation) -> bool {
    matches!(
        relation.kind,
        RelationKind::Table | RelationKind::Partitioned
    ) && !relation.is_partition
        && !NOT_THE_APPLICATION.contains(&name.schema.text())
        // The configuration splits a name at its first dot, so it cannot name this schema.
        && !name.schema.text().contains('.')
}

/// All candidates, the likeliest first.
pub(super) fn find(catalog: &Catalog) -> Vec<Candidate> {
    let mut candidates: Vec<Candidate> = catalog
        .relations
        .iter()
        .filter(|(name, relation)| is_of_application(name, relation))
        .filter_map(|(name, relation)| judge(name, relation))
        .collect();
    candidates.sort_by(|a, b| b.score.cmp(&a.score).then_with(|| a.table.cmp(&b.table)));
    candidates
}

/// The table that was named, with the likeliest of its keys.
pub(super) fn find_in(catalog: &Catalog, name: &Qualified) -> Result<Candidate, Undecided> {
    let relation = catalog
        .relations
        .get(name)
        .filter(|relation| {
            matches!(
                relation.kind,
                RelationKind::Table | RelationKind::Partitioned
            )
        })
        .ok_or_else(|| Undecided::NoTable(name.clone()))?;
    let key = best_key(relation).ok_or_else(|| Undecided::NoKey(name.clone()))?;
    let mut candidate = weigh(name, relation, key);
    candidate
        .reasons
        .insert(0, "it was named on the command line".to_owned());
    Ok(candidate)
}

fn judge(name: &Qualified, relation: &Relation) -> Option<Candidate> {
    let key = best_key(relation)?;
    let called = plain(name.name.text());
    let is_named_so =
        PROFILES.contains(&called.as_str()) || PERHAPS_PROFILES.contains(&called.as_str());
    let key_is_named_so = KEYS.contains(&plain(key.name.text()).as_str());
    (refers_to_auth(relation, key) || is_named_so && key_is_named_so)
        .then(|| weigh(name, relation, key))
}

fn weigh(name: &Qualified, relation: &Relation, key: &CatalogColumn) -> Candidate {
    let called = plain(name.name.text());
    let mut score = 0;
    let mut reasons = Vec::new();
    let mut speaks = |weight: u32, reason: String| {
        score += weight;
        reasons.push(reason);
    };
    if PROFILES.contains(&called.as_str()) {
        speaks(8, format!("it is named {}", name.name));
    } else if PERHAPS_PROFILES.contains(&called.as_str()) {
        speaks(4, format!("it is named {}", name.name));
    }
    if refers_to_auth(relation, key) {
        speaks(
            6,
            format!("its unique key {} refers to auth.users", key.name),
        );
    } else {
        speaks(
            0,
            format!("{} is unique and {}", key.name, key.sql_type.name),
        );
    }
    if name.schema.text() == "public" {
        speaks(1, "it is in public".to_owned());
    }
    Candidate {
        table: name.clone(),
        key: key.name.clone(),
        reasons,
        score,
    }
}

/// The column that is the likeliest to hold `auth.users.id`.
fn best_key(relation: &Relation) -> Option<&CatalogColumn> {
    relation
        .columns
        .iter()
        .filter(|column| {
            relation.unique.contains(&column.name)
                && holds_user_id(column)
                && column.filled != Filled::ByDatabase
        })
        .min_by_key(|column| {
            let name = plain(column.name.text());
            let rank = KEYS
                .iter()
                .position(|key| *key == name)
                .unwrap_or(KEYS.len());
            (!refers_to_auth(relation, column), rank)
        })
}

pub(super) fn refers_to_auth(relation: &Relation, column: &CatalogColumn) -> bool {
    relation.foreign_keys.iter().any(|key| {
        key.column == column.name
            && key.target.text() == "auth.users"
            && key.target_column.text() == "id"
    })
}
