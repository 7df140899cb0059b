//! The profile table: which it is and why, and what `init` would write.

use rollcall_domain::words::counted;
use rollcall_install::{
    catalog::{Catalog, Relation},
    config::Config,
    discover::{self, Candidate, Draft, Undecided},
    mapping::{self, Mode},
    names::{Name, Qualified},
};

use super::finding::Finding;

const SUBJECT: &str = "profile table";

/// What a profile table means for the rest of the report.
#[derive(Debug)]
pub(super) struct Profiles {
    pub(super) table: Qualified,
    pub(super) key: Name,
    pub(super) anonymous: bool,
    pub(super) soft_delete: Option<Name>,
    /// Whether this is only one of several that it could be.
    pub(super) is_guess: bool,
}

impl Profiles {
    fn of(config: &Config) -> Self {
        let profile = &config.profile;
        Self {
            table: profile.table.clone(),
            key: profile.key.clone(),
            anonymous: config.anonymous,
            soft_delete: profile.removal.as_ref().map(|r| r.soft_delete.clone()),
            is_guess: false,
        }
    }

    fn candidate(candidate: &Candidate) -> Self {
        Self {
            table: candidate.table.clone(),
            key: candidate.key.clone(),
            anonymous: true,
            soft_delete: None,
            is_guess: true,
        }
    }

    pub(super) fn relation<'a>(&self, catalog: &'a Catalog) -> Option<&'a Relation> {
        let relation = catalog.relations.get(&self.table)?;
        relation.column(&self.key).map(|_| relation)
    }
}

/// The table that the configuration names, or those that look most like one.
pub(super) fn choose(
    catalog: &Catalog,
    config: Option<&Config>,
    file: &str,
) -> (Vec<Profiles>, Vec<Finding>) {
    if let Some(config) = config {
        let profiles = Profiles::of(config);
        let evidence = discover::find_candidates(catalog)
            .into_iter()
            .find(|candidate| candidate.table == profiles.table)
            .map_or_else(String::new, |candidate| {
                format!("; {}", because(&candidate))
            });
        let sentence = format!(
            "{} with the key {}, as {file} says{evidence}",
            profiles.table, profiles.key
        );
        return (vec![profiles], vec![Finding::told(SUBJECT, sentence)]);
    }
    let missing = Finding::told(
        "configuration",
        format!("there is no {file}; `rollcall init` drafts one"),
    );
    let (profiles, findings) = match discover::draft(catalog, None) {
        Ok(draft) => drafted(catalog, &draft, file),
        Err(Undecided::Several(candidates)) => {
            let mut findings = candidates.iter().map(listed).collect::<Vec<_>>();
            findings.push(Finding::told(
                "init",
                format!("`rollcall init --table` would write {file} for the one that you name"),
            ));
            let profiles = candidates.iter().map(Profiles::candidate).collect();
            (profiles, findings)
        }
        // That is said already.
        Err(Undecided::NoAuth) => (Vec::new(), Vec::new()),
        Err(undecided) => (
            Vec::new(),
            vec![Finding::found(SUBJECT, undecided.to_string())],
        ),
    };
    (profiles, std::iter::once(missing).chain(findings).collect())
}

fn because(candidate: &Candidate) -> String {
    candidate.reasons.join(", ")
}

fn listed(candidate: &Candidate) -> Finding {
    let sentence = format!(
        "{} with the key {}: {}",
        candidate.table,
        candidate.key,
        because(candidate)
    );
    Finding::told(SUBJECT, sentence)
}

fn drafted(catalog: &Catalog, draft: &Draft, file: &str) -> (Vec<Profiles>, Vec<Finding>) {
    let mut findings = vec![listed(&draft.chosen)];
    findings.extend(draft.others.iter().map(|other| {
        let sentence = format!(
            "less likely {} with the key {}: {}",
            other.table,
            other.key,
            because(other)
        );
        Finding::told(SUBJECT, sentence)
    }));
    // A draft that cannot be read back is a bug, and not a reason to look no further.
    let Ok(config) = Config::parse(file, &draft.text) else {
        return (vec![Profiles::candidate(&draft.chosen)], findings);
    };
    findings.push(preview(catalog, &config, file));
    (vec![Profiles::of(&config)], findings)
}

/// What `init` would write, in a line.
fn preview(catalog: &Catalog, config: &Config, file: &str) -> Finding {
    let columns: Vec<&str> = config
        .profile
        .columns
        .iter()
        .map(|(name, _)| name.text())
        .collect();
    let fills = if columns.is_empty() {
        "nothing but the key".to_owned()
    } else {
        columns.join(", ")
    };
    let removal = config.profile.removal.as_ref().map_or_else(
        || "profiles of deleted users left alone".to_owned(),
        |removal| {
            format!(
                "{} stamped when a user is deleted",
                removal.soft_delete.text()
            )
        },
    );
    let trigger = match config.trigger.mode {
        Mode::Create => "a trigger of Rollcall's".to_owned(),
        Mode::Watch => format!("the application's trigger {} watched", config.trigger.name),
    };
    let hand = match mapping::check(config, catalog) {
        Err(refusals) if !catalog.rollcall.is_hidden => {
            let keys: Vec<&str> = refusals.iter().map(|refusal| &*refusal.key).collect();
            format!("; it would need a hand at {}", keys.join(", "))
        }
        _ => String::new(),
    };
    let sentence = format!(
        "`rollcall init` would write {file} for {}: {fills} filled, {removal}, {trigger}, {}{hand}",
        config.profile.table,
        counted(
            i64::try_from(config.references.len()).unwrap_or(i64::MAX),
            "child table"
        ),
    );
    Finding::told("init", sentence)
}
