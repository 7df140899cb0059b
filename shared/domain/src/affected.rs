//! The users of a finished run, as a CSV for whoever writes to them.
//!
//! The list is made page by page, so it takes no more memory for ten million than for ten: whoever
//! wants it asks for the next bytes until there are none. A finished run does not change, so its
//! pages fit together although each is read by itself; only e-mail addresses are those of now.

mod cell;
mod read;

use chrono::{DateTime, SecondsFormat, Utc};
use uuid::Uuid;

use crate::{
    database::Database,
    error::Error,
    orphans,
    run::{self, Run, Stop},
    undo,
};
pub use cell::neutral;

/// The columns, as the first line names them.
pub const COLUMNS: [&str; 6] = [
    "user_id",
    "email",
    "created_at",
    "days_affected",
    "outcome",
    "reason",
];

/// So many users are read at once.
const PAGE: i32 = 5000;

/// What became of a user in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The run created the profile.
    Created,
    /// Somebody else had done so when the user's turn came.
    Present,
    /// The user was no longer eligible.
    Gone,
    /// The database did not accept the profile.
    Refused,
    /// The run was cancelled before the user's turn.
    NotReached,
    /// The run, an undo, removed the profile.
    Removed,
    /// The run stamped the profile of whoever ought to have none.
    Stamped,
    /// The run, an undo, took that stamp back.
    Restored,
    /// Every trace of the user was wiped. They are on no list.
    Forgotten,
}

/// One user of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Affected {
    /// The user.
    pub user_id: Uuid,
    /// Where to write to, as of now; nothing for an account that is gone.
    pub email: Option<String>,
    /// When the account was made, if it is still there.
    pub created_at: Option<DateTime<Utc>>,
    /// When the user's turn was; for whoever has no profile by it, the run's end.
    pub until: Option<DateTime<Utc>>,
    /// What became of it.
    pub outcome: Outcome,
    /// Why it was refused.
    pub reason: Option<String>,
}

/// What is known once everybody is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Everybody on the list.
    pub users: i64,
    /// Those who have a profile by now: created or present.
    pub mended: i64,
    /// Those who are without one: refused or not reached.
    pub waiting: i64,
    /// When the first account of them was made.
    pub first: Option<DateTime<Utc>>,
    /// Until when the last of them was without a profile.
    pub last: Option<DateTime<Utc>>,
}

/// The list of a run, as far as it has been read.
#[derive(Debug)]
pub struct List {
    run_id: Uuid,
    is_backfill: bool,
    planned: i64,
    /// How many places of the plan have been read; whoever was forgotten has one, and no line.
    reached: i64,
    tally: Tally,
    is_begun: bool,
}

impl Affected {
    /// Whole days from the account to the profile: the longest that the user can have been without.
    #[must_use]
    pub fn days(&self) -> Option<i64> {
        let (from, until) = self.created_at.zip(self.until)?;
        Some((until - from).num_days().max(0))
    }
}

impl Outcome {
    /// As the list says it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Present => "present",
            Self::Gone => "gone",
            Self::Refused => "refused",
            Self::NotReached => "not_reached",
            Self::Removed => "removed",
            Self::Stamped => "stamped",
            Self::Restored => "restored",
            Self::Forgotten => "forgotten",
        }
    }
}

impl List {
    /// The list of a run that has ended, by itself or by being cancelled.
    pub async fn of(database: &Database, run_id: Uuid) -> Result<Self, Stop> {
        let Some(run) = run::find(database, run_id).await? else {
            return Err(Stop::BadRequest(format!("there is no run {run_id}")));
        };
        refuse_rows(database, run_id, &run).await?;
        if !matches!(run.state.as_str(), "completed" | "cancelled") {
            return Err(Stop::Rejected(format!(
                "run {run_id} has not ended, and its list would not be whole; end it by `{}`, or \
                 cancel it by `rollcall backfill --cancel {run_id}`",
                run::go_on(&run.kind, run_id)
            )));
        }
        Ok(Self {
            run_id,
            is_backfill: run.kind == "backfill",
            planned: run.progress.planned,
            reached: 0,
            tally: Tally::default(),
            is_begun: false,
        })
    }

