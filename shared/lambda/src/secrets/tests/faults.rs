//! Secrets that cannot be read when the function starts.

use super::*;
use crate::Kind;

#[tokio::test]
async fn every_fault_names_the_variable_the_secret_and_the_mend() {
    let staging = "can't find the specified secret value for staging label: AWSCURRENT";
    let deletion = "You can't perform this operation because it was marked for deletion. hunter2";
    for (manner, words) in [
        (
            refusing(
                "400 Bad Request",
                "ResourceNotFoundException",
                "hunter2 is not there",
            ),
            "which is not there: create it",
        ),
        (
            refusing("400 Bad Request", "ResourceNotFoundException", staging),
            "which has no value yet",
        ),
        (
            refusing("400 Bad Request", "InvalidRequestException", deletion),
            "which is being deleted: restore it",
        ),
        (
            refusing(
                "400 Bad Request",
                "AccessDeniedException",
                "User: hunter2 is not authorized",
            ),
            "allow its role secretsmanager:GetSecretValue",
        ),
        (
            refusing(
                "400 Bad Request",
                "AccessDeniedException",
                "Access to KMS is not allowed",
            ),
            "allow its role kms:Decrypt",
        ),
        (
            refusing("400 Bad Request", "com.amazonaws#DecryptionFailure", ""),
            "allow its role kms:Decrypt",
        ),
        (
            refusing("400 Bad Request", "UnrecognizedClientException", "hunter2"),
            "refused to give it: UnrecognizedClientException, HTTP 400",
        ),
        (
            refusing("400 Bad Request", "hunter2 is the password", ""),
            "refused to give it: HTTP 400",
        ),
        (
            Manner::answer(
                "200 OK",
                r#"{"Name": "hunter2", "SecretBinary": "aHVudGVyMg=="}"#,
            ),
            "which is binary: store its value as text",
        ),
        (holding(" \n"), "which is empty: put the value there"),
        (
            Manner::answer("200 OK", r#"{"Name": "hunter2"}"#),
            "is no secret: look where",
        ),
        (
            Manner::answer("200 OK", "<html>hunter2</html>"),
            "is no secret: look where",
        ),
        (
            Manner::redirect("http://127.0.0.1/hunter2"),
            "refused to give it: HTTP 302",
        ),
    ] {
        let endpoint = Endpoint::start(manner).await;
        let failure = read(&endpoint, &[("A", ARN)]).await.unwrap_err();
        let said = failure.to_string();
        assert!(
            said.starts_with("A names the secret rollcall/a-AbCdEf, "),
            "{said}"
        );
        assert!(said.contains(words), "{said}");
        for secret in ["hunter2", "123456789012", "127.0.0.1"] {
            assert!(!format!("{said}{failure:?}").contains(secret), "{said}");
        }
        assert_eq!(failure.kind(), Kind::Misconfigured, "{said}");
        endpoint.asked_once();
    }
}

#[tokio::test]
async fn what_passes_is_tried_again_and_told_as_such_when_it_stays() {
    let passing = [
        (
            refusing("400 Bad Request", "ThrottlingException", "Rate exceeded"),
            "asked too often (ThrottlingException, HTTP 400)",
        ),
        (
            refusing("429 Too Many Requests", "", ""),
            "asked too often (HTTP 429)",
        ),
        (
            refusing("500 Internal Server Error", "InternalServiceError", ""),
            "failed (InternalServiceError, HTTP 500)",
        ),
        (Manner::Close, "gave no answer"),
        (Manner::Hang, "did not answer within 2 s"),
    ];
    join_all(passing.map(async |(manner, words)| {
        let endpoint = Endpoint::start(manner).await;
        let failure = read(&endpoint, &[("A", ARN)]).await.unwrap_err();
        let said = failure.to_string();
        assert!(said.contains(words), "{said}");
        assert_eq!(failure.kind(), Kind::Unavailable, "{said}");
        assert!(endpoint.asked().len() > 1, "{words}");
    }))
    .await;
}

#[tokio::test]
async fn a_throttled_secret_is_read_as_soon_as_it_may_be() {
    let throttled = refusing("400 Bad Request", "ThrottlingException", "Rate exceeded");
    let endpoint = Endpoint::start(throttled).await;
    let reading = read(&endpoint, &[("A", ARN)]);
    let relenting = async {
        while endpoint.asked().is_empty() {
            tokio::task::yield_now().await;
        }
        endpoint.be(holding("7"));
    };
    let (environment, ()) = tokio::join!(reading, relenting);
    assert_eq!(*number(&environment.unwrap()).current().unwrap(), 7);
}
