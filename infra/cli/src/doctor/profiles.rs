//! The profile table: which it is and why, what `init` would write, and who is missing in it.

use rollcall_domain::words::{counted, grouped};
use rollcall_install::{
    catalog::{Catalog, Relation},
    config::Config,
    discover::{self, Candidate, Draft, Undecided},
    mapping::{self, Kind, Mode},
    names::{Name, Qualified},
};
use sqlx::FromRow;

use super::{
    finding::{Finding, State},
    look::{Looker, Trouble},
};

const SUBJECT: &str = "profile table";

/// What a profile table means for the rest of the report.
#[derive(Debug)]
pub(super) struct Profiles {
    pub(super) table: Qualified,
    pub(super) key: Name,
    anonymous: bool,
    soft_delete: Option<Name>,
    /// Whether this is only one of several that it could be.
    is_guess: bool,
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

    fn relation<'a>(&self, catalog: &'a Catalog) -> Option<&'a Relation> {
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

#[derive(Debug, FromRow)]
struct Counts {
    eligible: i64,
    profiles: i64,
    ghosts: i64,
    orphans: i64,
}

/// Ghosts and orphans by the installed roll, which knows who was left out, too.
pub(super) async fn take_roll(looker: &mut Looker) -> Result<Vec<Finding>, Trouble> {
    let rows: Vec<Counts> = looker.rows(include_str!("sql/roll.sql")).await?;
    let table = "the installed profile table";
    Ok(rows.iter().flat_map(|row| say(table, false, row)).collect())
}

/// Ghosts and orphans of a table, whether Rollcall is installed or not.
pub(super) async fn count(
    looker: &mut Looker,
    catalog: &Catalog,
    profiles: &Profiles,
) -> Result<Vec<Finding>, Trouble> {
    let Some(sql) = counting(catalog, profiles) else {
        return Ok(Vec::new());
    };
    let rows: Vec<Counts> = looker.rows(&sql).await?;
    let table = profiles.table.to_string();
    let words = rows
        .iter()
        .flat_map(|row| say(&table, profiles.is_guess, row));
    Ok(words.collect())
}

/// The query that counts; nothing if the table or one of the columns is not there.
fn counting(catalog: &Catalog, profiles: &Profiles) -> Option<String> {
    let relation = profiles.relation(catalog)?;
    let users = catalog
        .relations
        .iter()
        .find(|(name, _)| name.text() == "auth.users")
        .map(|(_, relation)| relation)?;
    let has = |name: &str| {
        users
            .columns
            .iter()
            .any(|column| column.name.text() == name)
    };
    let mut eligible = vec!["true"];
    if has("deleted_at") {
        eligible.push("u.deleted_at is null");
    }
    if !profiles.anonymous && has("is_anonymous") {
        eligible.push("not u.is_anonymous");
    }
    let key = &profiles.key;
    let same = if relation.column(key)?.sql_type.kind == Kind::Uuid {
        format!("p.{key} = u.id")
    } else {
        format!("p.{key}::text = u.id::text")
    };
    let live = match &profiles.soft_delete {
        None => "true".to_owned(),
        Some(stamp) if relation.column(stamp)?.sql_type.kind == Kind::Boolean => {
            format!("p.{stamp} is not true")
        }
        Some(stamp) => format!("p.{stamp} is null"),
    };
    Some(format!(
        include_str!("sql/counts.sql"),
        eligible = eligible.join(" and "),
        table = profiles.table,
        key = key,
        live = live,
        same = same,
    ))
}

fn say(table: &str, is_guess: bool, counts: &Counts) -> Vec<Finding> {
    let state = |count: i64| match count {
        // With several to choose from, it only speaks for or against this one.
        _ if is_guess => State::Told,
        0 => State::Good,
        _ => State::Found,
    };
    let ghosts = match counts.ghosts {
        0 => format!(
            "no ghosts: {} who ought to have a profile in {table}, and everybody has one",
            counted(counts.eligible, "auth user")
        ),
        ghosts => format!(
            "{}: of {} who ought to have a profile in {table}, {} without one",
            counted(ghosts, "ghost"),
            counted(counts.eligible, "auth user"),
            is_or_are(ghosts)
        ),
    };
    let orphans = match counts.orphans {
        0 => format!(
            "no orphans: every profile of the {} in {table} has its auth user",
            grouped(counts.profiles)
        ),
        orphans => format!(
            "{} in {table} without an auth user",
            counted(orphans, "orphaned profile")
        ),
    };
    vec![
        Finding::new("ghosts", state(counts.ghosts), ghosts),
        Finding::new("orphans", state(counts.orphans), orphans),
    ]
}

fn is_or_are(count: i64) -> String {
    format!(
        "{} {}",
        grouped(count),
        if count == 1 { "is" } else { "are" }
    )
}
