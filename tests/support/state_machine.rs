//! A state machine of Step Functions, run from its definition: as much of the language as our
//! definition uses. Anything else in it is a panic, so that nothing passes by being overlooked.
//!
//! Time is not waited for, but counted, and chance is given.

mod definition;
mod value;

use std::time::Duration;

use rollcall_local::runtime_api::InvokeError;
use serde_json::{Value, json};
use uuid::Uuid;

use definition::{Definition, Jitter, Retrier, State};
use value::{Reader, place};

/// A definition that can be executed.
#[derive(Debug)]
pub struct StateMachine {
    definition: Definition,
}

/// What is left to chance on AWS.
#[derive(Debug, Clone, Copy)]
pub struct Chance {
    /// What `States.UUID()` gives.
    pub uuid: Uuid,
    /// How much of each wait before a retry full jitter leaves, from 0 to 1.
    pub jitter: f64,
}

/// How a task can fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskError {
    /// The name that a retrier looks for.
    pub error: String,
    /// What an execution that it ends gives as its cause.
    pub cause: String,
}

/// An execution from its start to its end.
#[derive(Debug)]
pub struct Execution {
    /// The output, or why it failed.
    pub outcome: Result<Value, TaskError>,
    /// What the function was called with, each time.
    pub calls: Vec<Value>,
    /// How long it would have waited in all.
    pub waited: Duration,
}

impl StateMachine {
    /// Reads a definition, of which every state has to be understood.
    #[must_use]
    pub fn parse(definition: &str) -> Self {
        let definition = serde_json::from_str(definition)
            .unwrap_or_else(|error| panic!("not in the language as we know it: {error}"));
        Self { definition }
    }

    /// Runs from the first state to an end; `function` gets the time that has been waited so far
    /// and the payload.
    pub async fn execute(
        &self,
        input: Value,
        chance: Chance,
        mut function: impl AsyncFnMut(Duration, Value) -> Result<Value, TaskError>,
    ) -> Execution {
        let mut execution = Execution {
            outcome: Ok(Value::Null),
            calls: Vec::new(),
            waited: Duration::ZERO,
        };
        let (mut name, mut data) = (&self.definition.start_at, input);
        execution.outcome = loop {
            let uuid = chance.uuid;
            let read = Reader { data: &data, uuid };
            let state = self.definition.states.get(name);
            match state.unwrap_or_else(|| panic!("there is no state {name}")) {
                State::Pass(pass) => {
                    let result = pass.parameters.as_ref().map_or_else(
                        || read.path(&pass.input_path).clone(),
                        |template| read.template(template),
                    );
                    data = place(&data, &pass.result_path, result);
                    match &pass.next {
                        Some(next) => name = next,
                        None if pass.end => break Ok(data),
                        None => panic!("{name} leads nowhere"),
                    }
                }
                State::Choice(choice) => {
                    let rule = choice.choices.iter().find(|rule| rule.test.holds(&read));
                    name = rule.map_or(&choice.default, |rule| &rule.next);
                }
                State::Wait(wait) => {
                    execution.waited += Duration::from_secs(wait.seconds);
                    name = &wait.next;
                }
                State::Fail(fail) => {
                    let cause = read.expression(&fail.cause_path);
                    break Err(TaskError {
                        error: fail.error.clone(),
                        cause: cause.as_str().expect("a cause is a text").to_owned(),
                    });
                }
                State::Task(task) => {
                    let payload = &read.template(&task.parameters)["Payload"];
                    let retry = Retry::new(&task.retry, chance.jitter);
                    match execution.call(payload, retry, &mut function).await {
                        Ok(answer) => {
                            let result = json!({"Payload": answer, "StatusCode": 200});
                            data = place(&data, &task.result_path, result);
                            name = &task.next;
                        }
                        Err(thrown) => break Err(thrown),
                    }
                }
            }
        };
        execution
    }
}

impl Execution {
    /// Calls the function until it answers, or throws what is not retried any more.
    async fn call(
        &mut self,
        payload: &Value,
        mut retry: Retry<'_>,
        function: &mut impl AsyncFnMut(Duration, Value) -> Result<Value, TaskError>,
    ) -> Result<Value, TaskError> {
        loop {
            self.calls.push(payload.clone());
            let thrown = match function(self.waited, payload.clone()).await {
                Ok(answer) => return Ok(answer),
                Err(thrown) => thrown,
            };
            match retry.delay(&thrown.error) {
                Some(delay) => self.waited += delay,
                None => return Err(thrown),
            }
        }
    }
}

/// How often each retrier has been used in one visit of a task.
struct Retry<'d> {
    retriers: Vec<(&'d Retrier, u32)>,
    jitter: f64,
}

impl<'d> Retry<'d> {
    fn new(retriers: &'d [Retrier], jitter: f64) -> Self {
        Self {
            retriers: retriers.iter().map(|retrier| (retrier, 0)).collect(),
            jitter,
        }
    }

    /// How long to wait before the next attempt, if there is to be one.
    fn delay(&mut self, error: &String) -> Option<Duration> {
        let (retrier, used) = self
            .retriers
            .iter_mut()
            .find(|(retrier, _)| retrier.error_equals.contains(error))?;
        if *used == retrier.max_attempts {
            return None;
        }
        let grown = retrier.interval_seconds * retrier.backoff_rate.powf(f64::from(*used));
        let delay = grown.min(retrier.max_delay_seconds.unwrap_or(f64::INFINITY));
        *used += 1;
        Some(Duration::from_secs_f64(match retrier.jitter_strategy {
            Jitter::Full => delay * self.jitter,
            Jitter::None => delay,
        }))
    }
}

/// What Step Functions makes of what became of an invocation.
pub fn task_result(outcome: Result<Value, InvokeError>) -> Result<Value, TaskError> {
    let (error, cause) = match outcome {
        Ok(answer) => return Ok(answer),
        Err(InvokeError::Function {
            error_type,
            error_message,
        }) => {
            let cause = json!({"errorType": error_type, "errorMessage": error_message});
            (error_type, cause.to_string())
        }
        Err(error @ InvokeError::TimedOut) => ("Sandbox.Timedout".to_owned(), error.to_string()),
        Err(error @ InvokeError::Crashed { .. }) => {
            ("Runtime.ExitError".to_owned(), error.to_string())
        }
        Err(error) => panic!("the emulator failed: {error}"),
    };
    Err(TaskError { error, cause })
}
