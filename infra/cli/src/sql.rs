//! `rollcall sql`: renders the migration.

use std::path::{Path, PathBuf};

use rollcall_install::{mapping, render};
use serde_json::json;

use crate::{
    config_file::ConfigFile,
    connect::Access,
    failure::{Failure, Status},
    output::Output,
    whole_file,
};

/// Renders the migration that installs Rollcall as rollcall.toml says, or takes it out.
///
/// The configuration is checked against the database, which has the columns' types; nothing in
/// the database is changed. To take Rollcall out, neither is needed.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    rollcall sql -o supabase/migrations/\n  \
    rollcall sql | psql \"$DATABASE_URL\" -v ON_ERROR_STOP=1\n  \
    rollcall sql --uninstall")]
pub(crate) struct Args {
    #[command(flatten)]
    file: ConfigFile,

    /// Where to write it: a file, or a directory in which the file is named by the time
    #[arg(long, short, value_name = "PATH")]
    output: Option<PathBuf>,

    /// Render the migration that takes Rollcall out again, all but profiles, audit log and error log
    #[arg(long)]
    uninstall: bool,
}

pub(crate) async fn run(
    args: Args,
    access: &Access,
    output: &mut Output,
) -> Result<Status, Failure> {
    let (configuration, sql) = if args.uninstall {
        (None, render::uninstall())
    } else {
        let config = args.file.read()?;
        let (catalog, _) = access.catalog().await?;
        let mapping = mapping::check(&config, &catalog).map_err(Failure::Refused)?;
        let sql = render::migration(&mapping);
        (Some(mapping.digest), sql)
    };
    let file = match &args.output {
        Some(path) => Some(write(path, args.uninstall, &sql)?.display().to_string()),
        None => None,
    };
    if output.is_json() {
        output.json(&json!({ "configuration": configuration, "file": file, "sql": sql }))?;
    } else if let Some(file) = file {
        output.line(format_args!("wrote {file}"))?;
    } else {
        output.verbatim(&sql)?;
    }
    Ok(Status::Done)
}

/// Writes the migration, all of it or nothing, and returns where.
fn write(path: &Path, uninstall: bool, sql: &str) -> Result<PathBuf, Failure> {
    let is_directory = path.is_dir() || path.as_os_str().to_string_lossy().ends_with('/');
    if is_directory && !path.is_dir() {
        let path = path.display();
        return Err(Failure::Usage(format!(
            "there is no directory {path}; make it, or name a file"
        )));
    }
    let file = if is_directory {
        path.join(name(uninstall))
    } else {
        path.to_owned()
    };
    whole_file::write(&file, sql)?;
    Ok(file)
}

/// A migration's file name, as the Supabase CLI orders them.
fn name(uninstall: bool) -> String {
    let now = crate::clock::now();
    let what = if uninstall {
        "rollcall_uninstall"
    } else {
        "rollcall"
    };
    format!("{}_{what}.sql", now.format("%Y%m%d%H%M%S"))
}
