use super::*;
use crate::https::endpoint::{Endpoint, Manner};

const LIMIT: Duration = Duration::from_secs(5);
const KEYS: [(&str, &str); 2] = [
    (ACCESS_KEY_ID, "AKIDEXAMPLE"),
    (
        SECRET_ACCESS_KEY,
        "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    ),
];

fn client(more: &[(&str, &str)], region: Option<&str>) -> Result<Client, SettingsError> {
    let variables = KEYS.iter().chain(more).copied();
    Client::from_environment(&Environment::of(variables), SNS, region, LIMIT)
}

fn problem(variables: &[(&str, &str)]) -> String {
    let environment = Environment::of(variables.iter().copied());
    let client = Client::from_environment(&environment, SNS, None, LIMIT);
    client.unwrap_err().to_string()
}

fn then() -> DateTime<Utc> {
    "2015-08-30T12:36:00Z".parse().unwrap()
}

fn authorization(mut request: Request<Bytes>, credentials: &Credentials) -> String {
    sign::sign(&mut request, "service", "us-east-1", credentials, then()).unwrap();
    assert_eq!(request.headers()["x-amz-date"], "20150830T123600Z");
    let authorization = request.headers()["authorization"].to_str().unwrap();
    authorization.to_owned()
}

/// The values are those that AWS publishes as its signature test suite.
#[test]
fn a_signature_is_what_aws_publishes() {
    let credentials = client(&[], Some("us-east-1")).unwrap().credentials;
    let scope = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request";
    let get = Request::get("https://example.amazonaws.com/");
    let get = get.body(Bytes::new()).unwrap();
    assert_eq!(
        authorization(get, &credentials),
        format!(
            "{scope}, SignedHeaders=host;x-amz-date, Signature=\
             5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
        )
    );
    let post = Request::post("https://example.amazonaws.com/")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Bytes::from("Param1=value1"))
        .unwrap();
    assert_eq!(
        authorization(post, &credentials),
        format!(
            "{scope}, SignedHeaders=content-type;host;x-amz-date, Signature=\
             ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"
        )
    );
}

/// The values are those of the examples in S3's reference, "Authenticating Requests: Using the
/// Authorization Header".
#[test]
fn a_signature_for_s3_is_what_aws_publishes() {
    let credentials = Credentials::new(
        "AKIAIOSFODNN7EXAMPLE",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        None,
        None,
        "documentation",
    );
    let then = "2013-05-24T00:00:00Z".parse().unwrap();
    let host = "https://examplebucket.s3.amazonaws.com";
    let get = |path: &str| Request::get(format!("{host}{path}"));
    let put = Request::put(format!("{host}/test%24file.text"))
        .header("date", "Fri, 24 May 2013 00:00:00 GMT")
        .header("x-amz-storage-class", "REDUCED_REDUNDANCY")
        .body(Bytes::from("Welcome to Amazon S3."));
    let nothing = Bytes::new;
    for (request, signature) in [
        (
            get("/test.txt")
                .header("range", "bytes=0-9")
                .body(nothing()),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
        (
            put,
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
        ),
        (
            get("/?lifecycle").body(nothing()),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
        ),
        (
            get("/?max-keys=2&prefix=J").body(nothing()),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        ),
    ] {
        let mut request = request.unwrap();
        sign::sign(&mut request, "s3", "us-east-1", &credentials, then).unwrap();
        let authorization = request.headers()["authorization"].to_str().unwrap();
        let signature = format!("Signature={signature}");
        assert!(authorization.ends_with(&signature), "{authorization}");
    }
}

/// The value is what botocore calculates for the same request.
#[test]
fn a_session_token_is_signed_too() {
    let token = [(SESSION_TOKEN, "a-session-token")];
    let credentials = client(&token, Some("eu-central-1")).unwrap().credentials;
    let mut post = Request::post("https://example.amazonaws.com/")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Bytes::from("Param1=value1"))
        .unwrap();
    sign::sign(&mut post, "sns", "eu-central-1", &credentials, then()).unwrap();
    assert_eq!(post.headers()["x-amz-security-token"], "a-session-token");
    let authorization = post.headers()["authorization"].to_str().unwrap();
    assert!(
        authorization
            .ends_with("=a0c463b0b5d4dc1bf95cf25736739093cc7387c42be5cfad852a597e07532df2"),
        "{authorization}"
    );
}

