//! The functions of a deployed stack, called with the caller's own credentials.
//!
//! What is wrong before anybody is asked is a usage error; what AWS refuses is as a database that
//! refuses: it was not possible to look.

mod identity;
mod invoke;
mod outputs;
mod refused;
mod work;

pub(crate) use work::Work;

use std::time::Duration;

use rollcall_lambda::{
    Environment,
    aws::{Client, Service},
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{failure::Failure, output::Output};
use outputs::Function;

/// Longer than any function may take.
const LIMIT: Duration = Duration::from_mins(16);
/// How long anything else of AWS's may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// The longest answer of a function.
const LONGEST_ANSWER: usize = 6 * 1024 * 1024;

const LAMBDA: Service = Service {
    name: "lambda",
    endpoint_variable: "AWS_ENDPOINT_URL_LAMBDA",
};
const CLOUDFORMATION: Service = Service {
    name: "cloudformation",
    endpoint_variable: "AWS_ENDPOINT_URL_CLOUDFORMATION",
};

/// A function that the command calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Check,
    Backfill,
    Repair,
    Diagnose,
}

/// A stack that Rollcall was deployed as.
#[derive(Debug)]
pub(crate) struct Stack {
    name: String,
    identity: Environment,
}

impl Stack {
    /// Finds out as whom to call; calls nobody yet.
    pub(crate) fn new(name: &str) -> Result<Self, Failure> {
        if !is_name(name) {
            return Err(Failure::Usage(
                "--deployed takes the name of a CloudFormation stack, or its ARN".to_owned(),
            ));
        }
        Ok(Self {
            name: name.to_owned(),
            identity: identity::find()?,
        })
    }

    /// Asks a function once.
    pub(crate) async fn ask<A: DeserializeOwned>(
        &self,
        operation: Operation,
        event: &Value,
        output: &mut Output,
    ) -> Result<A, Failure> {
        let function = self.function(operation).await?;
        let answer = function.invoke(event, "", output).await;
        output.end_progress();
        answer.map_err(Failure::from)
    }

    /// Where the function is.
    async fn function(&self, operation: Operation) -> Result<Function, Failure> {
        let name = outputs::find(self, operation).await?;
        let client = self.client(LAMBDA, LIMIT)?.taking(LONGEST_ANSWER);
        Ok(Function { name, client })
    }

    fn client(&self, service: Service, limit: Duration) -> Result<Client, Failure> {
        Client::from_environment(&self.identity, service, None, limit)
            .map_err(|error| Failure::Usage(error.to_string()))
    }
}

fn is_name(text: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"-:/".contains(&byte);
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.len() <= 512
        && text.bytes().all(known)
}
