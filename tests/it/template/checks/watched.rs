//! What is noticed, and who is told.

use serde_json::Value;

use super::Problems;
use crate::template::stack::{Stack, list, name_of};

const ALARM: &str = "AWS::CloudWatch::Alarm";

/// When an alert that was not sent is tried again.
const SETTLING: &str = include_str!("../../../../infra/install/sql/incidents.sql");

/// What a run that could look writes whatever it found, as far as alarms are over it. The pulse counts
/// nobody of itself.
pub(in crate::template) const EACH_TIME: [(&str, &[&str]); 2] = [
    (
        "Pulse",
        &[
            "AlertsUnsent",
            "DatabaseUnreachable",
            "Heartbeat",
            "UnhealedGhosts",
        ],
    ),
    ("NightlyCheck", &["Heartbeat", "Refused"]),
];

pub(super) fn alarm<'s>(
    stack: &'s Stack,
    namespace: &str,
    metric: &str,
    of: &str,
) -> Option<&'s Value> {
    let is_it = |alarm: &&Value| {
        let subject = &alarm["Dimensions"][0]["Value"];
        alarm["Namespace"] == namespace
            && alarm["MetricName"] == metric
            && name_of(subject) == Some(of)
    };
    stack.of_type(ALARM).map(|(_, alarm)| alarm).find(is_it)
}

/// Goes off at this many or more, and not for want of data.
pub(super) fn is_at_least(alarm: Option<&Value>, threshold: u64) -> bool {
    alarm.is_some_and(|alarm| {
        alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
            && alarm["Threshold"] == threshold
            && ["notBreaching", "ignore"]
                .iter()
                .any(|word| alarm["TreatMissingData"] == *word)
    })
}

/// Nobody looking is noticed by what stays away; the database out of reach by what is said of it.
pub(super) fn heartbeats(stack: &Stack) -> Problems {
    let mut problems = Problems::default();
    for (function, seconds) in [("Pulse", 300), ("NightlyCheck", 26 * 3600)] {
        let alarm = alarm(stack, "Rollcall", "Heartbeat", function);
        let goes_off = alarm.is_some_and(|alarm| {
            alarm["TreatMissingData"] == "breaching"
                && alarm["ComparisonOperator"] == "LessThanThreshold"
                && alarm["Threshold"] == 1
                && alarm["Statistic"] == "Sum"
                && alarm["DatapointsToAlarm"].is_null()
                && over(alarm) == Some(seconds)
        });
        problems.unless(
            goes_off,
            format!("nobody notices that {function} has stopped"),
        );
    }
    let unreachable = alarm(stack, "Rollcall", "DatabaseUnreachable", "Pulse");
    let goes_off = is_at_least(unreachable, 1)
        && unreachable.is_some_and(|alarm| {
            alarm["Period"] == 60
                && alarm["EvaluationPeriods"] == 5
                && alarm["DatapointsToAlarm"] == 3
        });
    problems.unless(
        goes_off,
        "the database out of reach in three of five minutes goes unnoticed",
    );
    problems
}

/// Users without a profile are noticed, and so is that there are none any more.
pub(super) fn ghosts(stack: &Stack) -> Problems {
    let mut problems = Problems::default();
    // A pulse that did not look is another alarm's affair; between two nights nobody counts.
    for (metric, function, missing, seconds) in [
        ("UnhealedGhosts", "Pulse", "notBreaching", 900),
        ("Refused", "NightlyCheck", "ignore", 86_400),
    ] {
        let alarm = alarm(stack, "Rollcall", metric, function);
        let goes_off = is_at_least(alarm, 1)
            && alarm.is_some_and(|alarm| {
                alarm["TreatMissingData"] == missing
                    && alarm["DatapointsToAlarm"].is_null()
                    && over(alarm) == Some(seconds)
            });
        problems.unless(
            goes_off,
            format!("nobody notices {metric}, or that it is over"),
        );
    }
    problems
}

