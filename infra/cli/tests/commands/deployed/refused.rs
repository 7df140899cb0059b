//! What goes wrong between the command and the function.

use rollcall_tests::Said;
use serde_json::json;

use super::*;

async fn nothing() -> Cloud {
    Cloud::with(vec![]).await
}

/// How it ends, and the one sentence that it says.
async fn said(cloud: &Cloud, arguments: &[&str]) -> (i32, String) {
    let here = tempfile::tempdir().unwrap();
    let ended = deployed(cloud, here.path(), arguments).await;
    assert_eq!(ended.out, "", "{ended:?}");
    assert_eq!(ended.err.matches('\n').count(), 1, "{ended:?}");
    let sentence = ended.err.strip_prefix("error: ").unwrap();
    (ended.status, sentence.trim().to_owned())
}

#[tokio::test]
async fn what_a_function_throws_ends_as_it_does_without_lambda() {
    let cloud = nothing().await;
    for (error_type, status) in [
        ("BadRequest", 2),
        ("Busy", 1),
        ("Rejected", 1),
        ("Unavailable", 3),
        ("Misconfigured", 3),
        ("Internal", 3),
    ] {
        cloud.say(Said::thrown(error_type, "the sentence"));
        let ended = said(&cloud, &["check"]).await;
        assert_eq!(ended, (status, "the sentence".to_owned()), "{error_type}");
    }
    for (lift, option) in [
        ("give confirm_count 1200", "give --confirm-count 1200"),
        (
            "set accept_side_effects to true",
            "give --accept-side-effects",
        ),
    ] {
        cloud.say(Said::thrown(
            "Rejected",
            &format!("why; if that is wanted, {lift}"),
        ));
        let (status, sentence) = said(&cloud, &["backfill", "--run"]).await;
        assert_eq!(status, 1);
        assert_eq!(sentence, format!("why; if that is wanted, {option}"));
    }
}

#[tokio::test]
async fn what_lambda_refuses_names_what_to_look_at_and_nothing_of_its_own_words() {
    let cloud = nothing().await;
    for (status, code, words) in [
        (
            403,
            "AccessDeniedException",
            "lambda:InvokeFunction on the function nightly-check: have the stack's policy for operators (its output OperatorPolicyArn) attached",
        ),
        (403, "ExpiredTokenException", "expired: log in again"),
        (
            403,
            "UnrecognizedClientException",
            "does not take the credentials (UnrecognizedClientException)",
        ),
        (403, "InvalidSignatureException", "this machine's clock"),
        (
            404,
            "ResourceNotFoundException",
            "nightly-check is not there, although the stack names it",
        ),
        (
            400,
            "InvalidRequestContentException",
            "InvalidRequestContentException (HTTP 400)",
        ),
    ] {
        cloud.say(Said::refusal(status, code));
        let (ended, sentence) = said(&cloud, &["check"]).await;
        assert_eq!(ended, 3, "{sentence}");
        assert!(sentence.contains(words), "{sentence}");
    }
    cloud.say(Said::refusal(413, "RequestTooLargeException"));
    let (ended, sentence) = said(&cloud, &["check"]).await;
    assert!(ended == 2 && sentence.contains("6 MB"), "{sentence}");
}

#[tokio::test]
async fn what_passes_by_itself_is_tried_again_and_not_for_ever() {
    let cloud = nothing().await;
    cloud.say(Said::refusal(429, "TooManyRequestsException"));
    cloud.say(Said::refusal(500, "ServiceException"));
    cloud.say(Said::refusal(409, "ResourceConflictException"));
    cloud.say(Said::thrown("Busy", "at last"));
    let ended = said(&cloud, &["check"]).await;
    assert_eq!(ended, (1, "at last".to_owned()));
    assert_eq!(cloud.calls().len(), 4);
    for _ in 0..7 {
        cloud.say(Said::refusal(429, "TooManyRequestsException"));
    }
    let (ended, sentence) = said(&cloud, &["check"]).await;
    assert_eq!(ended, 3);
    assert!(
        sentence.contains("throttles calls of the function nightly-check"),
        "{sentence}"
    );
    assert_eq!(cloud.calls().len(), 6, "{sentence}");
}

