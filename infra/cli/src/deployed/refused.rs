//! What AWS refuses, in sentences. Its own words are never shown: where a signature is wrong they
//! hold the request, headers and all.

use std::time::Duration;

use http::{Response, StatusCode};
use hyper::body::Bytes;
use rollcall_lambda::aws::NoAnswer;

use crate::failure::Failure;

/// After how long what passes by itself is tried again, each time.
const WAITS: [Duration; 5] = [
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
];

/// Sends a request until the answer is none that passes by itself.
pub(super) async fn unless_passing(
    send: impl AsyncFn() -> Result<Response<Bytes>, NoAnswer>,
) -> Result<Response<Bytes>, NoAnswer> {
    for wait in WAITS {
        match send().await {
            // Nobody was reached, so nothing was done.
            Err(NoAnswer::Unreachable(_)) => {}
            Ok(answer) if passes(answer.status()) => {}
            answer => return answer,
        }
        tokio::time::sleep(wait).await;
    }
    send().await
}

/// Too many at once, a function that is being replaced, or a fault at AWS.
fn passes(status: StatusCode) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS
        || status == StatusCode::CONFLICT
        || status.is_server_error()
}

/// Why the request was refused, and what to do about it.
pub(super) fn refused(code: &str, status: StatusCode, action: &str, what: &str) -> Failure {
    let word = if code.is_empty() { "no reason" } else { code };
    Failure::Unseen(match code {
        "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" => format!(
            "these credentials may not {action} on {what}: have the stack's policy for operators \
             (its output OperatorPolicyArn) attached to whom they belong to"
        ),
        "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" => {
            "the credentials for AWS have expired: log in again, as by `aws sso login`".to_owned()
        }
        "InvalidClientTokenId"
        | "InvalidSignatureException"
        | "SignatureDoesNotMatch"
        | "UnrecognizedClientException"
        | "IncompleteSignature"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException" => format!(
            "AWS does not take the credentials ({word}): look whether key, secret and session \
             token belong together, and whether this machine's clock is right"
        ),
        "Throttling" | "ThrottlingException" | "TooManyRequestsException" => format!(
            "AWS throttles calls of {what} ({word}), {} times in a row: the account's limit \
             of concurrent executions is used up, or it asks too often; try again in a minute, or \
             have the limit raised",
            WAITS.len() + 1
        ),
        _ => format!(
            "AWS refused {action} on {what}: {word} (HTTP {})",
            status.as_u16()
        ),
    })
}
