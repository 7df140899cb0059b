//! A function that does what its event says: for the tests of the emulator.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the tests read what it prints"
)]

use lambda_runtime::{Diagnostic, Error, LambdaEvent, run, service_fn};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let environment: BTreeMap<String, String> = std::env::vars().collect();
    println!("starting");
    match environment.get("AT_INIT").map(String::as_str) {
        Some("fail") => return Err("DATABASE_URL is not set".into()),
        Some("exit") => std::process::exit(7),
        Some("report") => report_init_error(&environment["AWS_LAMBDA_RUNTIME_API"])?,
        _ => {}
    }
    run(service_fn(|event| handle(event, environment.clone()))).await
}

async fn handle(
    event: LambdaEvent<Value>,
    environment: BTreeMap<String, String>,
) -> Result<Value, Diagnostic> {
    let (event, context) = event.into_parts();
    // Through a Function URL, what is to be done stands in the body.
    let body = event["body"]
        .as_str()
        .and_then(|body| serde_json::from_str(body).ok());
    let told: &Value = body.as_ref().unwrap_or(&event);
    match told["do"].as_str().unwrap_or("echo") {
        "environment" => Ok(json!(environment)),
        "context" => Ok(json!({
            "deadline": context.deadline,
            "request_id": context.request_id,
            "arn": context.invoked_function_arn,
        })),
        "pid" => Ok(json!(std::process::id())),
        "print" => {
            println!("to standard output");
            eprintln!("to standard error");
            Ok(Value::Null)
        }
        "fail" => Err(Diagnostic {
            error_type: "Busy".to_owned(),
            error_message: "another run holds the lease".to_owned(),
        }),
        "panic" => panic!("as told"),
        "exit" => {
            eprintln!("leaving");
            std::process::exit(3)
        }
        "sleep" => {
            let ms = told["ms"].as_u64().unwrap_or_default();
            tokio::time::sleep(Duration::from_millis(ms)).await;
            println!("awake again");
            Ok(json!(std::process::id()))
        }
        // Not an await: the process does not even notice that its connection breaks.
        "hang" => loop {
            std::thread::sleep(Duration::from_mins(1));
        },
        "large" => Ok(json!("x".repeat(7 * 1024 * 1024))),
        _ => Ok(event),
    }
}

fn report_init_error(api: &str) -> std::io::Result<()> {
    let body = r#"{"errorType": "Misconfigured", "errorMessage": "WEBHOOK_SECRETS is not set"}"#;
    let head = "POST /2018-06-01/runtime/init/error HTTP/1.1\r\nhost: local";
    let mut stream = TcpStream::connect(api)?;
    write!(
        stream,
        "{head}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )?;
    loop {
        std::thread::park();
    }
}
