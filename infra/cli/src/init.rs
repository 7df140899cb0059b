//! `rollcall init`: finds the profile table and writes a first `rollcall.toml`.

use std::{fs, io::Write, path::Path};

use rollcall_install::{
    config::Config,
    discover::{self, Candidate, Draft, Undecided},
    mapping,
    names::Qualified,
    refusal::Refusal,
};
use serde_json::{Value, json};

use crate::{
    config_file::ConfigFile,
    connect::Access,
    failure::{Failure, Status},
    output::Output,
};

/// Finds the profile table and writes a first rollcall.toml, for you to review.
///
/// Only catalogs are read, never rows. A file that is there already is never touched.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  rollcall init --database-url postgres://postgres:…@localhost:54322/postgres"
)]
pub(crate) struct Args {
    #[command(flatten)]
    file: ConfigFile,

    /// The profile table, as schema.name, if more than one could be it
    #[arg(long, value_name = "TABLE", value_parser = table)]
    table: Option<Qualified>,
}

fn table(text: &str) -> Result<Qualified, String> {
    Qualified::parse(text).map_err(|error| error.to_string())
}

pub(crate) async fn run(
    args: Args,
    access: &Access,
    output: &mut Output,
) -> Result<Status, Failure> {
    let exists = || {
        Failure::Usage(format!(
            "{} exists already, and init never overwrites it; edit it, or move it away",
            args.file.name()
        ))
    };
    if args.file.path().exists() {
        return Err(exists());
    }
    let (catalog, _) = access.catalog().await?;
    if catalog.rollcall.is_hidden {
        return Err(Failure::Usage(
            "Rollcall is installed, and this role may not read what it made; connect as the role \
             that installed it"
                .to_owned(),
        ));
    }
    let draft = match discover::draft(&catalog, args.table.as_ref()) {
        Ok(draft) => draft,
        Err(undecided) => return refuse(&undecided, output),
    };
    let file = args.file.name();
    let refusals = Config::parse(&file, &draft.text)
        .and_then(|config| mapping::check(&config, &catalog))
        .err()
        .unwrap_or_default();
    if !write(args.file.path(), &draft.text)
        .map_err(|error| Failure::Usage(format!("cannot write {file}: {error}; mend that first")))?
    {
        return Err(exists());
    }
    report(&file, &draft, refusals, output)
}

/// Writes a new file; false if there is one.
fn write(path: &Path, text: &str) -> std::io::Result<bool> {
    let mut file = match fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
    {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => return Ok(false),
        Err(error) => return Err(error),
    };
    let written = file
        .write_all(text.as_bytes())
        .and_then(|()| file.sync_all());
    if let Err(error) = written {
        // Half a configuration is worse than none.
        let _ = fs::remove_file(path);
        return Err(error);
    }
    Ok(true)
}

fn report(
    file: &str,
    draft: &Draft,
    refusals: Vec<Refusal>,
    output: &mut Output,
) -> Result<Status, Failure> {
    if output.is_json() {
        let chosen = describe(&draft.chosen);
        let others = draft.others.iter().map(describe).collect::<Vec<_>>();
        output.json(&json!({
            "file": file, "profile": chosen, "others": others, "refusals": refusals,
        }))?;
        return Ok(if refusals.is_empty() {
            Status::Done
        } else {
            Status::Usage
        });
    }
    let Candidate {
        table,
        key,
        reasons,
        ..
    } = &draft.chosen;
    output.line(format_args!(
        "wrote {file} for {table} with the key {key}: {}",
        reasons.join(", ")
    ))?;
    for other in &draft.others {
        output.line(format_args!(
            "it could also be {}: {}; to take that one: rollcall init --table {}",
            other.table,
            other.reasons.join(", "),
            other.table.text()
        ))?;
    }
    if refusals.is_empty() {
        output.line("review it, then run `rollcall sql`")?;
        return Ok(Status::Done);
    }
    output.line("it needs a hand before `rollcall sql` takes it:")?;
    Err(Failure::Refused(refusals))
}

fn refuse(undecided: &Undecided, output: &mut Output) -> Result<Status, Failure> {
    if let Undecided::Several(candidates) = undecided {
        if output.is_json() {
            let listed: Vec<Value> = candidates.iter().map(describe).collect();
            output.json(&json!({ "candidates": listed }))?;
        }
        let rows: Vec<[String; 3]> = candidates
            .iter()
            .map(|candidate| {
                let Candidate {
                    table,
                    key,
                    reasons,
                    ..
                } = candidate;
                [table.text(), key.text().to_owned(), reasons.join(", ")]
            })
            .collect();
        output.table(["table", "key", "what speaks for it"], &rows)?;
    }
    Err(Failure::Usage(undecided.to_string()))
}

fn describe(candidate: &Candidate) -> Value {
    json!({
        "table": candidate.table.text(),
        "key": candidate.key.text(),
        "reasons": candidate.reasons,
    })
}