    /// Whether there is something to write to these people: after anything but a backfill there is not.
    #[must_use]
    pub fn has_message(&self) -> bool {
        self.is_backfill
    }

    /// The run.
    #[must_use]
    pub fn run_id(&self) -> Uuid {
        self.run_id
    }

    /// How many the whole list has.
    #[must_use]
    pub fn planned(&self) -> i64 {
        self.planned
    }

    /// What is known of those who have been listed.
    #[must_use]
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Adds the next lines to `bytes`; says whether there are more.
    pub async fn write_next(
        &mut self,
        database: &Database,
        bytes: &mut Vec<u8>,
    ) -> Result<bool, Error> {
        let mut lines = Lines::onto(bytes);
        if !self.is_begun {
            lines.add(COLUMNS);
            self.is_begun = true;
        }
        let before = self.reached;
        if before == self.planned {
            return Ok(false);
        }
        let (tally, reached) = (&mut self.tally, &mut self.reached);
        read::page(database, self.run_id, before, PAGE, |user| {
            *reached += 1;
            if user.outcome == Outcome::Forgotten {
                return;
            }
            tally.count(&user);
            lines.add(cells(&user).each_ref().map(String::as_str));
        })
        .await?;
        if self.reached == before {
            return Err(Error::Unknown {
                what: "the users of the run",
                answer: format!("{before} of {}", self.planned),
            });
        }
        Ok(self.reached < self.planned)
    }
}

/// A run on child rows has rows, whose users need not be any: there is no list of these.
async fn refuse_rows(database: &Database, run_id: Uuid, run: &Run) -> Result<(), Stop> {
    let (kept_by, kind) = match undo::undone_by(database, run_id).await? {
        Some(undone) => (
            undone,
            run::find(database, undone).await?.map(|run| run.kind),
        ),
        None => (run_id, Some(run.kind.clone())),
    };
    if kind.as_deref() != Some(orphans::KIND) {
        return Ok(());
    }
    Err(Stop::BadRequest(format!(
        "run {run_id} is about rows of child tables, so it has no list of users; `{}` tells again \
         what became of them, and the owner of the database can look at those in quarantine: select \
         * from rollcall.quarantine where run_id = '{kept_by}'",
        run::go_on(&run.kind, run_id)
    )))
}

impl Tally {
    fn count(&mut self, user: &Affected) {
        self.users += 1;
        match user.outcome {
            Outcome::Created | Outcome::Present => self.mended += 1,
            Outcome::Refused | Outcome::NotReached | Outcome::Removed => self.waiting += 1,
            Outcome::Gone | Outcome::Stamped | Outcome::Restored | Outcome::Forgotten => return,
        }
        let earlier = self.first.into_iter().chain(user.created_at).min();
        let later = self.last.into_iter().chain(user.until).max();
        (self.first, self.last) = (earlier, later);
    }
}

/// Lines of RFC 4180 at the end of some bytes.
struct Lines<'b>(csv::Writer<&'b mut Vec<u8>>);

impl<'b> Lines<'b> {
    fn onto(bytes: &'b mut Vec<u8>) -> Self {
        let mut builder = csv::WriterBuilder::new();
        Self(builder.terminator(csv::Terminator::CRLF).from_writer(bytes))
    }

    fn add(&mut self, cells: [&str; COLUMNS.len()]) {
        let written = self.0.write_record(cells);
        written.expect("a vector takes every line");
    }
}

/// The line of a user. What others wrote cannot be a formula; ids, dates and numbers are ours.
fn cells(user: &Affected) -> [String; COLUMNS.len()] {
    let email = user.email.as_deref().map(neutral).unwrap_or_default();
    let created_at = user
        .created_at
        .map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true));
    [
        user.user_id.to_string(),
        email,
        created_at.unwrap_or_default(),
        user.days().map(|days| days.to_string()).unwrap_or_default(),
        user.outcome.as_str().to_owned(),
        user.reason.clone().unwrap_or_default(),
    ]
}

#[cfg(test)]
mod tests;
