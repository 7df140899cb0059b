//! From a database to a first `rollcall.toml`, for a person to review.
//!
//! What is guessed here is guessed from names and types, never from rows, and every guess stands
//! in the file where it can be seen.

mod candidates;
mod draft;
mod guess;
mod surroundings;

pub(crate) use candidates::NOT_THE_APPLICATION;
pub use candidates::is_of_application;
pub use surroundings::{Child, find_children};
pub(crate) use surroundings::{PERHAPS_USER_COLUMNS, USER_COLUMNS};

use crate::{
    catalog::Catalog,
    names::{Name, Qualified},
};

/// A table that could be the profile table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The table.
    pub table: Qualified,
    /// The column that would be its key.
    pub key: Name,
    /// What speaks for it.
    pub reasons: Vec<String>,
    score: u32,
}

/// A first configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The profile table, why it is one, and its key.
    pub chosen: Candidate,
    /// What else it could be, the likeliest first; nothing where the table was named.
    pub others: Vec<Candidate>,
    /// The text of `rollcall.toml`.
    pub text: String,
}

/// Why there is no draft.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Undecided {
    /// This is no Supabase database.
    #[error("this database has no table auth.users; connect to the database of a Supabase project")]
    NoAuth,
    /// Nothing looks like a profile table.
    #[error(
        "no table looks like the profile table: none refers to auth.users by a unique key or is \
         named like users or profiles; name it with --table schema.name"
    )]
    None,
    /// More than one table looks like it, and none more than the others.
    #[error("{} tables could be the profile table; say which with --table schema.name", .0.len())]
    Several(Vec<Candidate>),
    /// The table that was named is not there, or is no table.
    #[error("there is no table {0}; name it as \"schema.name\", spelled as in the database")]
    NoTable(Qualified),
    /// The table that was named has no column that could be its key.
    #[error(
        "{0} has no uuid, text or varchar(36) column with a unique index of its own; give the \
         column that holds auth.users.id one"
    )]
    NoKey(Qualified),
}

/// Lists the tables that could be the profile table, the likeliest first.
#[must_use]
pub fn find_candidates(catalog: &Catalog) -> Vec<Candidate> {
    candidates::find(catalog)
}

/// Drafts a configuration for the table named, or for the one that is clearly the profile table.
pub fn draft(catalog: &Catalog, table: Option<&Qualified>) -> Result<Draft, Undecided> {
    if !catalog
        .relations
        .keys()
        .any(|name| name.text() == "auth.users")
    {
        return Err(Undecided::NoAuth);
    }
    let (chosen, others) = match table {
        Some(table) => (candidates::find_in(catalog, table)?, vec![]),
        None => choose(candidates::find(catalog))?,
    };
    let text = draft::write(catalog, &chosen);
    Ok(Draft {
        chosen,
        others,
        text,
    })
}

/// The one that is likelier than all others, and the others.
fn choose(mut candidates: Vec<Candidate>) -> Result<(Candidate, Vec<Candidate>), Undecided> {
    let best = candidates.first().map_or(0, |candidate| candidate.score);
    let behind = candidates.partition_point(|candidate| candidate.score == best);
    let others = candidates.split_off(behind);
    match candidates.len() {
        0 => Err(Undecided::None),
        1 => Ok((candidates.remove(0), others)),
        _ => Err(Undecided::Several(candidates)),
    }
}
