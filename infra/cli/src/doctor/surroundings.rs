//! Who is looking, and what Supabase Auth may call.

use rollcall_install::catalog::Catalog;
use sqlx::FromRow;

use super::{
    finding::Finding,
    look::{Looker, Trouble},
};
use crate::failure::Failure;

const SIGHT: &str = "sight";

#[derive(Debug, FromRow)]
struct Sight {
    role: String,
    hindrance: Option<String>,
    is_owner: bool,
    may_take_roll: bool,
}

/// Whether this role may have the roll taken, and what it sees by itself: row-level security hides
/// the auth users without an error.
pub(super) async fn sight(
    looker: &mut Looker,
    catalog: &Catalog,
) -> Result<(bool, Finding), Failure> {
    if !catalog
        .relations
        .keys()
        .any(|name| name.text() == "auth.users")
    {
        let sentence = "there is no table auth.users: this is no Supabase database";
        return Ok((false, Finding::found(SIGHT, sentence)));
    }
    match looker.rows::<Sight>(include_str!("sql/sight.sql")).await {
        Ok(rows) => {
            let may_take_roll = rows.iter().any(|sight| sight.may_take_roll);
            let finding = rows.iter().map(seen).next();
            let none = || Finding::unseen(SIGHT, "what this role sees", "there was no answer");
            Ok((may_take_roll, finding.unwrap_or_else(none)))
        }
        Err(Trouble::Unseen(why)) => {
            Ok((false, Finding::unseen(SIGHT, "what this role sees", &why)))
        }
        Err(Trouble::Over(failure)) => Err(failure),
    }
}

fn seen(sight: &Sight) -> Finding {
    let role = &sight.role;
    match &sight.hindrance {
        None => Finding::good(SIGHT, format!("the role {role} sees every auth user")),
        Some(hindrance) if sight.is_owner => {
            let sentence = format!(
                "the role {role} {hindrance}, and Rollcall's functions see no more than it does; \
                 give it back what it lost (`alter role {role} bypassrls`, or the right)"
            );
            Finding::found(SIGHT, sentence)
        }
        Some(hindrance) if sight.may_take_roll => {
            let sentence = format!(
                "the role {role} {hindrance}, and looks through Rollcall's functions; the owner \
                 of the application's schema (postgres on Supabase) sees more"
            );
            Finding::told(SIGHT, sentence)
        }
        Some(hindrance) => {
            let sentence = format!(
                "the role {role} {hindrance}; connect as the owner of the application's schema \
                 (postgres on Supabase)"
            );
            Finding::found(SIGHT, sentence)
        }
    }
}

/// The functions that Supabase Auth may call as hooks. Hooks over HTTP are in its settings, which
/// no database has.
pub(super) async fn hooks(looker: &mut Looker) -> Result<Vec<Finding>, Trouble> {
    let functions: Vec<(String,)> = looker.rows(include_str!("sql/hooks.sql")).await?;
    let mut findings: Vec<Finding> = functions
        .into_iter()
        .map(|(function,)| {
            let sentence = format!("Supabase Auth may call {function} as a hook");
            Finding::told("hook", sentence)
        })
        .collect();
    findings.push(Finding::told(
        "hook",
        "a hook over HTTP cannot be seen from here; if before-user-created calls Rollcall, take \
         after-user-created instead: before, there is no row yet, and its id may change",
    ));
    Ok(findings)
}
