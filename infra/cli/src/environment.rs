//! What is read of this process's environment, beside what is an argument's.

/// Where a function tells people, and puts reports.
const OUTSIDE: [&str; 4] = [
    "SLACK_WEBHOOK_URL",
    "INCIDENTS_TOPIC_ARN",
    "DATA_QUALITY_TOPIC_ARN",
    "EXPORT_BUCKET",
];

/// As whom it calls AWS, and where that is.
const AWS: [&str; 7] = [
    "AWS_REGION",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_SNS",
    "AWS_ENDPOINT_URL_S3",
];

/// As whom a deployed stack is called, and where it is.
const STACKS: [&str; 8] = [
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_CLOUDFORMATION",
    "AWS_ENDPOINT_URL_LAMBDA",
];

/// Those of them that are set, for calling a deployed stack.
pub(crate) fn for_stacks() -> Vec<(String, String)> {
    set(&STACKS)
}

/// The variables that are set, for the local stack's functions. Who we are to AWS is nobody's business unless there is something
/// outside to reach.
pub(crate) fn for_functions() -> Vec<(String, String)> {
    let outside = set(&OUTSIDE);
    if outside.is_empty() {
        return outside;
    }
    [outside, set(&AWS)].concat()
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place where the command reads what is not an argument's"
)]
fn set(names: &[&str]) -> Vec<(String, String)> {
    let set = names.iter().filter_map(|name| {
        let value = std::env::var(name).ok()?;
        (!value.trim().is_empty()).then(|| ((*name).to_owned(), value))
    });
    set.collect()
}
