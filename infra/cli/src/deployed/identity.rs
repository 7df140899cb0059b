//! As whom AWS is called, and in which region (docs/decisions/0030).
//!
//! The variables of the AWS tools come first. For whatever they leave out the AWS CLI is asked: it
//! knows profiles, roles, single sign-on, second factors and other programs that give keys.

use std::{
    io::{self, Write},
    process::{Command, Stdio},
};

use rollcall_lambda::Environment;
use serde::Deserialize;

use crate::{environment, failure::Failure};

const KEY_ID: &str = "AWS_ACCESS_KEY_ID";
const SECRET: &str = "AWS_SECRET_ACCESS_KEY";
const TOKEN: &str = "AWS_SESSION_TOKEN";

/// Who we are, in the variables that a client reads.
pub(super) fn find() -> Result<Environment, Failure> {
    let mut variables = environment::for_stacks();
    let has =
        |variables: &[(String, String)], name: &str| variables.iter().any(|(set, _)| set == name);
    match (has(&variables, KEY_ID), has(&variables, SECRET)) {
        (true, true) => {}
        (false, false) => {
            // A token belongs to its key.
            variables.retain(|(name, _)| name != TOKEN);
            variables.extend(keys()?);
        }
        (is_named, _) => {
            let (there, missing) = if is_named {
                (KEY_ID, SECRET)
            } else {
                (SECRET, KEY_ID)
            };
            return Err(Failure::Usage(format!(
                "{there} is set and {missing} is not: set both, or neither to have the AWS CLI asked"
            )));
        }
    }
    if !has(&variables, "AWS_REGION") && !has(&variables, "AWS_DEFAULT_REGION") {
        variables.push(("AWS_REGION".to_owned(), region()?));
    }
    Ok(Environment::of(variables))
}

/// What the AWS CLI prints for other programs.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Keys {
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
}

fn keys() -> Result<Vec<(String, String)>, Failure> {
    let mend = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE to a profile that \
                `aws sts get-caller-identity` works with";
    let said = ask(&["configure", "export-credentials", "--format", "process"]);
    let said = said.ok_or_else(|| {
        Failure::Usage(format!(
            "there are no credentials for AWS in the environment, and no AWS CLI to ask for them: \
             {mend}"
        ))
    })?;
    let keys: Keys = serde_json::from_slice(&said).map_err(|_| {
        Failure::Usage(format!(
            "there are no credentials for AWS in the environment, and the AWS CLI, which has to be version 2, gave none: {mend}"
        ))
    })?;
    let mut variables = vec![
        (KEY_ID.to_owned(), keys.access_key_id),
        (SECRET.to_owned(), keys.secret_access_key),
    ];
    variables.extend(keys.session_token.map(|token| (TOKEN.to_owned(), token)));
    Ok(variables)
}

fn region() -> Result<String, Failure> {
    let said = ask(&["configure", "get", "region"]).unwrap_or_default();
    let region = String::from_utf8_lossy(&said).trim().to_owned();
    if region.is_empty() {
        return Err(Failure::Usage(
            "no region is named: set AWS_REGION to the one that the stack is in, such as \
             eu-central-1"
                .to_owned(),
        ));
    }
    Ok(region)
}

/// What the AWS CLI prints, and nothing where there is none. Why it prints nothing it says itself, and
/// that is passed on, but for the page of usage by which version 1 says that it does not know the
/// command.
fn ask(arguments: &[&str]) -> Option<Vec<u8>> {
    let mut aws = Command::new("aws");
    let said = aws.args(arguments).stdin(Stdio::null()).output().ok()?;
    if !said.stderr.trim_ascii_start().starts_with(b"usage:") {
        let _ = io::stderr().write_all(&said.stderr);
    }
    Some(said.stdout)
}
