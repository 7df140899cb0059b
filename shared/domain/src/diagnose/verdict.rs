//! What it comes to: pure, from what the text tells and what the database says.

use uuid::Uuid;

use super::{
    Constraint, Diagnosis,
    case::{Case, Key, ProfileTable},
    look::{Standing, Target, identifier},
    mend::Mend,
    told::{self, Side},
    user::{Finding, alone, gone, without_profile, words},
};
use crate::trigger::Triggers;

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
            _ if is_violation => Finding::new(
                "no_constraint",
                "a foreign key was violated, and the text names none that this database has",
            ),
            _ if case.told.as_ref().is_some_and(|told| told.is_cut) => Finding::new(
                "not_read",
                "the end of the text does not tell of a violated foreign key: paste the lines of the \
                 error, with DETAIL",
            ),
            _ => Finding::new(
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
        Target::Other => Finding::new(
            "other_table",
            format!(
                "{} holds no users, so the row that is missing there is the application's",
                key.parent
            ),
        ),
        _ if case.place.is_none() => Finding::new(
            "other_column",
            format!(
                "it refers to {} by {}, and not by the user's id",
                key.parent,
                key.parent_columns.join(", ")
            ),
        ),
        _ if case.has_strange_value => Finding::new(
            "not_a_user",
            format!(
                "the value in {} is no uuid, so it is no user's id, and no profile mends it: find out \
                 what the application wrote there",
                key.child_columns[case.place.unwrap_or(0)]
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
    Finding::new("mended", format!("it has been mended since: {again}"))
}

/// Whose key it was, the text does not show.
fn hidden(mend: Option<Mend>) -> Finding {
    let finding = Finding::new(
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
    Finding::new(
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
    let finding = Finding::new(
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
        unknown.extend(unread_key(told.key.as_ref()).map(str::to_owned));
    }
    unknown
}

/// Why it is not known whose key it was; nothing where it was shown, and is nobody's.
fn unread_key(shown: Option<&told::Key>) -> Option<&'static str> {
    match shown {
        None => Some(
            "whose key it was: the text has no DETAIL, or PostgreSQL left the key out of it, as for \
             roles that may not read the table; find the id in the application's log, then: rollcall \
             diagnose --user-id ID",
        ),
        Some(shown) if shown.columns.len() > 1 => Some(
            "whose key it was: it has several columns, and which of the values is a user's id cannot \
             be told; if one is: rollcall diagnose --user-id ID",
        ),
        Some(_) => None,
    }
}
