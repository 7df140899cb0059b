//! `rollcall doctor`: what a database looks like to Rollcall. It reads and changes nothing.

mod counts;
mod finding;
mod installed;
mod look;
mod profiles;
mod references;
mod rights;
mod surroundings;
mod triggers;
mod webhook;

use std::time::Duration;

use rollcall_install::{catalog::Catalog, config::Config, mapping, refusal::Refusal};
use serde_json::json;

use crate::{
    config_file::ConfigFile,
    connect::{Access, unread},
    failure::{Failure, Status},
    output::Output,
};
use finding::{Finding, State};
use look::{Looker, or_unseen};
use profiles::Profiles;

/// Reports on a database, read-only, with a configuration or without, Rollcall installed or not.
///
/// It says which table looks like the profile table and who is missing in it, whose the triggers
/// are, what refers to users, which rights are too wide, and how an installed Rollcall is doing.
/// Connect as the owner of the application's schema (postgres on Supabase), which sees all of it.
/// Another role is told what it could not look at, and the command then ends with status 3 even
/// where the rest is well: `rollcall_app` may count ghosts and judge the triggers, but see neither
/// what was altered nor which incidents are open. A table that somebody has locked costs the
/// questions about it, and no others.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  rollcall doctor --database-url postgres://postgres:…@localhost:54322/postgres"
)]
pub(crate) struct Args {
    #[command(flatten)]
    file: ConfigFile,

    /// How many seconds each look may take; what takes longer counts as not looked at
    #[arg(long, value_name = "SECONDS", default_value_t = 20,
        value_parser = clap::value_parser!(u64).range(1..=3600))]
    time_limit: u64,
}

pub(crate) async fn run(
    args: Args,
    access: &Access,
    output: &mut Output,
) -> Result<Status, Failure> {
    // A file that is no configuration is reported without a database.
    let config = args.file.read_if_present()?;
    let mut connection = access.connect().await?;
    let read = Catalog::read_as_deep_as_can_be(&mut connection).await;
    let (catalog, depth) = read.map_err(unread)?;
    let mut looker = Looker {
        connection,
        limit: Duration::from_secs(args.time_limit),
    };
    let file = args.file.name();
    let mut findings = look(&mut looker, &catalog, config.as_ref(), &file).await?;
    findings.extend((!depth.defaults).then(|| {
        let why = "somebody holds a table locked; pg_locks says who";
        Finding::unseen("profile table", "the defaults of columns", why)
    }));
    let refusals = fit(&catalog, config.as_ref(), &file, &mut findings);
    if output.is_json() {
        output.json(&json!({ "findings": findings, "refusals": refusals }))?;
    } else {
        print(&findings, output)?;
    }
    if !refusals.is_empty() {
        return if output.is_json() {
            Ok(Status::Usage)
        } else {
            Err(Failure::Refused(refusals))
        };
    }
    let any = |state| findings.iter().any(|finding| finding.state == state);
    Ok(if any(State::Found) {
        Status::Found
    } else if any(State::Unseen) {
        Status::Blind
    } else {
        Status::Done
    })
}

/// Looks at everything, one thing after the other.
async fn look(
    looker: &mut Looker,
    catalog: &Catalog,
    config: Option<&Config>,
    file: &str,
) -> Result<Vec<Finding>, Failure> {
    let is_installed = catalog.rollcall.is_installed && !catalog.rollcall.is_foreign;
    let (may_take_roll, sight) = surroundings::sight(looker, catalog).await?;
    let mut findings = vec![sight];
    let agrees = if is_installed {
        agree(looker, config, &mut findings).await?
    } else {
        findings.push(not_installed(catalog));
        false
    };
    if is_installed {
        findings.extend(installed::look(looker, catalog).await?);
    }
    let (profiles, chosen) = profiles::choose(catalog, config, file);
    findings.extend(chosen);
    let by_roll = agrees && may_take_roll;
    if by_roll {
        let counted = counts::take_roll(looker).await;
        findings.extend(or_unseen("ghosts", "the ghosts and orphans", counted)?);
    }
    for profiles in &profiles {
        findings.extend(of_table(looker, catalog, profiles, by_roll).await?);
    }
    findings.extend(of_triggers(looker, catalog, config, profiles.first()).await?);
    if is_installed {
        let rights = rights::on_rollcall(looker).await;
        findings.extend(or_unseen(
            "rights",
            "the rights on Rollcall's things",
            rights,
        )?);
        let roles = rights::of_roles(looker).await;
        findings.extend(or_unseen("role", "Rollcall's roles", roles)?);
    }
    if let Some(webhook) = config.and_then(|config| config.webhook.as_ref()) {
        let needs = webhook::look(looker, webhook).await;
        let what = "what the database needs to call the webhook";
        findings.extend(or_unseen("webhook", what, needs)?);
    }
    let hooks = surroundings::hooks(looker).await;
    findings.extend(or_unseen("hook", "the hooks", hooks)?);
    Ok(findings)
}

