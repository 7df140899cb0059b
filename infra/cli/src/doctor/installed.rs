//! What is installed, how it is doing, and what it is waiting for.

use chrono::{DateTime, Utc};
use rollcall_domain::{
    run::go_on,
    words::{counted, moment},
};
use rollcall_install::{catalog::Catalog, config::Config};
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    finding::{Finding, State},
    look::{Looker, Trouble, or_unseen},
};
use crate::failure::Failure;

const SUBJECT: &str = "installation";

/// After so many seconds without one, the schedules do not run: a pulse is every minute, a full
/// check every night.
const NO_PULSE: i64 = 10 * 60;
const NO_FULL_CHECK: i64 = 26 * 60 * 60;

/// All of it, one after the other.
pub(super) async fn look(looker: &mut Looker, catalog: &Catalog) -> Result<Vec<Finding>, Failure> {
    let mut findings = Vec::new();
    findings.extend(or_unseen(SUBJECT, "the version", version(looker).await)?);
    findings.extend(altered(catalog));
    findings.extend(or_unseen("run", "the unfinished runs", runs(looker).await)?);
    findings.extend(or_unseen("check", "the last checks", looks(looker).await)?);
    findings.extend(or_unseen(
        "incident",
        "the open incidents",
        incidents(looker).await,
    )?);
    findings.extend(or_unseen(
        "alert",
        "the alerts that wait",
        alerts(looker).await,
    )?);
    Ok(findings)
}

/// The digest of the installed configuration.
pub(super) async fn digest(looker: &mut Looker) -> Result<String, Trouble> {
    let rows: Vec<(String,)> = looker.rows(include_str!("sql/digest.sql")).await?;
    let digest = rows.into_iter().next().map(|(digest,)| digest);
    digest.ok_or_else(|| Trouble::Unseen("there is none".to_owned()))
}

/// Whether file and database agree.
pub(super) fn agreement(installed: &str, config: Option<&Config>) -> Finding {
    match config {
        Some(config) if config.digest() != installed => Finding::found(
            SUBJECT,
            "the installed configuration is not the file's; apply the output of `rollcall sql`",
        ),
        Some(_) => Finding::good(
            SUBJECT,
            format!("Rollcall is installed with the file's configuration, {installed:.12}"),
        ),
        None => Finding::told(
            SUBJECT,
            format!(
                "Rollcall is installed with the configuration {installed:.12}, and there is no \
                 file to hold against it"
            ),
        ),
    }
}

async fn version(looker: &mut Looker) -> Result<Vec<Finding>, Trouble> {
    let rows: Vec<(String,)> = looker
        .rows(include_str!("sql/installed_version.sql"))
        .await?;
    let ours = env!("CARGO_PKG_VERSION");
    Ok(rows
        .into_iter()
        .map(|(installed,)| {
            if installed == ours {
                Finding::good(
                    SUBJECT,
                    format!("the installed version is {installed}, as the command's"),
                )
            } else {
                let sentence = format!(
                    "the installed version is {installed}, and the command's is {ours}; apply the \
                     output of `rollcall sql`"
                );
                Finding::found(SUBJECT, sentence)
            }
        })
        .collect())
}

/// What Rollcall made and somebody has altered or dropped since.
fn altered(catalog: &Catalog) -> Vec<Finding> {
    let rollcall = &catalog.rollcall;
    if rollcall.is_hidden {
        let why = "this role may not hold the list of what was made against what is there";
        return vec![Finding::unseen(SUBJECT, "what was altered since", why)];
    }
    let altered: Vec<Finding> = rollcall
        .made
        .iter()
        .filter(|(_, is_intact)| !**is_intact)
        .map(|(object, _)| {
            let wrong = if rollcall.missing.contains(object) {
                "is gone"
            } else {
                "is not as Rollcall made it"
            };
            let sentence = format!("the {object} {wrong}; apply the output of `rollcall sql`");
            Finding::found(SUBJECT, sentence)
        })
        .collect();
    if altered.is_empty() {
        let made = i64::try_from(rollcall.made.len()).unwrap_or(i64::MAX);
        let sentence = format!("{} as Rollcall made them", counted(made, "object"));
        return vec![Finding::good(SUBJECT, sentence)];
    }
    altered
}

#[derive(Debug, FromRow)]
struct Run {
    id: Uuid,
    kind: String,
    state: String,
    planned: i64,
    done: i64,
    since: DateTime<Utc>,
    is_held: bool,
}

