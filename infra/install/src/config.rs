//! `rollcall.toml`: syntax and words.
//!
//! A [`Config`] holds nothing the contract does not know, but it has not seen the database yet:
//! that its tables and columns exist is for [`crate::mapping::check`] to find out. Whatever is
//! wrong is collected, so that a person mends the file once.

mod canonical;
mod profile;
mod reader;
mod settings;
mod source;

use toml::de::DeTable;

use crate::{
    mapping::{Check, Reference, Source, Trigger, Webhook},
    names::{Name, Qualified},
    refusal::Refusal,
};
use reader::{Lines, Reader};

pub(crate) use source::spell;

/// A configuration, as written.
#[derive(Debug, Clone)]
pub struct Config {
    /// The `[profile]` part.
    pub profile: Profile,
    /// Whether anonymous users are eligible.
    pub anonymous: bool,
    /// How profiles come to be at signup.
    pub trigger: Trigger,
    /// The child tables that the check counts.
    pub references: Vec<Reference>,
    /// The webhook that the database itself calls, if any.
    pub webhook: Option<Webhook>,
    /// Limits of the scheduled checks.
    pub check: Check,
    file: String,
    lines: Lines,
}

/// The profile table and how its rows come to be, as written.
#[derive(Debug, Clone)]
pub struct Profile {
    /// The profile table.
    pub table: Qualified,
    /// The column that holds `auth.users.id`; `id` unless the file says otherwise.
    pub key: Name,
    /// The other columns and their sources, in the order of the file.
    pub columns: Vec<(Name, Vec<Source>)>,
    /// Which of the columns are brought up to date when the auth user changes.
    pub keep: Vec<Name>,
    /// What happens to the profile when the auth user is gone.
    pub removal: Option<Removal>,
    /// Columns that users may write through their metadata although their names speak of rights.
    pub allow_user_controlled: Vec<Name>,
}

/// What is done to the profile of a user who is gone, as written.
#[derive(Debug, Clone)]
pub struct Removal {
    /// The column that is stamped.
    pub soft_delete: Name,
    /// Columns set to null in the same update.
    pub release: Vec<Name>,
}

impl Config {
    /// Reads a configuration. `file` is only what refusals call it.
    pub fn parse(file: &str, text: &str) -> Result<Self, Vec<Refusal>> {
        let mut reader = Reader::new(file, text);
        let (document, errors) = DeTable::parse_recoverable(text);
        for error in &errors {
            reader.refuse_syntax(error);
        }
        // Half a document has words missing that the author wrote.
        if !errors.is_empty() {
            return Err(reader.refusals);
        }
        let mut root = reader.root(document.get_ref());
        let profile = profile::read(&mut reader, &mut root);
        let anonymous = settings::eligible(&mut reader, &mut root);
        let trigger = settings::trigger(&mut reader, &mut root);
        let references = settings::references(&mut reader, &mut root);
        let webhook = settings::webhook(&mut reader, &mut root);
        let check = settings::check(&mut reader, &mut root);
        reader.refuse_rest(root);
        match profile {
            Some(profile) if reader.refusals.is_empty() => Ok(Self {
                profile,
                anonymous,
                trigger,
                references,
                webhook,
                check,
                file: file.to_owned(),
                lines: reader.lines,
            }),
            _ => Err(reader.refusals),
        }
    }

    /// SHA-256 of the canonical form, in lower-case hex.
    ///
    /// Defaults spelled out, comments, spelling of values, and the order of tables, keys,
    /// columns, kept and released columns and references make no difference; the order of a
    /// column's sources does, because the first that has a value wins.
    #[must_use]
    pub fn digest(&self) -> String {
        canonical::digest(self)
    }

    /// A refusal at one of the file's keys.
    #[must_use]
    pub fn refuse(
        &self,
        key: impl Into<String>,
        what: impl Into<String>,
        mend: impl Into<String>,
    ) -> Refusal {
        let key = key.into();
        Refusal {
            file: self.file.clone(),
            line: self.lines.find(&key),
            key,
            what: what.into(),
            mend: mend.into(),
        }
    }
}

#[cfg(test)]
mod tests;
