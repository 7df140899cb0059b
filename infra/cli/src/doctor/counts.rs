//! Who is missing: ghosts and orphans, whether Rollcall is installed or not.

use rollcall_domain::{
    check::{doubt, previous_auth_users},
    roll,
    words::{counted, grouped},
};
use rollcall_install::{catalog::Catalog, mapping::Kind};
use sqlx::FromRow;

use super::{
    finding::{Finding, State},
    look::{Looker, Trouble},
    profiles::Profiles,
};

#[derive(Debug, FromRow)]
struct Counts {
    eligible: i64,
    profiles: i64,
    ghosts: i64,
    orphans: i64,
}

/// Ghosts and orphans by the installed roll, which knows who was left out, too.
pub(super) async fn take_roll(looker: &mut Looker) -> Result<Vec<Finding>, Trouble> {
    let roll = looker.ask(roll::take).await?;
    let counts = Counts {
        eligible: roll.eligible,
        profiles: roll.profiles,
        ghosts: roll.ghosts,
        orphans: roll.orphaned_profiles,
    };
    let mut findings = say("the installed profile table", false, &counts);
    let previous = looker.ask(previous_auth_users).await?;
    findings.extend(doubt(&roll, previous).map(|doubt| {
        // Before anybody has signed up it is not wrong, and nobody can tell.
        let is_new = previous.is_none() && roll.live == 0;
        let state = if is_new { State::Told } else { State::Found };
        let sentence = format!("{doubt}; if people have signed up, find out what became of them");
        Finding::new("auth users", state, sentence)
    }));
    Ok(findings)
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
