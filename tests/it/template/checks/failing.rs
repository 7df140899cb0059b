//! What AWS measures of functions, queues and executions is noticed when it goes wrong.

use super::{
    Problems,
    functions::FUNCTION,
    watched::{alarm, is_at_least, over},
};
use crate::template::stack::Stack;

pub(super) fn function_alarms(stack: &Stack) -> Problems {
    let mut problems = Problems::default();
    for (name, function) in stack.of_type(FUNCTION) {
        let errors = if name == "Pulse" { 3 } else { 1 };
        for (metric, threshold) in [("Errors", errors), ("Throttles", 1)] {
            let alarm = alarm(stack, "AWS/Lambda", metric, name);
            let goes_off = is_at_least(alarm, threshold)
                && alarm.is_some_and(|alarm| alarm["Statistic"] == "Sum");
            problems.unless(goes_off, format!("nobody notices {metric} of {name}"));
        }
        let limit = function["Timeout"].as_u64().unwrap_or_default() * 1000;
        let duration = alarm(stack, "AWS/Lambda", "Duration", name);
        let threshold = duration
            .and_then(|alarm| alarm["Threshold"].as_u64())
            .unwrap_or_default();
        let is_near = threshold < limit && threshold >= limit * 3 / 4;
        let goes_off = is_at_least(duration, threshold)
            && duration.is_some_and(|alarm| alarm["Statistic"] == "Maximum");
        problems.unless(
            is_near && goes_off,
            format!("nobody notices that {name} nears its limit"),
        );
    }
    problems
}

pub(super) fn stopped_executions(stack: &Stack) -> Problems {
    let mut problems = Problems::default();
    for (name, _) in stack.of_type("AWS::StepFunctions::StateMachine") {
        let alarm = alarm(stack, "AWS/States", "ExecutionsFailed", name);
        let goes_off = is_at_least(alarm, 1)
            && alarm.is_some_and(|alarm| {
                alarm["Statistic"] == "Sum" && alarm["Dimensions"][0]["Name"] == "StateMachineArn"
            });
        problems.unless(goes_off, format!("nobody notices that {name} fails"));
    }
    problems
}

pub(super) fn dead_letters(stack: &Stack) -> Problems {
    let mut problems = Problems::default();
    for (name, _) in stack.of_type("AWS::SQS::Queue") {
        let alarm = alarm(stack, "AWS/SQS", "ApproximateNumberOfMessagesVisible", name);
        // The next pulse makes up for one alone.
        let threshold = if name == "FailedPulses" { 3 } else { 1 };
        let goes_off = is_at_least(alarm, threshold);
        problems.unless(goes_off, format!("nobody notices a dead letter in {name}"));
    }
    let count = stack.of_type("AWS::SQS::Queue").count();
    problems.unless(
        count >= 2,
        "schedules and functions have dead letters of their own",
    );
    problems
}

/// A request that the webhook refuses or cannot serve is no error to Lambda.
pub(super) fn refused_requests(stack: &Stack) -> Problems {
    let mut problems = Problems::default();
    for (metric, threshold, seconds) in [("Url4xxCount", 5, 3600), ("Url5xxCount", 3, 900)] {
        let alarm = alarm(stack, "AWS/Lambda", metric, "SignupWebhook");
        let goes_off = is_at_least(alarm, threshold)
            && alarm.is_some_and(|alarm| {
                alarm["Statistic"] == "Sum"
                    && alarm["EvaluationPeriods"] == 1
                    && over(alarm) == Some(seconds)
                    && alarm["Dimensions"][0]["Name"] == "FunctionName"
            });
        problems.unless(goes_off, format!("nobody notices {metric} of the webhook"));
    }
    problems
}
