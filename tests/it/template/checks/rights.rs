//! Who may do what: each function what it uses, and nothing else.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    Problems,
    functions::{FUNCTION, destination_of, is_secret},
};
use crate::template::stack::{Stack, list, name_of};

const ROLE: &str = "AWS::IAM::Role";
pub(super) const MANAGED: &str = "AWS::IAM::ManagedPolicy";

/// Actions that know no resource, and why somebody has them.
const WITHOUT_RESOURCE: [&str; 10] = [
    // Step Functions makes the delivery of its own log; AWS's documentation asks for these.
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
    // A metric has no ARN; a composite alarm is shown to whoever may see all alarms only.
    "cloudwatch:GetMetricData",
    "cloudwatch:DescribeAlarms",
];

/// The statements of a role, its managed policies' included.
fn statements<'s>(stack: &'s Stack, role: &'s Value) -> Vec<&'s Value> {
    let managed = list(&role["ManagedPolicyArns"])
        .iter()
        .filter_map(|policy| stack.referred(policy, MANAGED))
        .map(|policy| &policy["PolicyDocument"]);
    let own = list(&role["Policies"])
        .iter()
        .map(|policy| &policy["PolicyDocument"]);
    managed
        .chain(own)
        .flat_map(|document| list(&document["Statement"]))
        .collect()
}

/// Everything a role may do, as `action resource`.
pub(super) fn rights<'s>(stack: &'s Stack, role: &'s Value) -> BTreeSet<String> {
    let pairs = |statement: &'s Value| {
        list(&statement["Action"]).iter().flat_map(|action| {
            let resources = list(&statement["Resource"]).iter();
            resources.map(move |resource| {
                format!(
                    "{} {}",
                    action.as_str().unwrap(),
                    resource.as_str().unwrap()
                )
            })
        })
    };
    statements(stack, role)
        .into_iter()
        .flat_map(pairs)
        .collect()
}

pub(super) fn own_roles(stack: &Stack) -> Problems {
    let mut problems = Problems::default();
    let mut taken = BTreeSet::new();
    for (name, function) in stack.of_type(FUNCTION) {
        let role = stack.referred(&function["Role"], ROLE);
        problems.unless(
            role.is_some(),
            format!("{name} has no role of this stack's"),
        );
        let is_own = taken.insert(name_of(&function["Role"]));
        problems.unless(is_own, format!("{name} shares a role"));
    }
    for (name, role) in stack.of_type(ROLE) {
        let trust = &role["AssumeRolePolicyDocument"]["Statement"][0];
        let service = trust["Principal"]["Service"].as_str().unwrap_or_default();
        problems.unless(
            service.ends_with(".amazonaws.com"),
            format!("{name} is no service's"),
        );
        // Lambda does not say for whom it takes a function's role.
        let account = &trust["Condition"]["StringEquals"]["aws:SourceAccount"];
        problems.unless(
            service == "lambda.amazonaws.com" || account == "123456789012",
            format!("{name} is taken for other accounts, too"),
        );
        let ours = |policy: &Value| stack.referred(policy, MANAGED).is_some();
        let all_ours = list(&role["ManagedPolicyArns"]).iter().all(ours);
        problems.unless(
            all_ours,
            format!("{name} has a policy of AWS's, which names no resource"),
        );
    }
    problems
}

pub(super) fn named_resources(stack: &Stack) -> Problems {
    let mut problems = Problems::default();
    let documents = stack
        .of_type(MANAGED)
        .map(|(name, policy)| (name, list(&policy["PolicyDocument"]["Statement"])))
        .chain(stack.of_type(ROLE).flat_map(|(name, role)| {
            let policies = list(&role["Policies"]).iter();
            policies.map(move |policy| (name, list(&policy["PolicyDocument"]["Statement"])))
        }));
    for (name, statement) in
        documents.flat_map(|(name, all)| all.iter().map(move |one| (name, one)))
    {
        let named = list(&statement["Resource"]);
        let is_named = !named.is_empty() && named.iter().all(|resource| resource != "*");
        let actions = list(&statement["Action"]);
        let is_known = actions
            .iter()
            .all(|action| WITHOUT_RESOURCE.iter().any(|known| action == known));
        problems.unless(
            is_named || is_known,
            format!("{name} names no resource: {statement}"),
        );
        let whole = |action: &Value| action.as_str().is_none_or(|action| action.ends_with(":*"));
        let is_narrow = statement["Effect"] == "Allow" && !actions.iter().any(whole);
        problems.unless(
            is_narrow,
            format!("{name} allows a whole service: {statement}"),
        );
    }
    problems
}

