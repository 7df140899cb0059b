//! Runs the function named by its argument and hangs with it: for the test that ends it with
//! kill -9.
#![expect(clippy::print_stdout, reason = "the test reads what is printed")]

use rollcall_local::runtime_api::{Function, FunctionSpec};
use serde_json::json;
use std::time::Duration;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let binary = std::env::args_os()
        .nth(1)
        .ok_or("name the binary of a function")?;
    let mut spec = FunctionSpec::new("hanging", binary);
    spec.timeout = Duration::from_mins(10);
    let function = Function::start(spec).await?;
    println!("{}", function.invoke(json!({"do": "pid"})).await?);
    function.invoke(json!({"do": "hang"})).await?;
    Ok(())
}
