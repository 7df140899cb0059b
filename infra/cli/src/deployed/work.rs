//! Work that may take more than one call of a function, as the state machine has a backfill done.

use std::time::{Duration, Instant};

use rollcall_domain::{backfill, repair, run::Progress};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Operation, Stack, invoke::Unanswered, outputs::Function};
use crate::{backfill::Bar, failure::Failure, output::Output};

/// How often a call in a row may fail for what passes, or serve nobody.
const IN_A_ROW: u8 = 4;
const PAUSE: Duration = Duration::from_secs(2);

/// An answer that says how far the work is.
pub(crate) trait Answer: DeserializeOwned {
    /// How far it is, if another call goes on with it.
    fn goes_on(&self) -> Option<Progress>;
}

impl Answer for backfill::Answer {
    fn goes_on(&self) -> Option<Progress> {
        (self.status == backfill::Status::Partial).then_some(self.progress)
    }
}

impl Answer for repair::Answer {
    fn goes_on(&self) -> Option<Progress> {
        (self.status == repair::Status::Partial).then(|| self.total())
    }
}

/// What to call a function with until all is done: each call goes on where the one before it ended.
#[derive(Debug)]
pub(crate) struct Work {
    pub(crate) operation: Operation,
    pub(crate) event: Value,
    /// The command that goes on with it.
    pub(crate) next: String,
}

impl Stack {
    /// Has it done to the end, or until somebody presses Ctrl-C.
    pub(crate) async fn finish<A: Answer>(
        &self,
        work: &Work,
        output: &mut Output,
    ) -> Result<A, Failure> {
        let function = self.function(work.operation).await?;
        let answer = tokio::select! {
            answer = to_the_end(&function, work, output) => answer,
            _ = tokio::signal::ctrl_c() => Err(Failure::Stopped(format!(
                "interrupted; the function {} works on until its time is up, and nothing that was \
                 done is lost; see it through by `{}`",
                function.name,
                work.next
            ))),
        };
        output.end_progress();
        answer
    }
}

async fn to_the_end<A: Answer>(
    function: &Function,
    work: &Work,
    output: &mut Output,
) -> Result<A, Failure> {
    let begun = Instant::now();
    let mut bar = Bar::default();
    let (mut so_far, mut left) = (String::new(), i64::MAX);
    let (mut failed, mut stalled) = (0, 0);
    loop {
        match function.invoke::<A>(&work.event, &so_far, output).await {
            Ok(answer) => {
                let Some(progress) = answer.goes_on() else {
                    return Ok(answer);
                };
                failed = 0;
                stalled = if progress.remaining < left {
                    0
                } else {
                    stalled + 1
                };
                left = progress.remaining;
                so_far = format!("{}; ", bar.line(&progress, begun.elapsed()));
                output.progress(format_args!("{so_far}going on"));
                if stalled > IN_A_ROW {
                    return Err(Failure::Stopped(to_go_on(
                        "five calls in a row have served nobody; look into the log of the function",
                        work,
                    )));
                }
            }
            Err(Unanswered::ForNow(sentence)) if failed < IN_A_ROW => {
                failed += 1;
                output.progress(format_args!("{so_far}{sentence}; going on in a moment"));
            }
            Err(Unanswered::ForNow(sentence)) => {
                return Err(Failure::Unseen(to_go_on(&sentence, work)));
            }
            Err(Unanswered::For(failure)) => return Err(failure),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// The sentence, with how to go on if it does not say so itself.
fn to_go_on(sentence: &str, work: &Work) -> String {
    if sentence.contains(&work.next) {
        return sentence.to_owned();
    }
    format!(
        "{sentence}; go on by `{}`: nothing that was done is lost",
        work.next
    )
}
