mod faults;

use std::cell::Cell;

use serde_json::json;

use super::*;
use crate::https::endpoint::{Endpoint, Manner};

const ARN: &str = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:rollcall/a-AbCdEf";
const OTHER: &str = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:rollcall/b-AbCdEf";

thread_local! {
    static NOW: Cell<i64> = const { Cell::new(1_795_164_022) };
}

fn clock() -> DateTime<Utc> {
    DateTime::from_timestamp(NOW.get(), 0).unwrap()
}

fn holding(text: &str) -> Manner {
    Manner::answer("200 OK", &json!({ "SecretString": text }).to_string())
}

fn refusing(status: &str, code: &str, message: &str) -> Manner {
    let body = json!({ "__type": code, "message": message });
    Manner::answer(status, &body.to_string())
}

async fn read(
    endpoint: &Endpoint,
    variables: &[(&'static str, &str)],
) -> Result<Environment, Failure> {
    let url = endpoint.url("");
    let known = [
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "hunter2"),
        ("AWS_ENDPOINT_URL", &url),
    ];
    let names = variables.iter().map(|(name, _)| *name).collect::<Vec<_>>();
    let mut environment = Environment::of(known.into_iter().chain(variables.iter().copied()));
    environment.read_secrets(&names, clock).await?;
    Ok(environment)
}

fn number(environment: &Environment) -> Rotating<u32> {
    let read = |text: &str| {
        let problem = |_| SettingsError::new("A", "is no number");
        text.parse().map_err(problem)
    };
    let rotating = Rotating::from_environment(environment, "A", read);
    rotating.unwrap().unwrap()
}

#[tokio::test]
async fn each_secret_is_asked_for_once_by_a_signed_call_and_values_are_left_alone() {
    let endpoint = Endpoint::start(holding(" hunter2\n")).await;
    let variables = [("A", ARN), ("B", "plain"), ("C", ARN), ("D", OTHER)];
    let environment = read(&endpoint, &variables).await.unwrap();
    let value = |name| {
        let secret = environment.secret(name).unwrap();
        secret.unwrap().expose().to_owned()
    };
    assert_eq!(
        ["A", "B", "C", "D"].map(value),
        ["hunter2", "plain", "hunter2", "hunter2"]
    );
    let asked = endpoint.asked();
    let mut bodies = asked.iter().map(|asked| &*asked.body).collect::<Vec<_>>();
    bodies.sort_unstable();
    let body = |arn| json!({ "SecretId": arn }).to_string();
    assert_eq!(bodies, [body(ARN), body(OTHER)]);
    assert_eq!(
        asked[0].header("x-amz-target"),
        "secretsmanager.GetSecretValue"
    );
    let authorization = asked[0].header("authorization");
    assert!(
        authorization.contains("/eu-central-1/secretsmanager/aws4_request"),
        "{authorization}"
    );
    assert!(
        authorization.contains("x-amz-target"),
        "signed: {authorization}"
    );
    let shown = format!("{environment:?} {:?}", environment.secrets());
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[tokio::test]
async fn a_rotated_secret_is_read_again_once_a_minute_at_most() {
    let endpoint = Endpoint::start(holding("1")).await;
    let environment = read(&endpoint, &[("A", ARN)]).await.unwrap();
    let setting = number(&environment);
    endpoint.be(holding("2"));
    assert_eq!(*setting.renew().await.unwrap(), 2);
    assert_eq!(*setting.current().unwrap(), 2);

    // Rotated twice in a minute.
    endpoint.be(holding("3"));
    NOW.set(NOW.get() + 59);
    let said = setting.renew().await.unwrap_err();
    assert_eq!(
        said,
        "A names the secret rollcall/a-AbCdEf, which was read again 59 s ago, and is once a minute \
         at most: try again in 2 s"
    );
    assert_eq!(
        (*setting.current().unwrap(), endpoint.asked().len()),
        (2, 2)
    );
    NOW.set(NOW.get() + 1);
    assert_eq!(*setting.renew().await.unwrap(), 3);

    NOW.set(NOW.get() + 60);
    let said = setting.renew().await.unwrap_err();
    assert!(said.ends_with("put the new value there"), "{said}");
    assert_eq!(endpoint.asked().len(), 4);
}

#[tokio::test]
async fn what_nobody_refuses_is_read_again_when_it_is_more_than_five_minutes_old() {
    let endpoint = Endpoint::start(holding("1")).await;
    let environment = read(&endpoint, &[("A", ARN)]).await.unwrap();
    let setting = number(&environment);
    endpoint.be(holding("2"));
    let fresh = async |seconds: i64| {
        NOW.set(NOW.get() + seconds);
        setting.keep_fresh().await;
        (*setting.current().unwrap(), endpoint.asked().len())
    };
    assert_eq!(fresh(300).await, (1, 1));
    assert_eq!(fresh(1).await, (2, 2));
    assert_eq!(fresh(300).await, (2, 2));
    // Where nobody can tell, it is asked for once a minute until somebody can.
    for manner in [
        refusing("400 Bad Request", "ThrottlingException", ""),
        Manner::Hang,
    ] {
        let asked = endpoint.asked().len();
        endpoint.be(manner);
        assert_eq!(fresh(61).await, (2, asked + 1));
        assert_eq!(fresh(59).await, (2, asked + 1));
    }
    let asked = endpoint.asked().len();
    endpoint.be(holding("3"));
    assert_eq!(fresh(1).await, (3, asked + 1));
    // A refusal counts as a reading, too.
    endpoint.be(holding("4"));
    NOW.set(NOW.get() + 60);
    assert_eq!(*setting.renew().await.unwrap(), 4);
    assert_eq!(fresh(300).await, (4, asked + 2));
}

#[tokio::test]
async fn what_cannot_be_read_again_or_means_nothing_leaves_what_was_before() {
    let endpoint = Endpoint::start(holding("1")).await;
    let environment = read(&endpoint, &[("A", ARN)]).await.unwrap();
    let setting = number(&environment);
    for (manner, words) in [
        (
            refusing("400 Bad Request", "AccessDeniedException", ""),
            "may not read",
        ),
        (
            refusing("400 Bad Request", "ThrottlingException", ""),
            "too often",
        ),
        (Manner::Hang, "did not answer within 1 s"),
        (holding(""), "is empty"),
        (
            holding("hunter2"),
            "A (the secret rollcall/a-AbCdEf) is no number",
        ),
    ] {
        endpoint.be(manner);
        NOW.set(NOW.get() + 60);
        let said = setting.renew().await.unwrap_err();
        assert!(said.contains(words), "{said}");
        assert!(!said.contains("hunter2"), "{said}");
        assert_eq!(*setting.current().unwrap(), 1);
    }
    endpoint.be(holding("2"));
    NOW.set(NOW.get() + 60);
    assert_eq!(*setting.renew().await.unwrap(), 2);
}

#[tokio::test]
async fn a_value_that_is_no_secret_s_never_changes() {
    let endpoint = Endpoint::start(holding("2")).await;
    let environment = read(&endpoint, &[("A", "1")]).await.unwrap();
    let setting = number(&environment);
    assert!(!setting.can_change());
    assert!(setting.renew().await.is_err());
    assert!(endpoint.asked().is_empty());
}

#[tokio::test]
async fn what_nobody_has_set_yet_is_not_set_and_counts_once_it_is() {
    let endpoint = Endpoint::start(holding(crate::settings::NOT_SET_YET)).await;
    let environment = read(&endpoint, &[("A", ARN)]).await.unwrap();
    assert_eq!(environment.secret("A"), Ok(None));
    let setting = number(&environment);
    assert_eq!(setting.current(), None);
    let said = setting.renew().await.unwrap_err();
    assert!(said.ends_with("put it there"), "{said}");
    endpoint.be(holding("1"));
    NOW.set(NOW.get() + 60);
    assert_eq!(*setting.renew().await.unwrap(), 1);
    // The stack's template, once more: what was put there stays in use.
    endpoint.be(holding(crate::settings::NOT_SET_YET));
    NOW.set(NOW.get() + 60);
    assert!(setting.renew().await.is_err());
    assert_eq!(*setting.current().unwrap(), 1);
}
