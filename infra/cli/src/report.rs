//! `rollcall report`: what checks and runs left behind, as a page or as the draft of a post-mortem.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use rollcall_domain::{Database, address::connect_options, history};
use rollcall_local::page::Page;
use uuid::Uuid;

use crate::{
    clock::now,
    connect::Access,
    failure::{Failure, Status},
    output::Output,
    stack::local,
    whole_file,
};

/// Writes one HTML page that needs nothing else: status, checks, incidents, runs and refusals.
///
/// Read-only. Connect as a member of `rollcall_app` or `rollcall_operator`, or as the owner. The
/// page holds ids and counts, never an e-mail address. With --json the same goes to standard
/// output as data, and a file is written only where -o names one.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    rollcall report\n  \
    rollcall report --days 90 -o quarter.html\n  \
    rollcall report --incident 6d1f6c2e-5b7b-4c6e-9a53-0d5b7f1f2a11 > post-mortem.md")]
pub(crate) struct Args {
    /// Where to write it [default: rollcall-report.html, and standard output for an incident]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Draft the post-mortem of an incident in Markdown instead
    #[arg(long, value_name = "ID")]
    incident: Option<Uuid>,

    /// How many days to look back
    #[arg(long, default_value_t = DAYS, value_parser = clap::value_parser!(u16).range(1..=365),
        conflicts_with = "incident")]
    days: u16,
}

pub(crate) const DAYS: u16 = 30;
const FILE: &str = "rollcall-report.html";

pub(crate) async fn run(
    args: Args,
    access: &Access,
    output: &mut Output,
) -> Result<Status, Failure> {
    let database = Database::new(access.options()?);
    if let Some(incident) = args.incident {
        return post_mortem(&database, incident, args.output.as_deref(), output).await;
    }
    let history = history::read(&database, now(), args.days).await?;
    let page = rollcall_report::page(&history).map_err(local)?;
    if output.is_json() {
        output.json(&history)?;
    }
    let file = args
        .output
        .or_else(|| (!output.is_json()).then(|| FILE.into()));
    write(file.as_deref(), &page, output)?;
    Ok(Status::Done)
}

async fn post_mortem(
    database: &Database,
    incident: Uuid,
    file: Option<&Path>,
    output: &mut Output,
) -> Result<Status, Failure> {
    let Some(found) = history::post_mortem(database, now(), incident).await? else {
        return Err(Failure::Usage(format!(
            "there is no incident {incident}; `rollcall report --json` lists those of the last days"
        )));
    };
    let draft = rollcall_report::post_mortem(&found).map_err(local)?;
    if output.is_json() {
        output.json(&found)?;
    } else if file.is_none() {
        output.verbatim(&draft)?;
    }
    write(file, &draft, output)?;
    Ok(Status::Done)
}

/// Writes a text, if there is somewhere to, and says where.
fn write(file: Option<&Path>, text: &str, output: &mut Output) -> Result<(), Failure> {
    let Some(file) = file else {
        return Ok(());
    };
    whole_file::write(file, text)?;
    output.line(format_args!("wrote {}", file.display()))?;
    Ok(())
}

/// Serves the page on a port of 127.0.0.1, made anew for each request.
pub(crate) async fn serve(url: &str, port: u16) -> Result<Page, Failure> {
    let options = connect_options(url, "rollcall report")
        .map_err(|error| Failure::Usage(error.to_string()))?;
    let database = Arc::new(Database::new(options));
    let render = move || {
        let database = Arc::clone(&database);
        async move {
            let history = history::read(&database, now(), DAYS).await;
            let history = history.map_err(|error| error.to_string())?;
            rollcall_report::page(&history).map_err(|error| error.to_string())
        }
    };
    Page::serve(port, render)
        .await
        .map_err(|error| Failure::Usage(error.to_string()))
}
