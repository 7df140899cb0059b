//! What it comes to: pure, from what the text tells and what the database says.

use uuid::Uuid;

use super::{
    Constraint, Diagnosis,
    look::{ForeignKey, Known, Standing, Target, identifier},
    mend::Mend,
    told::{Side, Told},
    user::{Finding, alone, gone, without_profile, words},
};
use crate::trigger::Triggers;

/// The profile table, as the configuration has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ProfileTable {
    pub(super) name: String,
    pub(super) key: String,
    pub(super) mode: String,
}

/// The key that a text is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    /// Nothing where the catalog has none, and the text's could be anything.
    name: Option<String>,
    is_there: bool,
    child: String,
    /// The same as SQL has it.
    child_sql: String,
    child_columns: Vec<String>,
    parent: String,
    /// None where the key is not there.
    parent_columns: Vec<String>,
    target: Target,
}

/// What is asked, as far as it has been read.
#[derive(Debug, Clone, Default)]
pub(super) struct Case {
    told: Option<Told>,
    key: Option<Key>,
    is_sure: bool,
    /// Which of the key's columns holds the user's id.
    place: Option<usize>,
    user_id: Option<Uuid>,
    has_strange_value: bool,
}

impl Key {
    pub(super) fn there(key: ForeignKey) -> Self {
        Self {
            name: Some(key.name),
            is_there: true,
            child: key.child.text(),
            child_sql: key.child.sql(),
            child_columns: key.child_columns,
            parent: key.parent.text(),
            parent_columns: key.parent_columns,
            target: key.target,
        }
    }

    /// One that the catalog does not have.
    pub(super) fn new_one(
        name: Option<String>,
        child: &Known,
        column: &str,
        parent: &Known,
    ) -> Self {
        Self {
            name,
            is_there: false,
            child: child.table.text(),
            child_sql: child.table.sql(),
            child_columns: vec![column.to_owned()],
            parent: parent.table.text(),
            parent_columns: vec![],
            target: parent.target,
        }
    }

    /// Which of its columns holds the user's id.
    fn place(&self, profile_key: &str) -> Option<usize> {
        let id = match self.target {
            Target::Profiles => profile_key,
            Target::Auth => "id",
            Target::OtherUsers | Target::Other => {
                return (self.child_columns.len() == 1).then_some(0);
            }
        };
        if !self.is_there {
            return Some(0);
        }
        self.parent_columns.iter().position(|column| column == id)
    }

    fn words(&self) -> String {
        let columns = self.child_columns.join(", ");
        let columns = if self.child_columns.len() == 1 {
            columns
        } else {
            format!("({columns})")
        };
        let name = self
            .name
            .as_ref()
            .map_or_else(String::new, |name| format!(" ({name})"));
        let refers = if self.is_there {
            "refers to"
        } else {
            "was to refer to"
        };
        format!("{}.{columns} {refers} {}{name}", self.child, self.parent)
    }
}

impl Case {
    pub(super) fn of_user(user_id: Uuid) -> Self {
        Self {
            user_id: Some(user_id),
            ..Self::default()
        }
    }

    pub(super) fn of_text(told: Told, key: Option<Key>, is_sure: bool) -> Self {
        Self {
            told: Some(told),
            key,
            is_sure,
            ..Self::default()
        }
    }

    pub(super) fn user_id(&self) -> Option<Uuid> {
        self.user_id
    }

    /// Whose id the text shows, if it is the id of a user.
    pub(super) fn read_key(&mut self, table: &ProfileTable) {
        let Some(told) = &mut self.told else { return };
        let shown = told.key.as_ref();
        let Some(key) = &self.key else {
            // Without the constraint, one value alone can be meant.
            let values = shown.map_or(&[][..], |shown| &shown.values);
            if let [value] = values {
                self.user_id = value.parse().ok();
            }
            return;
        };
        self.place = key.place(&table.key);
        let (Some(place), Some(shown)) = (self.place, shown) else {
            return;
        };
        let of_child = shown.value(&key.child_columns[place]);
        let of_parent = key
            .parent_columns
            .get(place)
            .and_then(|column| shown.value(column));
        let value = match told.side {
            Some(Side::Child) => of_child,
            Some(Side::Parent) => of_parent,
            // In another language, the columns tell the side.
            None if of_child.is_some() => {
                told.side = Some(Side::Child);
                of_child
            }
            None => {
                told.side = of_parent.map(|_| Side::Parent);
                of_parent
            }
        };
        self.user_id = value.and_then(|value| value.parse().ok());
        self.has_strange_value = value.is_some() && self.user_id.is_none();
    }

    fn side(&self) -> Option<Side> {
        self.told.as_ref().and_then(|told| told.side)
    }
}

/// The answer.
pub(super) fn of(
    case: &Case,
    user: Option<&Standing>,
    triggers: &Triggers,
    table: &ProfileTable,
) -> Diagnosis {
    let user = case.user_id.zip(user);
    let finding = find(case, user, triggers, table);
    let mut unknown = unread(case);
    unknown.extend(finding.unknown);
    let about_user = user.map(|(user_id, user)| words(user_id, user, &table.name));
    let about_key = case.key.as_ref().map(Key::words);
    let parts = [about_key, about_user].into_iter().flatten();
    let mut sentence = parts.collect::<Vec<_>>().join("; ");
    if !sentence.is_empty() {
        sentence.push_str(": ");
    }
    sentence.push_str(&finding.cause.sentence);
    Diagnosis {
        sentence,
        constraint: case.key.as_ref().map(|key| Constraint {
            name: key.name.clone(),
            child: key.child.clone(),
            column: key.child_columns[case.place.unwrap_or(0)].clone(),
            parent: key.parent.clone(),
        }),
        user_id: case.user_id,
        in_auth: user.map(|(_, user)| user.in_auth),
        has_profile: user.map(|(_, user)| user.has_profile),
        since: finding.since,
        cause: finding.cause,
        mend: finding.mend,
        unknown,
        is_amiss: finding.is_amiss,
    }
}

