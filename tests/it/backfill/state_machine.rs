//! The state machine in `infra/`, run from its definition, calls the real function.

mod elsewhere;
mod stops;
mod worlds;

use std::time::Duration;

use rollcall_tests::{Chance, Execution, StateMachine, TaskError, task_result};
use serde_json::{Value, json};

use super::*;
use interrupted::RUN;

const DEFINITION: &str = include_str!("../../../infra/backfill.asl.json");

/// An execution that names its run [`RUN`] if it has to name it.
async fn execute(
    input: Value,
    jitter: f64,
    function: impl AsyncFnMut(Duration, Value) -> Result<Value, TaskError>,
) -> Execution {
    let uuid = RUN.parse().unwrap();
    StateMachine::parse(DEFINITION)
        .execute(input, Chance { uuid, jitter }, function)
        .await
}

/// One call of a function, whose answer adds up.
async fn call(function: &Function, payload: Value) -> Result<Value, TaskError> {
    let outcome = task_result(function.invoke(payload).await);
    outcome.inspect(assert_adds_up)
}

fn error(error: &str) -> TaskError {
    TaskError {
        error: error.to_owned(),
        cause: "a sentence".to_owned(),
    }
}

#[test]
fn the_template_fills_in_every_name_of_the_definition() {
    let template = include_str!("../../../template.yaml");
    let (_, given) = template.split_once("DefinitionSubstitutions:\n").unwrap();
    let mut given: Vec<_> = given
        .lines()
        .take_while(|line| line.starts_with("        "))
        .map(|line| line.trim().split_once(':').unwrap().0)
        .collect();
    let mut wanted: Vec<_> = DEFINITION
        .split("${")
        .skip(1)
        .map(|rest| rest.split_once('}').unwrap().0)
        .collect();
    given.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(given, wanted);
}
