//! Whoever operates the stack: what they may do, and where they find it.

use std::collections::BTreeSet;

use super::{
    Problems,
    functions::FUNCTION,
    rights::{MANAGED, rights},
};
use crate::template::stack::Stack;

/// What the command needs of an operator, and what its pages send them to: find, call, watch, read.
pub(super) fn rights_of_operators(stack: &Stack) -> Problems {
    let mut problems = Problems::default();
    let Some((_, policy)) = stack
        .of_type(MANAGED)
        .find(|(name, _)| *name == "Operators")
    else {
        problems.unless(false, "there is no policy for operators");
        return problems;
    };
    let may = rights(stack, &serde_json::json!({"Policies": [policy]}));
    let stack_arn = "arn:aws:cloudformation:eu-central-1:123456789012:stack/rollcall/*";
    let mut needs = BTreeSet::from([
        format!("cloudformation:DescribeStacks {stack_arn}"),
        "s3:GetObject <Exports.Arn>/reports/*".to_owned(),
        "cloudwatch:GetDashboard arn:aws:cloudwatch::123456789012:dashboard/<Dashboard>".to_owned(),
        "cloudwatch:GetMetricData *".to_owned(),
        "cloudwatch:DescribeAlarms *".to_owned(),
    ]);
    for (name, _) in stack.of_type("AWS::Logs::LogGroup") {
        needs.extend(
            [
                "FilterLogEvents",
                "GetLogEvents",
                "DescribeLogStreams",
                "StartLiveTail",
            ]
            .map(|one| format!("logs:{one} <{name}.Arn>")),
        );
    }
    // What may hold the body of a webhook is for whoever may see people's data.
    let letters = stack
        .of_type("AWS::SQS::Queue")
        .filter(|(name, _)| *name != "FailedInvocations");
    for (name, _) in letters {
        needs.extend(["ReceiveMessage", "PurgeQueue"].map(|one| format!("sqs:{one} <{name}.Arn>")));
    }
    // The webhook is Supabase's to call.
    let functions = stack
        .of_type(FUNCTION)
        .filter(|(name, _)| *name != "SignupWebhook");
    needs.extend(functions.map(|(name, _)| format!("lambda:InvokeFunction <{name}.Arn>")));
    for (name, _) in stack.of_type("AWS::StepFunctions::StateMachine") {
        let of_one = format!("arn:aws:states:eu-central-1:123456789012:execution:<{name}.Name>:*");
        needs.extend(
            ["StartExecution", "ListExecutions"].map(|one| format!("states:{one} <{name}>")),
        );
        needs.extend(
            [
                "DescribeExecution",
                "GetExecutionHistory",
                "RedriveExecution",
                "StopExecution",
            ]
            .map(|one| format!("states:{one} {of_one}")),
        );
    }
    let differs = format!("operators may {may:#?}, and need {needs:#?}");
    problems.unless(may == needs, differs);
    problems
}

/// Each queue's URL is an output: its name is made up by AWS.
pub(super) fn dead_letters_are_found(stack: &Stack) -> Problems {
    let mut problems = Problems::default();
    for (name, _) in stack.of_type("AWS::SQS::Queue") {
        let output = stack.outputs.get(&format!("{name}Url"));
        let is_its = output.is_some_and(|output| output["Value"] == format!("<{name}>"));
        problems.unless(is_its, format!("nobody finds the dead letters in {name}"));
    }
    problems
}