/// What a function may do is what its settings, its log and its destination ask for.
pub(super) fn no_more_than_used(stack: &Stack) -> Problems {
    let mut problems = Problems::default();
    for (name, function) in stack.of_type(FUNCTION) {
        let Some(role) = stack.referred(&function["Role"], ROLE) else {
            continue;
        };
        let may = rights(stack, role);
        let uses = uses(stack, name, function);
        for right in uses.difference(&may) {
            problems.unless(false, format!("{name} uses {right}, and may not"));
        }
        for right in may.difference(&uses) {
            problems.unless(false, format!("{name} may {right}, and does not use it"));
        }
    }
    problems
}

fn uses(stack: &Stack, name: &str, function: &Value) -> BTreeSet<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let log = name_of(&function["LoggingConfig"]["LogGroup"]).unwrap_or_default();
    let mut uses = BTreeSet::from([
        format!("logs:CreateLogStream <{log}.Arn>"),
        format!("logs:PutLogEvents <{log}.Arn>"),
    ]);
    uses.extend(
        destination_of(stack, name).map(|queue| format!("sqs:SendMessage {}", text(queue))),
    );
    let variables = function["Environment"]["Variables"].as_object().unwrap();
    for (variable, value) in variables {
        if is_secret(stack, value) {
            uses.insert(format!("secretsmanager:GetSecretValue {}", text(value)));
            uses.extend(
                stack
                    .given("SecretsKey")
                    .map(|key| format!("kms:Decrypt {key}")),
            );
        }
        if let Some(topic) = stack.referred(value, "AWS::SNS::Topic") {
            let key = name_of(&topic["KmsMasterKeyId"]).unwrap_or_default();
            uses.insert(format!("sns:Publish {}", text(value)));
            uses.insert(format!("kms:Decrypt <{key}.Arn>"));
            uses.insert(format!("kms:GenerateDataKey* <{key}.Arn>"));
        }
        if variable == "EXPORT_BUCKET" {
            let bucket = name_of(value).unwrap_or_default();
            // Whoever alerts writes reports; whoever works for an operator writes lists.
            if variables.contains_key("INCIDENTS_TOPIC_ARN") {
                uses.insert(format!("s3:PutObject <{bucket}.Arn>/reports/*"));
            } else {
                uses.insert(format!("s3:PutObject <{bucket}.Arn>/affected/*"));
                uses.insert(format!("s3:AbortMultipartUpload <{bucket}.Arn>/affected/*"));
            }
        }
    }
    uses
}

/// The state machine may call the one function that it calls.
pub(super) fn state_machine(stack: &Stack) -> Problems {
    let mut problems = Problems::default();
    for (name, machine) in stack.of_type("AWS::StepFunctions::StateMachine") {
        let called = &machine["DefinitionSubstitutions"]["BackfillFunction"];
        let is_there = stack.referred(called, FUNCTION).is_some();
        problems.unless(is_there, format!("{name} calls nobody"));
        let role = stack.referred(&machine["RoleArn"], ROLE);
        let may: BTreeSet<_> = role.map(|role| rights(stack, role)).unwrap_or_default();
        let calls: Vec<_> = may
            .iter()
            .filter(|right| right.starts_with("lambda:"))
            .collect();
        let wanted = format!(
            "lambda:InvokeFunction {}",
            called.as_str().unwrap_or_default()
        );
        problems.unless(calls == [&wanted], format!("{name} may {calls:?}"));
        let logging = &machine["LoggingConfiguration"];
        let log = &logging["Destinations"][0]["CloudWatchLogsLogGroup"]["LogGroupArn"];
        let is_logged = stack.referred(log, "AWS::Logs::LogGroup").is_some();
        problems.unless(is_logged, format!("{name} has no log"));
        problems.unless(
            logging["IncludeExecutionData"] == false,
            format!("{name} logs what an operator wrote"),
        );
    }
    problems
}
