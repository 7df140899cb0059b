use std::io;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;
use crate::Kind;

fn event(text: &str) -> Invocation {
    let payload = RawValue::from_string(text.to_owned()).unwrap();
    Invocation::new(payload, lambda_runtime::Context::default())
}

#[tokio::test]
async fn a_panic_is_an_internal_error_with_a_short_type() {
    let handle = async |(): &(), event: Invocation| -> Result<(), Failure> {
        assert_eq!(event.payload.get(), "{}", "ada@example.com");
        Ok(())
    };
    assert!(answer(&(), &handle, event("{}")).await.is_ok());
    let diagnostic = answer(&(), &handle, event("[]")).await.unwrap_err();
    assert_eq!(diagnostic.error_type, Kind::Internal.as_str());
    assert!(!diagnostic.error_message.contains("ada@example.com"));
}

#[tokio::test]
async fn an_init_error_is_posted_with_its_type_and_sentence() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let lambda = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await?;
        let mut request = vec![0; 4096];
        let length = stream.read(&mut request).await?;
        stream
            .write_all(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n")
            .await?;
        request.truncate(length);
        Ok::<_, io::Error>(String::from_utf8_lossy(&request).into_owned())
    });
    let environment = Environment::of([(RUNTIME_API, address)]);
    report(
        &environment,
        Failure::misconfigured("DATABASE_URL is not set"),
    )
    .await;
    let request = lambda.await.unwrap().unwrap();
    assert!(
        request.starts_with("POST /2018-06-01/runtime/init/error HTTP/1.1\r\n"),
        "{request}"
    );
    assert!(request.contains("lambda-runtime-function-error-type: Misconfigured\r\n"));
    assert!(
        request
            .ends_with(r#"{"errorType":"Misconfigured","errorMessage":"DATABASE_URL is not set"}"#)
    );
}

#[tokio::test]
async fn a_lambda_that_cannot_be_told_does_not_hold_up_the_exit() {
    let nowhere = Environment::of([(RUNTIME_API, "127.0.0.1:1")]);
    report(&nowhere, Failure::misconfigured("it")).await;
    let nonsense = Environment::of([(RUNTIME_API, "not an address")]);
    report(&nonsense, Failure::misconfigured("it")).await;
}

#[test]
fn a_program_outside_lambda_says_so() {
    let error = runs_in_lambda(&Environment::of([(RUNTIME_API, "127.0.0.1:1")])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "AWS_LAMBDA_FUNCTION_NAME is not set: this program runs inside AWS Lambda, \
         or under `rollcall up`"
    );
}