#[tokio::test]
async fn what_is_no_answer_of_this_version_is_not_shown_as_one() {
    let cloud = nothing().await;
    for answer in [
        json!({}),
        json!("canary-word"),
        json!({"sentence": "canary-word", "run_id": 7}),
    ] {
        cloud.say(Said::answer(&answer));
        let (ended, sentence) = said(&cloud, &["check"]).await;
        assert_eq!(ended, 3);
        assert!(
            sentence.contains("use the version that the stack was deployed from"),
            "{sentence}"
        );
    }
    cloud.say(Said(
        200,
        "x-amz-function-error: Unhandled".to_owned(),
        "canary-word".to_owned(),
    ));
    let (ended, sentence) = said(&cloud, &["diagnose", "x"]).await;
    assert!(
        ended == 3 && sentence.contains("the function diagnose ended without an answer"),
        "{sentence}"
    );
}

#[tokio::test]
async fn a_stack_that_is_not_what_it_should_be_is_told() {
    let cloud = nothing().await;
    let here = tempfile::tempdir().unwrap();
    let other = ["--deployed", "canry", "check"];
    let ended = called(cloud.variables(), here.path(), &other).await;
    assert_eq!(ended.status, 3, "{ended:?}");
    assert!(
        ended
            .err
            .contains("there is no stack canry in this account and region"),
        "{ended:?}"
    );

    let check = [("NightlyCheckFunction", "nightly-check")];
    let without = [("OperatorFunctions", "false")];
    for (stack, words) in [
        (
            Said::stack("CREATE_IN_PROGRESS", &[], &[]),
            "is still being created (CREATE_IN_PROGRESS)",
        ),
        (
            Said::stack("REVIEW_IN_PROGRESS", &[], &[]),
            "is still being created",
        ),
        (
            Said::stack("ROLLBACK_COMPLETE", &[], &without),
            "OperatorFunctions is false",
        ),
        (
            Said::stack("DELETE_IN_PROGRESS", &[], &[]),
            "is DELETE_IN_PROGRESS",
        ),
        (Said::stack("CREATE_FAILED", &[], &[]), "is CREATE_FAILED"),
        (
            Said::stack("CREATE_COMPLETE", &check, &without),
            "deployed without the functions for operators (OperatorFunctions is false)",
        ),
        (
            Said::stack("CREATE_COMPLETE", &check, &[]),
            "has no output BackfillFunction",
        ),
        (
            Said(
                403,
                "x: y".to_owned(),
                "<Error><Code>AccessDenied</Code><Message>canary-message</Message></Error>"
                    .to_owned(),
            ),
            "may not cloudformation:DescribeStacks on the stack prod",
        ),
        (
            Said(
                403,
                "x: y".to_owned(),
                "<Error><Code>ExpiredToken</Code></Error>".to_owned(),
            ),
            "expired",
        ),
        (
            Said(
                400,
                "x: y".to_owned(),
                "<Error><Code>Throttling</Code></Error>".to_owned(),
            ),
            "throttles",
        ),
    ] {
        cloud.say_of_the_stack(stack);
        let (ended, sentence) = said(&cloud, &["backfill"]).await;
        assert_eq!(ended, 3, "{sentence}");
        assert!(sentence.contains(words), "{words}: {sentence}");
        assert!(cloud.calls().is_empty());
    }
}

#[tokio::test]
async fn an_endpoint_out_of_reach_is_told_without_its_address() {
    let here = tempfile::tempdir().unwrap();
    let mut variables = nothing().await.variables();
    variables.push((
        "AWS_ENDPOINT_URL_CLOUDFORMATION",
        "http://127.0.0.1:1/canary-path".to_owned(),
    ));
    let ended = called(variables, here.path(), &["--deployed", "prod", "check"]).await;
    assert_eq!(ended.status, 3, "{ended:?}");
    assert!(
        ended
            .err
            .contains("CloudFormation, asked for the stack prod, could not be reached"),
        "{ended:?}"
    );
}
