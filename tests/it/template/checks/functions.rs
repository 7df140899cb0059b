//! The functions: what they are made of, where they write, what they are given.

use rollcall_lambda::settings::NOT_SET_YET;
use serde_json::Value;

use super::Problems;
use crate::template::{
    FUNCTIONS,
    stack::{Stack, list, name_of},
};

pub(super) const FUNCTION: &str = "AWS::Lambda::Function";

/// Those that are there are the ones that the workspace has, each as it is built.
pub(super) fn packages(stack: &Stack) -> Problems {
    let mut problems = Problems::default();
    for (name, function) in stack.of_type(FUNCTION) {
        let named = FUNCTIONS.iter().any(|known| {
            function["FunctionName"] == format!("rollcall-{}", known.1) && name == known.0
        });
        problems.unless(
            named,
            format!("{name} is not called after its crate and the stack"),
        );
        for (property, wanted) in [
            ("Architectures", Value::from(vec!["arm64"])),
            ("Runtime", "provided.al2023".into()),
            ("Handler", "bootstrap".into()),
        ] {
            let is_so = function[property] == wanted;
            problems.unless(is_so, format!("{name}: {property} is not {wanted}"));
        }
        for limit in ["MemorySize", "Timeout"] {
            problems.unless(function[limit].is_u64(), format!("{name} has no {limit}"));
        }
    }
    let count = stack.of_type(FUNCTION).count();
    problems.unless(
        count == 6 || count == 3,
        format!("there are {count} functions"),
    );
    problems
}

/// Each writes JSON to a log group of its own, which forgets.
pub(super) fn logs(stack: &Stack) -> Problems {
    let mut problems = Problems::default();
    for (name, function) in stack.of_type(FUNCTION) {
        let logging = &function["LoggingConfig"];
        problems.unless(
            logging["LogFormat"] == "JSON",
            format!("{name} does not log JSON: Lambda would not know its levels"),
        );
        let group = stack.referred(&logging["LogGroup"], "AWS::Logs::LogGroup");
        let own = format!(
            "/aws/lambda/{}",
            function["FunctionName"].as_str().unwrap_or_default()
        );
        problems.unless(
            group.is_some_and(|group| group["LogGroupName"] == own),
            format!("{name} has no log group of its own"),
        );
    }
    for (name, group) in stack.of_type("AWS::Logs::LogGroup") {
        let forgets = !group["RetentionInDays"].is_null();
        problems.unless(forgets, format!("{name} is kept for ever"));
    }
    problems
}

/// What nobody waited for and failed goes where somebody finds it.
pub(super) fn destinations(stack: &Stack) -> Problems {
    let mut problems = Problems::default();
    for (name, _) in stack.of_type(FUNCTION) {
        let destination = destination_of(stack, name);
        let queue = destination.and_then(|queue| stack.referred(queue, "AWS::SQS::Queue"));
        problems.unless(
            queue.is_some(),
            format!("{name} has no destination for failures"),
        );
        let retries = invoke_config(stack, name).map(|config| &config["MaximumRetryAttempts"]);
        problems.unless(
            retries.is_some_and(Value::is_u64),
            format!("nobody has decided how often {name} is tried again"),
        );
    }
    problems
}

/// Where a function's failures go.
pub(super) fn destination_of<'s>(stack: &'s Stack, function: &str) -> Option<&'s Value> {
    Some(&invoke_config(stack, function)?["DestinationConfig"]["OnFailure"]["Destination"])
}

fn invoke_config<'s>(stack: &'s Stack, function: &str) -> Option<&'s Value> {
    stack
        .of_type("AWS::Lambda::EventInvokeConfig")
        .map(|(_, config)| config)
        .find(|config| name_of(&config["FunctionName"]) == Some(function))
}

/// Whether this is the ARN of a secret, and not what is in one.
pub(super) fn is_secret(stack: &Stack, value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    text.starts_with("arn:aws:secretsmanager:")
        || stack
            .referred(value, "AWS::SecretsManager::Secret")
            .is_some()
            && !text.contains('.')
}

/// Whoever may look at a function's configuration sees no secret in it.
pub(super) fn secrets(stack: &Stack) -> Problems {
    let mut problems = Problems::default();
    for (name, function) in stack.of_type(FUNCTION) {
        let variables = &function["Environment"]["Variables"];
        let url = &variables["DATABASE_URL"];
        problems.unless(
            is_secret(stack, url),
            format!("{name}: DATABASE_URL is no secret's ARN"),
        );
        for variable in ["WEBHOOK_SECRETS", "WEBHOOK_TOKENS", "SLACK_WEBHOOK_URL"] {
            let value = &variables[variable];
            problems.unless(
                value.is_null() || value == "" || is_secret(stack, value),
                format!("{name}: {variable} is no secret's ARN"),
            );
        }
        let plain = variables.to_string().contains("{{resolve:");
        problems.unless(
            !plain,
            format!("{name}: a secret is resolved when the stack is deployed"),
        );
    }
    for (name, secret) in stack.of_type("AWS::SecretsManager::Secret") {
        problems.unless(
            secret["SecretString"] == NOT_SET_YET
                || secret["GenerateSecretString"]["PasswordLength"].as_u64() >= Some(24),
            format!("{name} holds neither the placeholder nor a long random text"),
        );
    }
    problems
}

/// The webhook is called from the internet: by its URL, which takes two permissions, and the other
/// functions are not.
pub(super) fn url(stack: &Stack) -> Problems {
    let mut problems = Problems::default();
    let urls: Vec<_> = stack.of_type("AWS::Lambda::Url").collect();
    let is_its = urls.len() == 1 && urls[0].1["TargetFunctionArn"] == "<SignupWebhook>";
    problems.unless(is_its, "the webhook alone has a URL");
    problems.unless(
        urls.iter().all(|(_, url)| url["AuthType"] == "NONE"),
        "the URL asks for credentials of AWS, which Supabase has not",
    );
    let permissions: Vec<_> = stack.of_type("AWS::Lambda::Permission").collect();
    for (action, condition, wanted) in [
        (
            "lambda:InvokeFunctionUrl",
            "FunctionUrlAuthType",
            Value::from("NONE"),
        ),
        (
            "lambda:InvokeFunction",
            "InvokedViaFunctionUrl",
            Value::from(true),
        ),
    ] {
        let is_given = permissions.iter().any(|(_, permission)| {
            permission["Action"] == action
                && permission[condition] == wanted
                && permission["Principal"] == "*"
                && permission["FunctionName"] == "<SignupWebhook>"
        });
        problems.unless(is_given, format!("the URL has no permission for {action}"));
    }
    for (name, permission) in permissions {
        let bound = list(&permission["Principal"])
            .iter()
            .all(|principal| principal != "*")
            || permission["FunctionUrlAuthType"] == "NONE"
            || permission["InvokedViaFunctionUrl"] == true;
        problems.unless(bound, format!("{name} lets everybody in"));
    }
    let limit = &stack.resources["SignupWebhook"]["Properties"]["ReservedConcurrentExecutions"];
    let is_as_chosen = match stack.given("WebhookConcurrency") {
        // An account that is too small may not even reserve nothing.
        Some("-1") => limit.is_null(),
        chosen => *limit == chosen.unwrap_or("10"),
    };
    problems.unless(
        is_as_chosen,
        format!("signups open {limit} connections, which nobody has chosen"),
    );
    problems
}
