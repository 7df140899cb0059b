//! What ends a call before its time, at a moment of its own.

use std::{env, time::Duration};

use proptest::{collection::vec, prelude::*, strategy::ValueTree, test_runner::TestRunner};
use rollcall_local::runtime_api::{Function, InvokeError};
use rollcall_tests::{Line, World};
use serde_json::Value;

/// What ends a call.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Blow {
    /// The process is killed, as by `kill -9`.
    Kill,
    /// The connection is cut.
    Cut,
    /// The database ends the session.
    Terminate,
    /// Nothing comes through, then the process is killed: the database does not know.
    Silence,
}

/// A blow, after how many milliseconds, and the size of the batches meanwhile.
pub(crate) type At = (Blow, u64, u8);

/// As many blows as `ROLLCALL_KILLS` says, 20 if it is not set, each within so many milliseconds.
#[expect(
    clippy::disallowed_methods,
    reason = "no setting of anything that is shipped"
)]
pub(crate) fn blows(within_ms: u64) -> Vec<At> {
    let blow = prop_oneof![
        5 => Just(Blow::Kill),
        2 => Just(Blow::Cut),
        3 => Just(Blow::Terminate),
        1 => Just(Blow::Silence),
    ];
    let number = env::var("ROLLCALL_KILLS").map_or(20, |text| text.parse().expect("a number"));
    vec((blow, 0..within_ms, 1..30_u8), number)
        .new_tree(&mut TestRunner::default())
        .unwrap()
        .current()
}

/// What a call is answered with that meets a blow on its way to the database of `world`; nothing if
/// it was ended. An error says how to go on, or that nothing was begun.
pub(crate) async fn under(
    (blow, after_ms, _): At,
    function: &Function,
    event: Value,
    world: &World,
    line: &Line,
) -> Option<Value> {
    let answer = tokio::select! {
        outcome = function.invoke(event) => match outcome {
            Ok(answer) => Some(answer),
            Err(error) => {
                unavailable(error);
                None
            }
        },
        () = strike(blow, after_ms, world, line) => None,
    };
    line.mend().await;
    answer
}

fn unavailable(error: InvokeError) {
    let (kind, sentence) = rollcall_tests::thrown::<()>(Err(error));
    assert_eq!(kind, "Unavailable", "{sentence}");
}

/// Waits for the moment, strikes, and lets the call find out; a kill ends the waiting at once.
async fn strike(blow: Blow, after_ms: u64, world: &World, line: &Line) {
    tokio::time::sleep(Duration::from_millis(after_ms)).await;
    match blow {
        Blow::Kill => return,
        Blow::Cut => line.cut().await,
        Blow::Silence => {
            line.hold();
            tokio::time::sleep(Duration::from_millis(20)).await;
            return;
        }
        Blow::Terminate => {
            let terminate = "select count(pg_terminate_backend(pid)) from pg_stat_activity
                where datname = current_database() and usename = 'rollcall_operator'";
            world.ask(terminate).await;
        }
    }
    std::future::pending::<()>().await;
}

/// Calls again and again, each time under another blow, until it is done; at last undisturbed. After
/// each, `holds` looks whether everything is as it has to be.
pub(crate) async fn again_and_again(
    blows: &[At],
    function: &Function,
    event: &Value,
    world: &World,
    line: &Line,
    holds: impl AsyncFn(),
) -> Value {
    for (landed, blow) in blows.iter().enumerate() {
        if let Some(answer) = under(*blow, function, event.clone(), world, line).await
            && answer["status"] != "partial"
        {
            assert!(landed > 0, "no call was ended by any of them");
            return answer;
        }
        holds().await;
    }
    function.invoke(event.clone()).await.unwrap()
}
