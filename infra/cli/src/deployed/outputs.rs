//! What a stack says of itself: its state, its parameters, and what its functions are called.

use http::{Request, Response, header::CONTENT_TYPE};
use rollcall_lambda::aws::{Client, answer::element};

use super::{CLOUDFORMATION, Operation, PATIENCE, Stack, refused};
use crate::{clock::now, failure::Failure};

/// A function, and how to reach it.
#[derive(Debug)]
pub(super) struct Function {
    pub(super) name: String,
    pub(super) client: Client,
}

impl Operation {
    /// The output of the template that names the function.
    fn output(self) -> &'static str {
        match self {
            Self::Check => "NightlyCheckFunction",
            Self::Backfill => "BackfillFunction",
            Self::Repair => "RepairFunction",
            Self::Diagnose => "DiagnoseFunction",
        }
    }
}

/// The name of the function that does this.
pub(super) async fn find(stack: &Stack, operation: Operation) -> Result<String, Failure> {
    let body = describe(stack).await?;
    let key = operation.output();
    if let Some(name) = value(&body, "Output", key) {
        return Ok(name.to_owned());
    }
    let name = &stack.name;
    let status = element(&body, "StackStatus").unwrap_or("unknown");
    Err(Failure::Unseen(
        if matches!(status, "CREATE_IN_PROGRESS" | "REVIEW_IN_PROGRESS") {
            format!(
                "the stack {name} is still being created ({status}); try again when it is there"
            )
        } else if !status.ends_with("_COMPLETE") || status.contains("DELETE") {
            format!("the stack {name} is {status}, and has no {key}: look into its events")
        } else if value(&body, "Parameter", "OperatorFunctions") == Some("false") {
            format!(
                "the stack {name} was deployed without the functions for operators \
                 (OperatorFunctions is false): deploy it with them, or give --database-url instead"
            )
        } else {
            format!(
                "the stack {name} has no output {key}: it is none of Rollcall's, or was deployed \
                 from an older template; deploy it again from this version's"
            )
        },
    ))
}

async fn describe(stack: &Stack) -> Result<String, Failure> {
    const ACTION: &str = "cloudformation:DescribeStacks";
    let client = stack.client(CLOUDFORMATION, PATIENCE)?;
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("Action", "DescribeStacks")
        .append_pair("Version", "2010-05-15")
        .append_pair("StackName", &stack.name)
        .finish();
    let what = format!("the stack {}", stack.name);
    let answer = refused::unless_passing(async || {
        let request = Request::post("/")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form.clone().into());
        client.send(request.expect("a request"), now()).await
    })
    .await
    .map_err(|problem| Failure::Unseen(format!("CloudFormation, asked for {what}, {problem}")))?;
    let body = String::from_utf8_lossy(answer.body()).into_owned();
    if answer.status().is_success() {
        return Ok(body);
    }
    let code = code(&answer);
    // It says so of whatever is wrong with a request, and there is nothing else to be wrong here.
    if code == "ValidationError" {
        return Err(Failure::Unseen(format!(
            "there is no stack {} in this account and region: look whether AWS_PROFILE and \
             AWS_REGION are those it was deployed with, and what `aws cloudformation \
             describe-stacks` lists",
            stack.name
        )));
    }
    Err(refused::refused(&code, answer.status(), ACTION, &what))
}

fn code(answer: &Response<hyper::body::Bytes>) -> String {
    rollcall_lambda::aws::answer::code(answer).unwrap_or_default()
}

/// The value of an output or a parameter, of a list whose members have a key and a value.
fn value<'a>(body: &'a str, what: &str, key: &str) -> Option<&'a str> {
    body.split("<member>")
        .find(|member| element(member, &format!("{what}Key")) == Some(key))
        .and_then(|member| element(member, &format!("{what}Value")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_that_of_its_own_key() {
        let body = "<Stacks><member><Parameters><member><ParameterKey>A</ParameterKey>
            <ParameterValue>1</ParameterValue></member><member><ParameterKey>B</ParameterKey>
            <ParameterValue/></member></Parameters><Outputs><member>
            <Description>x</Description><OutputKey>A</OutputKey><OutputValue>2</OutputValue>
            </member></Outputs></member></Stacks>";
        assert_eq!(value(body, "Parameter", "A"), Some("1"));
        assert_eq!(value(body, "Parameter", "B"), None);
        assert_eq!(value(body, "Output", "A"), Some("2"));
        assert_eq!(value(body, "Output", "B"), None);
    }
}
