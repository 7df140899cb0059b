//! `rollcall doctor`: what a database looks like to Rollcall. It reads and changes nothing.

mod findings;

use rollcall_install::mapping;
use serde_json::json;
use sqlx::Connection;

use crate::{
    config_file::ConfigFile,
    connect::Access,
    failure::{Failure, Status},
    output::Output,
};
use findings::Finding;

/// Reports on a database, read-only, with a configuration or without.
///
/// With a rollcall.toml it says all that is wrong with it; without one it lists the tables that
/// could be the profile table.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  rollcall doctor --database-url postgres://postgres:…@localhost:54322/postgres"
)]
pub(crate) struct Args {
    #[command(flatten)]
    file: ConfigFile,
}

pub(crate) async fn run(
    args: Args,
    access: &Access,
    output: &mut Output,
) -> Result<Status, Failure> {
    // A file that is no configuration is reported without a database.
    let config = args.file.read_if_present()?;
    let (catalog, mut connection) = access.catalog().await?;
    // A transaction pooler changes servers between transactions, and a query is two messages.
    let mut transaction = connection
        .begin_with("begin read only")
        .await
        .map_err(|error| rollcall_domain::Error::new("beginning a transaction", error))?;
    let mut findings = vec![findings::sight(&catalog, &mut transaction).await?];
    findings.push(findings::installation(&catalog, config.as_ref(), &mut transaction).await?);
    findings.extend(findings::altered(&catalog));
    match &config {
        Some(config) => {
            findings.extend(findings::triggers(&catalog, config));
            findings.extend(findings::held_back(&catalog, config));
        }
        None => findings.extend(findings::candidates(&catalog, &args.file.name())),
    }
    let refusals = config
        .as_ref()
        .and_then(|config| mapping::check(config, &catalog).err())
        .unwrap_or_default();
    if let Some(config) = config.as_ref().filter(|_| refusals.is_empty()) {
        let sentence = format!("{} fits {}", args.file.name(), config.profile.table);
        findings.push(Finding {
            subject: "configuration",
            good: Some(true),
            sentence,
        });
    }
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
    let found = findings.iter().any(|finding| finding.good == Some(false));
    Ok(if found { Status::Found } else { Status::Done })
}

fn print(findings: &[Finding], output: &mut Output) -> Result<(), Failure> {
    let rows: Vec<[String; 3]> = findings
        .iter()
        .map(|finding| {
            let state = match finding.good {
                Some(true) => "ok",
                Some(false) => "found",
                None => "-",
            };
            [
                state.to_owned(),
                finding.subject.to_owned(),
                finding.sentence.clone(),
            ]
        })
        .collect();
    Ok(output.table(["state", "subject", "what"], &rows)?)
}
