//! What happens by the clock.

use serde_json::Value;

use super::{Problems, functions::FUNCTION};
use crate::template::stack::{Stack, list};

const SCHEDULE: &str = "AWS::Scheduler::Schedule";

pub(super) fn schedules(stack: &Stack) -> Problems {
    let mut problems = Problems::default();
    for (name, schedule) in stack.of_type(SCHEDULE) {
        let target = &schedule["Target"];
        let function = stack.referred(&target["Arn"], FUNCTION);
        problems.unless(function.is_some(), format!("{name} calls no function"));
        let queue = &target["DeadLetterConfig"]["Arn"];
        let is_queue = stack.referred(queue, "AWS::SQS::Queue").is_some();
        problems.unless(is_queue, format!("{name} has no dead letters"));
        for limit in ["MaximumRetryAttempts", "MaximumEventAgeInSeconds"] {
            let is_decided = target["RetryPolicy"][limit].is_u64();
            problems.unless(is_decided, format!("{name} has no {limit}"));
        }
        let role = stack.referred(&target["RoleArn"], "AWS::IAM::Role");
        for (action, resource) in [
            ("lambda:InvokeFunction", &target["Arn"]),
            ("sqs:SendMessage", queue),
        ] {
            let may = role.is_some_and(|role| allows(role, action, resource));
            problems.unless(may, format!("{name} may not {action}"));
        }
        let trusted = role.map(|role| role["AssumeRolePolicyDocument"].to_string());
        let is_trusted = trusted.is_some_and(|trusted| trusted.contains("scheduler.amazonaws.com"));
        problems.unless(
            is_trusted,
            format!("the scheduler cannot take the role of {name}"),
        );
        // Names are the account's, not the stack's.
        let named = schedule["Name"]
            .as_str()
            .is_some_and(|name| name.starts_with("rollcall-"));
        problems.unless(
            named,
            format!("{name} would be in the way of another stack's"),
        );
    }
    for (function, expression) in [
        ("<NightlyCheck.Arn>", "cron(0 2 * * ? *)"),
        ("<Pulse.Arn>", "rate(1 minute)"),
    ] {
        let called = stack.of_type(SCHEDULE).any(|(_, schedule)| {
            schedule["Target"]["Arn"] == function
                && schedule["ScheduleExpression"] == expression
                && schedule["State"] != "DISABLED"
                && (!expression.starts_with("cron")
                    || schedule["ScheduleExpressionTimezone"] == "UTC")
        });
        problems.unless(called, format!("{function} is not called at {expression}"));
    }
    problems
}

fn allows(role: &Value, action: &str, resource: &Value) -> bool {
    let statements = list(&role["Policies"])
        .iter()
        .flat_map(|policy| list(&policy["PolicyDocument"]["Statement"]));
    statements.into_iter().any(|statement| {
        let actions = list(&statement["Action"]);
        let resources = list(&statement["Resource"]);
        actions.iter().any(|one| one == action) && resources.contains(resource)
    })
}
