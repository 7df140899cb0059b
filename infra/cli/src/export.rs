//! The users of a finished run, in a file for whoever writes to them.

mod by_stack;

use std::{
    fs::{self, Permissions},
    io::{ErrorKind, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use rollcall_domain::{Database, affected::List, backfill::Answer, words::counted};
use serde_json::{Value, json};
use tempfile::{Builder, NamedTempFile};
use uuid::Uuid;

pub(crate) use by_stack::{refuse_file, show};

use crate::{
    backfill::failure,
    connect::{Access, Place},
    failure::{Failure, Status},
    output::Output,
};

/// A list that is being written: to a file beside the one it becomes when it is whole.
///
/// It holds e-mail addresses, so nobody but its owner may read it.
pub(crate) struct File {
    list: Half,
    message: Half,
}

/// One of the two files.
struct Half {
    part: NamedTempFile,
    to: PathBuf,
    /// Whether what is there may be an older one of just the same.
    is_ours: bool,
}

impl File {
    /// The list that a backfill is to leave, if it is to leave one.
    #[expect(
        clippy::option_option,
        reason = "not asked for, asked for, and with a name"
    )]
    pub(crate) fn asked_for(
        name: Option<Option<PathBuf>>,
        run_id: Uuid,
        is_preview: bool,
    ) -> Result<Option<Self>, Failure> {
        if is_preview {
            refuse_preview(name.is_some())?;
        }
        name.map(|name| Self::new(name, run_id)).transpose()
    }

    /// Makes sure that it can be written, before anything is done for it. Without a name of its own
    /// it has the run's, and takes the place of an earlier list of that run; nothing else is ever
    /// written over.
    fn new(name: Option<PathBuf>, run_id: Uuid) -> Result<Self, Failure> {
        let is_ours = name.is_none();
        let list = name.unwrap_or_else(|| format!("rollcall-affected-{run_id}.csv").into());
        let message = list.with_extension("md");
        if list == message {
            return Err(Failure::Usage(format!(
                "{} is where the message to the users goes, beside the list; give the list a name \
                 that ends in .csv",
                list.display()
            )));
        }
        Ok(Self {
            list: Half::new(list, run_id, is_ours)?,
            message: Half::new(message, run_id, is_ours)?,
        })
    }

    /// Writes the list of a run, and beside it the draft of a message to the people on it.
    pub(crate) async fn write(
        self,
        database: &Database,
        run_id: Uuid,
        output: &mut Output,
    ) -> Result<PathBuf, Failure> {
        let Self { list, message } = self;
        let mut users = List::of(database, run_id).await.map_err(failure)?;
        let mut bytes = vec![];
        let mut has_more = true;
        while has_more {
            has_more = users.write_next(database, &mut bytes).await?;
            list.add(&bytes)?;
            bytes.clear();
            let (listed, all) = (users.tally().users, users.planned());
            output.progress(format_args!("{listed} of {all} users listed"));
        }
        output.end_progress();
        let file = list.to.clone();
        if users.has_message() {
            let text = rollcall_report::message(run_id, users.tally())
                .map_err(|error| Failure::Unproven(error.to_string()))?;
            message.add(text.as_bytes())?;
            let message = message.keep()?;
            output.line(format_args!("wrote {}", message.display()))?;
        }
        // The list last: where it is, everything is.
        list.keep()?;
        sweep(folder(&file), run_id);
        output.line(format_args!(
            "wrote {} ({})",
            file.display(),
            counted(users.tally().users, "user")
        ))?;
        Ok(file)
    }
}

impl File {
    /// The same for a run that has just been carried out, if it has ended.
    pub(crate) async fn after(
        self,
        answer: &Answer,
        database: &Database,
        output: &mut Output,
    ) -> Result<Option<Value>, Failure> {
        if !answer.has_ended() {
            output.line(
                "the list is written when the run has ended: add --export to the next call",
            )?;
            return Ok(None);
        }
        let run_id = answer.run_id;
        let written = self.write(database, run_id, output).await;
        let file = written.map_err(|problem| {
            output.end_progress();
            Failure::Stopped(format!(
                "{problem}; run {run_id} has ended and its profiles are there, only the list is \
                 not: write it by `rollcall repair export {run_id}`"
            ))
        })?;
        Ok(Some(json!({ "file": file })))
    }
}

impl Half {
    fn new(to: PathBuf, run_id: Uuid, is_ours: bool) -> Result<Self, Failure> {
        if !is_ours && to.symlink_metadata().is_ok() {
            return Err(taken(&to));
        }
        let part = Builder::new()
            .prefix(&prefix(run_id))
            .suffix(PART)
            .permissions(Permissions::from_mode(0o600))
            .tempfile_in(folder(&to));
        let part = part.map_err(|error| unwritten(&to, &error))?;
        Ok(Self { part, to, is_ours })
    }

    fn add(&self, bytes: &[u8]) -> Result<(), Failure> {
        let mut file = self.part.as_file();
        file.write_all(bytes)
            .map_err(|error| unwritten(&self.to, &error))
    }

    /// Gives it its name.
    fn keep(self) -> Result<PathBuf, Failure> {
        let Self { part, to, is_ours } = self;
        let kept = part.as_file().sync_all().and_then(|()| {
            let kept = if is_ours {
                part.persist(&to)
            } else {
                part.persist_noclobber(&to)
            };
            kept.map_err(|error| error.error)
        });
        match kept {
            Ok(_) => Ok(to),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(taken(&to)),
            Err(error) => Err(unwritten(&to, &error)),
        }
    }
}

const PART: &str = ".part";

/// How the names of a run's unfinished files begin.
fn prefix(run_id: Uuid) -> String {
    format!(".rollcall-affected-{run_id}-")
}

fn folder(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

/// Takes away what calls that were killed left of a run, now that its list is there. What does not
/// go does no harm.
fn sweep(folder: &Path, run_id: Uuid) {
    let prefix = prefix(run_id);
    for file in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = file.file_name();
        let is_part = |name: &str| name.starts_with(&prefix) && name.ends_with(PART);
        if name.to_str().is_some_and(is_part) {
            let _ = fs::remove_file(file.path());
        }
    }
}

/// Writes the list of any finished run.
pub(crate) async fn run(
    run_id: Uuid,
    file: Option<PathBuf>,
    access: &Access,
    output: &mut Output,
) -> Result<Status, Failure> {
    let database = match access.place()? {
        Place::Database(database) => database,
        Place::Stack(stack) => {
            refuse_file(file.as_deref())?;
            return by_stack::list(&stack, run_id, output).await;
        }
    };
    let file = File::new(file, run_id)?;
    let file = file.write(&database, run_id, output).await?;
    if output.is_json() {
        output.json(&json!({ "run_id": run_id, "export": { "file": file } }))?;
    }
    Ok(Status::Done)
}

/// A preview has nobody to list.
pub(crate) fn refuse_preview(is_asked_for: bool) -> Result<(), Failure> {
    if !is_asked_for {
        return Ok(());
    }
    Err(Failure::Usage(
        "a preview touches nobody, so there is nobody to list; give --export with --run, --run-id \
         or --cancel"
            .to_owned(),
    ))
}

fn taken(file: &Path) -> Failure {
    Failure::Usage(format!(
        "{} is there already; name another file, or move that one away",
        file.display()
    ))
}

fn unwritten(file: &Path, error: &std::io::Error) -> Failure {
    Failure::Usage(format!(
        "cannot write {}: {error}; mend that first",
        file.display()
    ))
}