#[tokio::test]
async fn a_call_goes_to_the_endpoint_signed_and_below_its_path() {
    let endpoint = Endpoint::start(Manner::answer("200 OK", "taken")).await;
    let url = endpoint.url("/below/");
    let client = client(&[(ENDPOINT, &url)], Some("eu-central-1")).unwrap();
    let request = Request::put("/a/path?query=1").body(Bytes::from("body"));
    let answer = client.send(request.unwrap(), then()).await.unwrap();
    assert_eq!(*answer.body(), "taken");
    let asked = endpoint.asked_once();
    assert!(
        asked.head.starts_with("PUT /below/a/path?query=1 "),
        "{asked:?}"
    );
    assert_eq!(asked.header("x-amz-date"), "20150830T123600Z");
    let scope = "Credential=AKIDEXAMPLE/20150830/eu-central-1/sns/aws4_request";
    assert!(asked.header("authorization").contains(scope), "{asked:?}");
}

#[test]
fn the_service_is_where_aws_has_it_or_where_the_environment_says() {
    let endpoint = |more: &[(&str, &str)], region| client(more, region).unwrap().endpoint;
    let everywhere = (ENDPOINT, "http://127.0.0.1:1");
    let sns = ("AWS_ENDPOINT_URL_SNS", "http://127.0.0.1:2");
    for (more, region, url) in [
        (
            &[][..],
            Some("eu-central-1"),
            "https://sns.eu-central-1.amazonaws.com/",
        ),
        (
            &[],
            Some("cn-north-1"),
            "https://sns.cn-north-1.amazonaws.com.cn/",
        ),
        (
            &[(REGION, "us-east-1"), (DEFAULT_REGION, "us-west-2")],
            None,
            "https://sns.us-east-1.amazonaws.com/",
        ),
        (
            &[(DEFAULT_REGION, "us-west-2")],
            None,
            "https://sns.us-west-2.amazonaws.com/",
        ),
        // The region of an ARN wins.
        (
            &[(REGION, "us-east-1")],
            Some("eu-central-1"),
            "https://sns.eu-central-1.amazonaws.com/",
        ),
        (&[everywhere], Some("eu-central-1"), "http://127.0.0.1:1/"),
        (
            &[everywhere, sns],
            Some("eu-central-1"),
            "http://127.0.0.1:2/",
        ),
    ] {
        assert_eq!(endpoint(more, region), *url, "{more:?}");
    }
}

#[test]
fn what_is_missing_or_malformed_is_named_and_not_shown() {
    let [id, key] = KEYS;
    let region = (REGION, "eu-central-1");
    for (variables, begins) in [
        (&[region, key][..], "AWS_ACCESS_KEY_ID is not set: "),
        (&[region, id], "AWS_SECRET_ACCESS_KEY is not set: "),
        (&[id, key], "AWS_REGION is not set: "),
        (
            &[id, key, (REGION, "hunter2.example.com/")],
            "AWS_REGION is not a region",
        ),
        (
            &[id, key, (DEFAULT_REGION, "HUNTER2")],
            "AWS_DEFAULT_REGION is not a region",
        ),
        (
            &[id, key, region, (ENDPOINT, "hunter2")],
            "AWS_ENDPOINT_URL is not",
        ),
        (
            &[
                id,
                key,
                region,
                ("AWS_ENDPOINT_URL_SNS", "http://u:hunter2@host"),
            ],
            "AWS_ENDPOINT_URL_SNS is not",
        ),
    ] {
        let said = problem(variables);
        assert!(said.starts_with(begins), "{said}");
        assert!(!said.to_lowercase().contains("hunter2"), "{said}");
    }
}

#[test]
fn debug_shows_no_credentials() {
    let token = [(SESSION_TOKEN, "a-session-token")];
    let shown = format!("{:?}", client(&token, Some("eu-central-1")).unwrap());
    assert!(shown.contains("eu-central-1"), "{shown}");
    for secret in ["wJalr", "a-session-token", "AKID"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