/// A topic that is gone is told to the other one, for as long as it is gone and not for one failure.
pub(super) fn unsent_alerts(stack: &Stack) -> Problems {
    // Failures within less than a period fall into two of them at most; in the end the tries are this
    // far apart, each waiting for a pulse, and the nightly check may make one.
    let (_, longest) = SETTLING
        .split_once("(o.attempts - 1, 10)), interval '")
        .unwrap();
    let (minutes, _) = longest.split_once(" minutes'").unwrap();
    let (tries, apart) = (3, (minutes.parse::<u64>().unwrap() + 1) * 60);
    let alarm = alarm(stack, "Rollcall", "AlertsUnsent", "Pulse");
    let goes_off = is_at_least(alarm, 1)
        && alarm.is_some_and(|alarm| {
            alarm["TreatMissingData"] == "notBreaching"
                && alarm["Statistic"] == "Maximum"
                && alarm["Period"] == 300
                && alarm["DatapointsToAlarm"] == tries
                && over(alarm).is_some_and(|over| over >= (tries + 1) * apart && over <= 7200)
        });
    let mut problems = Problems::default();
    problems.unless(
        goes_off,
        "nobody notices that alerts are not sent, or that they are",
    );
    for actions in ["AlarmActions", "OKActions"] {
        let tells = |topic: &str| {
            alarm.is_some_and(|alarm| list(&alarm[actions]).iter().any(|action| action == topic))
        };
        problems.unless(
            tells("<IncidentsTopic>") && tells("<DataQualityTopic>"),
            format!("{actions} of unsent alerts go to a topic that may be gone"),
        );
    }
    problems
}

/// How many seconds an alarm looks back.
pub(super) fn over(alarm: &Value) -> Option<u64> {
    Some(alarm["Period"].as_u64()? * alarm["EvaluationPeriods"].as_u64()?)
}

/// Each alarm over what a function measures is over what it writes each time: with a metric that is
/// only there when something is wrong, an alarm never clears.
pub(super) fn measured(stack: &Stack) -> Problems {
    let mut problems = Problems::default();
    for (name, alarm) in stack
        .of_type(ALARM)
        .filter(|(_, alarm)| alarm["Namespace"] == "Rollcall")
    {
        let function = name_of(&alarm["Dimensions"][0]["Value"]);
        let is_measured = EACH_TIME.iter().any(|(of, metrics)| {
            function == Some(of) && metrics.iter().any(|metric| alarm["MetricName"] == *metric)
        });
        problems.unless(
            is_measured,
            format!("{name} is over a metric that its function does not write each time"),
        );
        problems.unless(
            alarm["Dimensions"][0]["Name"] == "Function",
            format!("{name} is over a dimension that nobody measures"),
        );
    }
    problems
}

/// Every alarm tells somebody, and says in words what is wrong; nobody looking is a page.
pub(super) fn told(stack: &Stack) -> Problems {
    let mut problems = Problems::default();
    let composites: Vec<_> = stack.of_type("AWS::CloudWatch::CompositeAlarm").collect();
    let rules: String = composites
        .iter()
        .map(|(_, alarm)| alarm["AlarmRule"].to_string())
        .collect();
    for (name, alarm) in stack.of_type(ALARM).chain(composites.iter().copied()) {
        let is_told = !list(&alarm["AlarmActions"]).is_empty();
        let is_part = rules.contains(&format!("ALARM(\\\"<{name}>\\\")"));
        problems.unless(is_told != is_part, format!("{name} tells nobody, or twice"));
        for action in list(&alarm["AlarmActions"]) {
            let is_topic = stack.referred(action, "AWS::SNS::Topic").is_some();
            problems.unless(is_topic, format!("{name} tells no topic"));
        }
        let says = alarm["AlarmDescription"]
            .as_str()
            .is_some_and(|text| text.ends_with('.'));
        problems.unless(says, format!("{name} does not say what is wrong"));
    }
    let pages: Vec<_> = composites
        .iter()
        .filter(|(_, alarm)| {
            list(&alarm["AlarmActions"])
                .iter()
                .any(|action| action == "<IncidentsTopic>")
        })
        .collect();
    problems.unless(pages.len() == 1, "nobody looking is not a page");
    for part in ["DatabaseUnreachableAlarm", "PulseMissingAlarm"] {
        problems.unless(
            rules.contains(part),
            format!("{part} is no part of the page"),
        );
    }
    let shown = stack
        .of_type("AWS::CloudWatch::Dashboard")
        .any(|(_, dashboard)| {
            let body = dashboard["DashboardBody"].as_str().unwrap_or_default();
            serde_json::from_str::<Value>(body).is_ok_and(|body| !list(&body["widgets"]).is_empty())
        });
    problems.unless(shown, "there is no dashboard");
    problems
}
