use super::*;
use crate::https::endpoint::{Endpoint, Manner};

const LIMIT: Duration = Duration::from_secs(5);
const KEYS: [(&str, &str); 3] = [
    ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
    ("AWS_SECRET_ACCESS_KEY", "a-secret"),
    (EXPORT_BUCKET, "rollcall-exports"),
];
const REGION: (&str, &str) = ("AWS_REGION", "eu-central-1");

fn bucket(more: &[(&str, &str)]) -> Bucket {
    let variables = KEYS.iter().chain(more).copied();
    let bucket = Bucket::for_exports(&Environment::of(variables), LIMIT);
    bucket.unwrap().unwrap()
}

fn bucket_at(endpoint: &Endpoint) -> Bucket {
    bucket(&[REGION, ("AWS_ENDPOINT_URL", &endpoint.url(""))])
}

fn now() -> DateTime<Utc> {
    "2026-11-20T04:12:33Z".parse().unwrap()
}

#[test]
fn without_a_name_there_is_no_bucket_and_a_malformed_one_is_named() {
    let none = Bucket::for_exports(&Environment::of([REGION]), LIMIT);
    assert!(none.unwrap().is_none());
    for name in ["S3://hunter2", "hunter2_exports", "h2"] {
        let variables = [KEYS[0], KEYS[1], REGION, (EXPORT_BUCKET, name)];
        let error = Bucket::for_exports(&Environment::of(variables), LIMIT).unwrap_err();
        let said = error.to_string();
        assert!(said.starts_with("EXPORT_BUCKET is not the name"), "{said}");
        assert!(!said.contains(name), "{said}");
    }
    let error = Bucket::for_exports(&Environment::of(KEYS), LIMIT).unwrap_err();
    assert!(error.to_string().starts_with("AWS_REGION is not set"));
}

#[test]
fn a_link_leads_to_the_console_or_to_the_emulator() {
    for (more, link) in [
        (
            &[REGION][..],
            "https://eu-central-1.console.aws.amazon.com/s3/object/rollcall-exports\
             ?region=eu-central-1&prefix=reports/a%20b.html",
        ),
        (
            &[("AWS_REGION", "cn-north-1")],
            "https://cn-north-1.console.amazonaws.cn/s3/object/rollcall-exports\
             ?region=cn-north-1&prefix=reports/a%20b.html",
        ),
        (
            &[REGION, ("AWS_ENDPOINT_URL", "http://127.0.0.1:4566/")],
            "http://127.0.0.1:4566/rollcall-exports/reports/a%20b.html",
        ),
    ] {
        assert_eq!(bucket(more).link("reports/a b.html"), link);
    }
}

#[tokio::test]
async fn an_object_is_put_by_its_path_with_the_digest_of_its_body() {
    let endpoint = Endpoint::start(Manner::answer("200 OK", "")).await;
    let bucket = bucket_at(&endpoint);
    let put = bucket.put("reports/a b.html", "text/html; charset=utf-8", "", now());
    put.await.unwrap();
    let asked = endpoint.asked_once();
    assert!(
        asked
            .head
            .starts_with("PUT /rollcall-exports/reports/a%20b.html "),
        "{asked:?}"
    );
    assert_eq!(asked.header("content-type"), "text/html; charset=utf-8");
    // Of nothing at all; S3 wants to hear of that, too.
    assert_eq!(asked.header("content-length"), "0");
    assert_eq!(
        asked.header("x-amz-content-sha256"),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
    let scope = "Credential=AKIDEXAMPLE/20261120/eu-central-1/s3/aws4_request";
    assert!(asked.header("authorization").contains(scope), "{asked:?}");
}

#[tokio::test]
async fn a_refusal_names_bucket_code_and_mend_and_not_what_else_s3_says() {
    for (status, code, mend) in [
        ("403 Forbidden", "AccessDenied", "s3:PutObject"),
        ("404 Not Found", "NoSuchBucket", "correct EXPORT_BUCKET"),
        ("301 Moved Permanently", "PermanentRedirect", "AWS_REGION"),
        ("503 Slow Down", "SlowDown", "try again"),
        // S3 had to begin its answer before it knew.
        ("200 OK", "InternalError", "try again"),
    ] {
        let body = format!("<Error><Code>{code}</Code><Message>hunter2</Message></Error>");
        let endpoint = Endpoint::start(Manner::answer(status, &body)).await;
        let bucket = bucket_at(&endpoint);
        let put = bucket.put("reports/1.html", "text/html", "page", now());
        let error = put.await.unwrap_err();
        let said = error.to_string();
        for word in ["rollcall-exports", "reports/1.html", code, mend] {
            assert!(said.contains(word), "{said}");
        }
        assert!(!said.contains("hunter2") && !said.contains("a-secret"));
        let retryable = ["SlowDown", "InternalError"].contains(&code);
        assert_eq!(error.is_retryable(), retryable, "{code}");
    }
}

#[tokio::test]
async fn a_refusal_without_a_word_and_no_answer_are_no_success() {
    let endpoint = Endpoint::start(Manner::answer("502 Bad Gateway", "<html>")).await;
    let bucket = bucket_at(&endpoint);
    let put = bucket.put("reports/1.html", "text/html", "page", now());
    let said = put.await.unwrap_err().to_string();
    assert!(said.contains("(HTTP 502)"), "{said}");
    let nowhere = self::bucket(&[REGION, ("AWS_ENDPOINT_URL", "http://127.0.0.1:1")]);
    let put = nowhere.put("reports/1.html", "text/html", "page", now());
    let error = put.await.unwrap_err();
    assert!(error.to_string().contains("could not be reached"));
    assert!(error.is_retryable());
}
