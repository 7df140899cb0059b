//! Secrets that cannot be used: the function does not start, and says what to do.

use rollcall_lambda::settings::NOT_SET_YET;
use rollcall_local::runtime_api::FunctionSpec;
use rollcall_tests::{Mood, look};

use super::*;

const ARN: &str = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:rollcall/db-AbCdEf";

/// What a function says that does not start.
pub(super) async fn init_error(name: &str, variables: &[(&str, &str)]) -> String {
    let mut spec = FunctionSpec::new(name, Deployed::binary(name));
    for (variable, value) in variables {
        let variable = (*variable).to_owned();
        spec.environment.push((variable, (*value).to_owned()));
    }
    let error = Function::start(spec).await.err();
    let said = error.expect("it does not start").to_string();
    assert!(!said.contains("canary"), "{said}");
    assert!(!said.contains("123456789012"), "{said}");
    said
}

#[tokio::test]
async fn what_is_wrong_with_a_secret_is_told_by_variable_name_and_mend() {
    let Some(vault) = Vault::open() else { return };
    let gone = vault.keep("faults/deleted", "canary").await;
    vault
        .call("DeleteSecret", &json!({ "SecretId": gone }))
        .await;
    let binary = json!({"Name": "faults/binary", "SecretBinary": "Y2FuYXJ5"});
    let account = json!({"username": "canary", "password": "canary"}).to_string();
    for (arn, words) in [
        (
            ARN.to_owned(),
            "which is not there: create it, or correct the ARN",
        ),
        (gone, "which is being deleted: restore it, or name another"),
        (
            vault.make(&binary).await,
            "which is binary: store its value as text",
        ),
        (
            vault.make(&json!({"Name": "faults/bare"})).await,
            "which has no value yet: put one there",
        ),
        (
            vault.keep("faults/blank", " \n").await,
            "which is empty: put the value there",
        ),
        (
            vault.keep("faults/template", NOT_SET_YET).await,
            "is not set: set it to postgres://",
        ),
        (
            vault.keep("faults/word", "canary").await,
            "is not of the form postgres://",
        ),
        (
            vault.keep("faults/account", &account).await,
            "is JSON without host, dbname: it takes username",
        ),
    ] {
        let variables = vault.variables(&[("DATABASE_URL", &arn)]);
        let said = init_error("pulse", &variables).await;
        let name = arn.rsplit(':').next().unwrap();
        assert!(said.contains("Misconfigured: DATABASE_URL "), "{said}");
        assert!(said.contains(&format!("the secret {name}")), "{said}");
        assert!(said.contains(words), "{said}");
    }
}

#[tokio::test]
async fn the_webhook_s_own_secrets_are_told_the_same_way() {
    let Some(vault) = Vault::open() else { return };
    for (variable, value, words) in [
        (
            "WEBHOOK_TOKENS",
            "canary",
            "has a token (number 1) of 6 characters",
        ),
        (
            "WEBHOOK_SECRETS",
            "v1,whsec_Y2FuYXJ5",
            "has a secret (number 1) of 6 bytes",
        ),
    ] {
        let name = format!("faults/{variable}");
        let arn = vault.keep(&name, value).await;
        let database = ("DATABASE_URL", "postgres://a@127.0.0.1:1/b");
        let variables = vault.variables(&[database, (variable, &arn)]);
        let said = init_error("signup-webhook", &variables).await;
        let (_, name) = arn.rsplit_once(':').unwrap();
        let told = format!("Misconfigured: {variable} (the secret {name}) {words}");
        assert!(said.contains(&told), "{said}");
    }
}

#[tokio::test]
async fn an_arn_of_another_form_and_an_account_of_nobody_s_are_told_without_a_call() {
    for (arn, words) in [
        (
            format!("{ARN}:password::"),
            "DATABASE_URL begins as the ARN of a Secrets Manager secret, and is none",
        ),
        (ARN.to_owned(), "AWS_ACCESS_KEY_ID is not set"),
    ] {
        let said = init_error("pulse", &[("DATABASE_URL", &arn)]).await;
        assert!(said.contains(&format!("Misconfigured: {words}")), "{said}");
    }
}

#[tokio::test]
async fn whoever_is_denied_or_throttled_or_finds_nobody_is_told_whether_to_try_again() {
    let liar = Mailbox::open().await;
    let url = liar.url();
    let start = async |url: &str| {
        let mut variables = variables_of(url).to_vec();
        variables.push(("DATABASE_URL", ARN));
        init_error("pulse", &variables).await
    };
    let json = "content-type: application/x-amz-json-1.1";
    for (code, message, words) in [
        (
            "AccessDeniedException",
            "User: canary is not authorized to perform: secretsmanager:GetSecretValue",
            "which this function may not read: allow its role secretsmanager:GetSecretValue",
        ),
        (
            "AccessDeniedException",
            "Access to KMS is not allowed for canary",
            "which this function may not decrypt: allow its role kms:Decrypt",
        ),
    ] {
        let refusal = json!({"__type": code, "message": message});
        liar.say("400 Bad Request", json, &refusal.to_string());
        let said = start(&url).await;
        let begins = "Misconfigured: DATABASE_URL names the secret rollcall/db-AbCdEf, ";
        assert!(said.contains(&format!("{begins}{words}")), "{said}");
        assert_eq!(liar.take().len(), 1);
    }
    liar.be(Mood::Refusing);
    let said = start(&url).await;
    assert!(
        said.contains("Unavailable: DATABASE_URL names the secret") && said.contains("HTTP 500"),
        "{said}"
    );
    let said = start("http://127.0.0.1:1").await;
    assert!(
        said.contains("Unavailable: DATABASE_URL names the secret")
            && said.contains("could not be reached: Connection refused")
            && said.contains("a function in a VPC needs"),
        "{said}"
    );
}

#[tokio::test]
async fn a_throttled_start_waits_and_asks_again() {
    let world = world().await;
    let liar = Mailbox::open().await;
    let json = "content-type: application/x-amz-json-1.1";
    for _ in 0..3 {
        let refusal = json!({"__type": "ThrottlingException", "message": "Rate exceeded"});
        liar.say("400 Bad Request", json, &refusal.to_string());
    }
    let answer = json!({ "SecretString": world.url("rollcall_app") });
    liar.answer(json, &answer);
    let url = liar.url();
    let function = start("pulse", ARN, &variables_of(&url)).await;
    function.invoke(look()).await.unwrap();
    assert_eq!(liar.take().len(), 4);
}

#[tokio::test]
async fn a_secret_that_a_function_does_not_use_is_not_read() {
    let world = world().await;
    let liar = Mailbox::open().await;
    let url = liar.url();
    let mut variables = variables_of(&url).to_vec();
    for name in ["SLACK_WEBHOOK_URL", "WEBHOOK_SECRETS"] {
        variables.push((name, ARN));
    }
    let function = start("diagnose", &world.url("rollcall_app"), &variables).await;
    let user = json!({"user_id": crate::webhook::ADA});
    function.invoke(user).await.unwrap();
    assert!(liar.take().is_empty());
}

#[test]
fn the_template_writes_into_a_secret_what_the_functions_take_for_nothing() {
    let template = include_str!("../../../template.yaml");
    let written = template
        .lines()
        .filter_map(|line| line.trim().strip_prefix("SecretString: "))
        .collect::<Vec<_>>();
    assert!(written.len() >= 3, "{written:?}");
    assert!(
        written.iter().all(|text| *text == NOT_SET_YET),
        "{written:?}"
    );
}
