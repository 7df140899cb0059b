//! A backfill by this process itself.

use std::{
    path::PathBuf,
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use rollcall_domain::{
    Database,
    backfill::{self, Answer, Order},
    run::{Progress, Stop},
    watch::Call,
};
use uuid::Uuid;

use super::{Asked, Bar, Mode, failure, stop_on_ctrl_c};
use crate::{
    clock::{elapsed_ms, new_id, now},
    export,
    failure::Failure,
    output::Output,
};

/// How often a run whose connection is lost goes on by itself, and after how long.
const TRIES: u8 = 6;
const WAIT: Duration = Duration::from_secs(3);

impl Asked {
    /// Does it, and proves it.
    #[expect(
        clippy::option_option,
        reason = "not asked for, asked for, and with a name"
    )]
    pub(super) async fn on(
        &self,
        database: &Database,
        export: Option<Option<PathBuf>>,
        output: &mut Output,
    ) -> Result<Answer, Failure> {
        let begun = Instant::now();
        let elapsed = || elapsed_ms(begun);
        let Self {
            mode,
            run_id,
            ref order,
        } = *self;
        let file = export::File::asked_for(export, run_id, mode == Mode::Preview)?;
        let answer = match mode {
            Mode::Cancel => backfill::cancel(database, run_id, elapsed).await,
            Mode::Run => to_the_end(database, run_id, order, begun, output).await,
            Mode::Preview => {
                output.progress(
                    "looking who is missing a profile, and whom the database would refuse",
                );
                backfill::preview(database, run_id, order, elapsed).await
            }
        };
        output.end_progress();
        let mut answer = answer.map_err(failure)?;
        let check = Call {
            run_id: new_id(),
            now: now(),
            heal: false,
            alert: true,
            channels: &[],
            new_id: &new_id,
            elapsed_ms: &elapsed,
            remaining: &|| None,
        };
        output.progress("looking who is left");
        backfill::prove(database, &mut answer, &check).await;
        output.end_progress();
        if let Some(file) = file {
            answer.export = file.after(&answer, database, output).await?;
        }
        Ok(answer)
    }
}

/// Carries the run out, until it is through or somebody presses Ctrl-C. A connection that is lost
/// is made again: the run goes on where it was.
pub(crate) async fn to_the_end(
    database: &Database,
    run_id: Uuid,
    order: &Order,
    begun: Instant,
    output: &mut Output,
) -> Result<Answer, Stop> {
    let stopped = stop_on_ctrl_c();
    let mut bar = Bar::default();
    output.progress("looking who is missing a profile");
    for tries_left in (0..TRIES).rev() {
        let go_on = |progress: &Progress| {
            output.progress(bar.line(progress, begun.elapsed()));
            !stopped.load(Ordering::Relaxed)
        };
        let answer = backfill::run(database, run_id, order, || elapsed_ms(begun), go_on).await;
        match answer {
            Err(Stop::Interrupted { ref error, .. }) if error.is_retryable() && tries_left > 0 => {
                output.progress(format_args!("{error}; going on in a moment"));
                tokio::time::sleep(WAIT).await;
            }
            answer => return answer,
        }
    }
    unreachable!("the last try answers in any case")
}
