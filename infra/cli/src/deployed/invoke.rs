//! One call of a function, and what becomes of it.

use std::{pin::pin, time::Duration};

use http::{HeaderMap, Request, Response, StatusCode};
use hyper::body::Bytes;
use rollcall_domain::run::with_options;
use rollcall_lambda::{Kind, aws::NoAnswer};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use super::{
    outputs::Function,
    refused::{refused, unless_passing},
};
use crate::{clock::now, failure::Failure, output::Output};

/// Why a call has no answer.
#[derive(Debug)]
pub(super) enum Unanswered {
    /// It is of no use to call again as things are.
    For(Failure),
    /// It may be another time: the database was out of reach, the time was up, the connection lost.
    ForNow(String),
}

impl From<Unanswered> for Failure {
    fn from(unanswered: Unanswered) -> Self {
        match unanswered {
            Unanswered::For(failure) => failure,
            Unanswered::ForNow(sentence) => Self::Unseen(sentence),
        }
    }
}

/// What a function throws.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Thrown {
    #[serde(default)]
    error_type: String,
    #[serde(default)]
    error_message: String,
}

impl Function {
    /// Has the function answer one event. `so_far` stands before what is said while it is waited for.
    pub(super) async fn invoke<A: DeserializeOwned>(
        &self,
        event: &Value,
        so_far: &str,
        output: &mut Output,
    ) -> Result<A, Unanswered> {
        let body = Bytes::from(event.to_string());
        let mut call = pin!(unless_passing(async || {
            let request = Request::post(self.path()).body(body.clone());
            let request = request.map_err(|error| NoAnswer::Unasked(error.to_string()))?;
            self.client.send(request, now()).await
        }));
        let mut seconds = 0;
        let answer = loop {
            tokio::select! {
                answer = &mut call => break answer,
                () = tokio::time::sleep(Duration::from_secs(1)) => {
                    seconds += 1;
                    output.progress(format_args!("{so_far}{} is at work, {seconds} s", self.name));
                }
            }
        };
        let answer = answer.map_err(|problem| self.unanswered(&problem))?;
        self.read(&answer)
    }

    fn path(&self) -> String {
        format!("/2015-03-31/functions/{}/invocations", self.name)
    }

    fn read<A: DeserializeOwned>(&self, answer: &Response<Bytes>) -> Result<A, Unanswered> {
        if !answer.status().is_success() {
            return Err(Unanswered::For(self.refused(answer)));
        }
        if answer.headers().contains_key("x-amz-function-error") {
            return Err(self.thrown(answer.body()));
        }
        serde_json::from_slice(answer.body()).map_err(|_| {
            Unanswered::For(Failure::Unseen(format!(
                "the function {} answered what this version of rollcall cannot read: use the \
                 version that the stack was deployed from",
                self.name
            )))
        })
    }

    fn unanswered(&self, problem: &NoAnswer) -> Unanswered {
        let sentence = format!("Lambda, asked to call {}, {problem}", self.name);
        match problem {
            NoAnswer::Late(_) | NoAnswer::Unreadable(_) => Unanswered::ForNow(format!(
                "{sentence}; the function may be at work all the same"
            )),
            NoAnswer::Unreachable(_) | NoAnswer::Unasked(_) => {
                Unanswered::For(Failure::Unseen(sentence))
            }
        }
    }

    fn refused(&self, answer: &Response<Bytes>) -> Failure {
        let code = code(answer.headers());
        let what = format!("the function {}", self.name);
        match answer.status() {
            StatusCode::NOT_FOUND => Failure::Unseen(format!(
                "{what} is not there, although the stack names it: look whether somebody deleted \
                 it, and deploy the stack again"
            )),
            StatusCode::PAYLOAD_TOO_LARGE => Failure::Usage(
                "that is more than Lambda takes in one call (6 MB): give less at once".to_owned(),
            ),
            status => refused(&code, status, "lambda:InvokeFunction", &what),
        }
    }

    /// What the function threw comes to what it comes to without Lambda in between.
    fn thrown(&self, body: &[u8]) -> Unanswered {
        let Ok(thrown) = serde_json::from_slice::<Thrown>(body) else {
            return self.ended("no reason");
        };
        let sentence = with_options(&thrown.error_message);
        let is = |kind: Kind| thrown.error_type == kind.as_str();
        if is(Kind::Unavailable) {
            Unanswered::ForNow(sentence)
        } else if is(Kind::BadRequest) {
            Unanswered::For(Failure::Usage(sentence))
        } else if is(Kind::Busy) || is(Kind::Rejected) {
            Unanswered::For(Failure::Stopped(sentence))
        } else if is(Kind::Misconfigured) || is(Kind::Internal) {
            Unanswered::For(Failure::Unseen(sentence))
        } else if thrown.error_type == "Sandbox.Timedout" || sentence.contains("Task timed out") {
            self.ended("its time was up")
        } else {
            self.ended(&thrown.error_type)
        }
    }

    /// The process came to an end, and the answer is lost.
    fn ended(&self, why: &str) -> Unanswered {
        Unanswered::ForNow(format!(
            "the function {} ended without an answer ({why}); its log says more",
            self.name
        ))
    }
}

/// The error's name, which some services follow with the address of an explanation.
fn code(headers: &HeaderMap) -> String {
    let name = headers
        .get("x-amzn-errortype")
        .and_then(|name| name.to_str().ok());
    let name = name
        .unwrap_or_default()
        .split(':')
        .next()
        .unwrap_or_default();
    name.chars()
        .filter(char::is_ascii_alphanumeric)
        .take(64)
        .collect()
}