fn find(
    case: &Case,
    user: Option<(Uuid, &Standing)>,
    triggers: &Triggers,
    table: &ProfileTable,
) -> Finding {
    let Some(key) = &case.key else {
        let is_violation = case.told.as_ref().is_none_or(|told| told.is_violation);
        return match user {
            Some((user_id, user)) if is_violation => alone(user_id, user, triggers, &table.mode),
            _ if is_violation => Finding::amiss(
                "no_constraint",
                "a foreign key was violated, and the text names none that this database has",
            ),
            _ if case.told.as_ref().is_some_and(|told| told.is_cut) => Finding::amiss(
                "not_read",
                "the end of the text does not tell of a violated foreign key: paste the lines of the \
                 error, with DETAIL",
            ),
            _ => Finding::amiss(
                "not_read",
                "the text does not tell of a violated foreign key: paste all of it, with DETAIL",
            ),
        };
    };
    if case.side() == Some(Side::Parent) {
        return still_referenced(key);
    }
    let is_user = user.is_some_and(|(_, user)| user.in_auth || user.has_profile);
    match key.target {
        Target::OtherUsers => wrong_table(key, case, table),
        Target::Other if is_user => wrong_table(key, case, table),
        Target::Other => Finding::amiss(
            "other_table",
            format!(
                "{} holds no users, so the row that is missing there is the application's",
                key.parent
            ),
        ),
        _ if case.place.is_none() => Finding::amiss(
            "other_column",
            format!(
                "it refers to {} by {}, and not by the user's id",
                key.parent,
                key.parent_columns.join(", ")
            ),
        ),
        Target::Auth => match user {
            None => hidden(None),
            Some((_, user)) if user.in_auth => mended(key),
            Some(_) => gone(),
        },
        Target::Profiles => match user {
            None => hidden(Some(Mend::preview())),
            Some((_, user)) if user.has_profile => mended(key),
            Some((user_id, user)) => {
                let finding = without_profile(user_id, user, triggers, &table.mode);
                if key.is_there {
                    finding
                } else {
                    unmade(finding)
                }
            }
        },
    }
}

fn mended(key: &Key) -> Finding {
    let again = if key.is_there {
        "try again what failed"
    } else {
        "try again to add the constraint"
    };
    Finding::fine("mended", format!("it has been mended since: {again}"))
}

/// Whose key it was, the text does not show.
fn hidden(mend: Option<Mend>) -> Finding {
    let finding = Finding::amiss(
        "key_hidden",
        "whose row is missing there, the text does not show",
    );
    finding.mended_by(mend)
}

fn unmade(mut finding: Finding) -> Finding {
    finding.cause.sentence = format!(
        "the constraint is not there: while rows are orphaned it cannot be added, or it has been \
         dropped since. {}",
        finding.cause.sentence
    );
    finding
}

fn still_referenced(key: &Key) -> Finding {
    Finding::amiss(
        "still_referenced",
        format!(
            "a row of {} was to be deleted, or to get another key, while rows of {} refer to it: the \
             constraint keeps these from being orphaned, and there is nothing to mend. Delete or \
             reassign those first, or soft-delete the user in Supabase, which keeps the row",
            key.parent, key.child
        ),
    )
}

fn wrong_table(key: &Key, case: &Case, table: &ProfileTable) -> Finding {
    let column = &key.child_columns[case.place.unwrap_or(0)];
    // Beside the old one, the new one is refused.
    let first = match key.name.as_ref().filter(|_| key.is_there) {
        Some(name) => format!(
            "First `alter table {} drop constraint {};`, then have Rollcall add one to {}",
            key.child_sql,
            identifier(name),
            table.name
        ),
        None => format!("Have Rollcall add the constraint to {}", table.name),
    };
    let finding = Finding::amiss(
        "wrong_table",
        format!(
            "{} is the wrong table: profiles are in {}, and nothing keeps {} in step with auth.users. \
             {first}",
            key.parent, table.name, key.parent
        ),
    );
    finding.mended_by(Mend::constrain(&key.child, column))
}

/// What the text leaves open.
fn unread(case: &Case) -> Vec<String> {
    let Some(told) = &case.told else {
        return vec![];
    };
    let mut unknown = vec![];
    if told.has_more {
        unknown
            .push("what else the text tells of: only its first violation is explained".to_owned());
    }
    if told.is_cut {
        unknown.push(
            "what the rest of the text tells: of one this long, only 256 KiB are read, around its \
             first violated foreign key or, without one, at its end"
                .to_owned(),
        );
    }
    match &case.key {
        None if told.is_violation => unknown.push(
            "which constraint it is: the text names none, or none of this database; the first line \
             of the error names it, and \\d on the table lists those that are there"
                .to_owned(),
        ),
        Some(key) if !case.is_sure => unknown.push(format!(
            "whether it is this one: other schemas have a constraint of its name, and the one of {} \
             is explained",
            key.child
        )),
        _ => {}
    }
    if case.has_strange_value {
        unknown.push("whose it is: the key's value is no uuid, so it is no user's id".to_owned());
    } else if told.is_violation && case.user_id.is_none() && told.side != Some(Side::Parent) {
        unknown.push(
            "whose key it was: the text has no DETAIL, or PostgreSQL left the key out of it, as for \
             roles that may not read the table; find the id in the application's log, then: rollcall \
             diagnose --user-id ID"
                .to_owned(),
        );
    }
    unknown
}
