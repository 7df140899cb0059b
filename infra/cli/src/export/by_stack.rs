//! The same by the function of a deployed stack, which has a bucket for it.

use std::path::Path;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    deployed::{Operation, Stack},
    failure::{Failure, Status},
    output::Output,
};

/// Has the function list them, in the stack's bucket.
pub(super) async fn list(
    stack: &Stack,
    run_id: Uuid,
    output: &mut Output,
) -> Result<Status, Failure> {
    let event = json!({ "action": "export", "run_id": run_id });
    let answer: Value = stack.ask(Operation::Repair, &event, output).await?;
    if output.is_json() {
        output.json(&answer)?;
    } else {
        show(&answer["export"], output)?;
    }
    Ok(Status::Done)
}

/// Says where a function has put a list.
pub(crate) fn show(export: &Value, output: &mut Output) -> std::io::Result<()> {
    match (export["bucket"].as_str(), export["key"].as_str()) {
        (Some(bucket), Some(key)) => output.line(format_args!("wrote s3://{bucket}/{key}")),
        _ => Ok(()),
    }
}

/// A function has no files.
pub(crate) fn refuse_file(file: Option<&Path>) -> Result<(), Failure> {
    match file {
        None => Ok(()),
        Some(file) => Err(Failure::Usage(format!(
            "a deployed function puts the list into its bucket, and not into {}: leave the name out",
            file.display()
        ))),
    }
}