async fn runs(looker: &mut Looker) -> Result<Vec<Finding>, Trouble> {
    let runs: Vec<Run> = looker.rows(include_str!("sql/runs.sql")).await?;
    Ok(runs
        .into_iter()
        .map(|run| {
            let name = format!("the {} {}", run.kind, run.id);
            let (state, course) = match (&*run.state, run.is_held) {
                ("planned", _) => (State::Told, "was planned and not carried out"),
                (_, true) => (State::Told, "is under way"),
                (_, false) => (State::Found, "was begun and left unfinished"),
            };
            let sentence = format!(
                "{name} {course}: {} of {} done, since {}; `{}` goes on",
                run.done,
                run.planned,
                moment(run.since),
                go_on(&run.kind, run.id)
            );
            Finding::new("run", state, sentence)
        })
        .collect())
}

#[derive(Debug, FromRow)]
struct Looks {
    installed: i64,
    pulse: Option<i64>,
    full_check: Option<i64>,
}

async fn looks(looker: &mut Looker) -> Result<Vec<Finding>, Trouble> {
    let rows: Vec<Looks> = looker.rows(include_str!("sql/looks.sql")).await?;
    let Some(looks) = rows.into_iter().next() else {
        return Err(Trouble::Unseen("the baseline has no row".to_owned()));
    };
    let installed = looks.installed;
    Ok(vec![
        last("full check", looks.full_check, installed, NO_FULL_CHECK),
        last("pulse", looks.pulse, installed, NO_PULSE),
    ])
}

/// How long ago somebody looked, and whether that is too long.
fn last(what: &str, seconds: Option<i64>, installed: i64, limit: i64) -> Finding {
    match seconds {
        Some(seconds) if seconds > limit => {
            let sentence = format!(
                "the last {what} was {} ago; is its schedule running?",
                age(seconds)
            );
            Finding::found("check", sentence)
        }
        Some(seconds) => {
            Finding::good("check", format!("the last {what} was {} ago", age(seconds)))
        }
        None if installed > limit => {
            let sentence = format!(
                "there was no {what} since Rollcall was installed, {} ago; is its schedule running?",
                age(installed)
            );
            Finding::found("check", sentence)
        }
        None => Finding::told("check", format!("there was no {what} yet")),
    }
}

/// A span in its largest whole unit.
fn age(seconds: i64) -> String {
    let seconds = seconds.max(0);
    match seconds {
        0..120 => counted(seconds, "second"),
        120..7_200 => counted(seconds / 60, "minute"),
        7_200..172_800 => counted(seconds / 3_600, "hour"),
        _ => counted(seconds / 86_400, "day"),
    }
}

#[derive(Debug, FromRow)]
struct Incident {
    id: Uuid,
    severity: String,
    cause: String,
    sentence: String,
    began_at: DateTime<Utc>,
}

async fn incidents(looker: &mut Looker) -> Result<Vec<Finding>, Trouble> {
    let incidents: Vec<Incident> = looker.rows(include_str!("sql/incidents.sql")).await?;
    if incidents.is_empty() {
        return Ok(vec![Finding::good("incident", "no incident is open")]);
    }
    Ok(incidents
        .into_iter()
        .map(|incident| {
            let sentence = format!(
                "{} is open: {} {} since {}: {}",
                incident.id,
                incident.severity,
                incident.cause,
                moment(incident.began_at),
                incident.sentence
            );
            Finding::found("incident", sentence)
        })
        .collect())
}

#[derive(Debug, FromRow)]
struct Alerts {
    unsent: i64,
    failed: i64,
    oldest: Option<i64>,
}

async fn alerts(looker: &mut Looker) -> Result<Vec<Finding>, Trouble> {
    let rows: Vec<Alerts> = looker.rows(include_str!("sql/alerts.sql")).await?;
    Ok(rows
        .into_iter()
        .map(|alerts| match alerts.oldest {
            None => Finding::good("alert", "no alert waits to be sent"),
            Some(oldest) => {
                let sentence = format!(
                    "{} not sent yet, {} of them tried in vain; the oldest waits for {}",
                    counted(alerts.unsent, "alert"),
                    alerts.failed,
                    age(oldest)
                );
                let is_late = alerts.failed > 0 || oldest > NO_PULSE;
                let state = if is_late { State::Found } else { State::Told };
                Finding::new("alert", state, sentence)
            }
        })
        .collect())
}