/// Whether what is installed is what the file says, as far as there is one.
async fn agree(
    looker: &mut Looker,
    config: Option<&Config>,
    findings: &mut Vec<Finding>,
) -> Result<bool, Failure> {
    match installed::digest(looker).await {
        Ok(digest) => {
            findings.push(installed::agreement(&digest, config));
            Ok(config.is_none_or(|config| config.digest() == digest))
        }
        Err(trouble) => {
            let what = "the installed configuration";
            findings.extend(or_unseen("installation", what, Err(trouble))?);
            Ok(false)
        }
    }
}

/// What the check says of the triggers, where Rollcall is installed, and each of them.
async fn of_triggers(
    looker: &mut Looker,
    catalog: &Catalog,
    config: Option<&Config>,
    profiles: Option<&Profiles>,
) -> Result<Vec<Finding>, Failure> {
    let mut judged = Vec::new();
    if catalog.rollcall.is_installed && !catalog.rollcall.is_foreign {
        let judgement = triggers::judge(looker).await.map(|finding| vec![finding]);
        let what = "whether the triggers do their work";
        judged = or_unseen("trigger", what, judgement)?;
    }
    let seen = judged.iter().find(|judged| judged.state != State::Unseen);
    let rows = triggers::look(looker, catalog, config, profiles, seen).await;
    let rows = or_unseen("trigger", "the triggers", rows)?;
    judged.extend(rows);
    Ok(judged)
}

/// What there is to say of a table; who is missing in it, unless the roll has told.
async fn of_table(
    looker: &mut Looker,
    catalog: &Catalog,
    profiles: &Profiles,
    by_roll: bool,
) -> Result<Vec<Finding>, Failure> {
    let mut findings = Vec::new();
    if !by_roll {
        let counted = counts::count(looker, catalog, profiles).await;
        let what = format!("the ghosts and orphans of {}", profiles.table);
        findings.extend(or_unseen("ghosts", &what, counted)?);
    }
    findings.extend(references::look(catalog, profiles));
    let rights = rights::on_profiles(looker, profiles).await;
    findings.extend(or_unseen("rights", "who may write profiles", rights)?);
    Ok(findings)
}

fn not_installed(catalog: &Catalog) -> Finding {
    let subject = "installation";
    if catalog.rollcall.is_foreign {
        let sentence = "there is a schema rollcall that Rollcall did not make; rename it, because \
                        Rollcall keeps its own things under this name";
        return Finding::found(subject, sentence);
    }
    let sentence = "Rollcall is not installed; `rollcall sql` renders the migration";
    Finding::told(subject, sentence)
}

/// What is wrong with the file in this database; says so where nothing is.
fn fit(
    catalog: &Catalog,
    config: Option<&Config>,
    file: &str,
    findings: &mut Vec<Finding>,
) -> Vec<Refusal> {
    let subject = "configuration";
    let Some(config) = config else {
        return Vec::new();
    };
    // Which things are Rollcall's own is not for this role to know.
    if catalog.rollcall.is_hidden {
        let why =
            "this role may not read what Rollcall made; connect as the role that installed it";
        let what = format!("whether {file} fits");
        findings.push(Finding::unseen(subject, &what, why));
        return Vec::new();
    }
    match mapping::check(config, catalog) {
        Ok(_) => {
            let sentence = format!("{file} fits {}", config.profile.table);
            findings.push(Finding::good(subject, sentence));
            Vec::new()
        }
        Err(refusals) => refusals,
    }
}

fn print(findings: &[Finding], output: &mut Output) -> Result<(), Failure> {
    let rows: Vec<[String; 3]> = findings
        .iter()
        .map(|finding| {
            [
                finding.state.word().to_owned(),
                finding.subject.to_owned(),
                finding.sentence.clone(),
            ]
        })
        .collect();
    Ok(output.table(["state", "subject", "what"], &rows)?)
}
