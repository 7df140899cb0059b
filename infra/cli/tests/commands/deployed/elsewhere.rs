//! Somebody else's idea of AWS: the AWS CLI calls as the documentation says, and moto describes a
//! stack.

use std::{
    env, fs,
    io::{Write, stderr},
    process::Command,
};

use rollcall_lambda::{
    Environment,
    aws::{Client, Service},
};
use rollcall_tests::{Moto, Said};
use serde_json::Value;

use super::*;

/// Whether the AWS CLI is there, and jq beside it; says so where everybody sees it if not.
fn has_aws_cli() -> bool {
    let has = |program: &str| {
        let ended = Command::new(program).arg("--version").output();
        ended.is_ok_and(|ended| ended.status.success())
    };
    if has("aws") && has("jq") {
        return true;
    }
    let required = env::var_os("ROLLCALL_REQUIRE_AWS_CLI").is_some_and(|value| value == "1");
    assert!(
        !required,
        "the AWS CLI is not installed, or jq is not: pip install awscli"
    );
    // The harness keeps what tests print.
    let _ = writeln!(
        stderr(),
        "LEFT OUT, NOT PASSED: the AWS CLI is not installed, or jq is not"
    );
    false
}

#[tokio::test]
async fn the_aws_cli_alone_does_it_as_documented() {
    if !has_aws_cli() {
        return;
    }
    let world = world(3).await;
    let cloud = Cloud::of(&world, &["nightly-check", "backfill", "repair", "diagnose"]).await;
    let here = tempfile::tempdir().unwrap();
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/operators.md");
    let page = fs::read_to_string(page).unwrap();
    let blocks: Vec<&str> = page
        .split("```sh\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap())
        .collect();
    // Each call is told apart, and its answer kept.
    let script = format!("set -eu\n{}", blocks.concat()).replace(
        "Function\n",
        "Function >>told; cat answer.json >>answers; echo >>answers\n",
    );
    let mut variables = cloud.variables();
    // Version 1 reads no other.
    variables.push(("AWS_DEFAULT_REGION", "eu-central-1".to_owned()));
    let directory = here.path().to_owned();
    let ended = tokio::task::spawn_blocking(move || {
        let mut command = Command::new("/bin/bash");
        command
            .args(["-c", &script])
            .current_dir(directory)
            .envs(variables);
        command.env_remove("DATABASE_URL").output().unwrap()
    })
    .await
    .unwrap();
    assert!(ended.status.success(), "{ended:?}");
    let answers = fs::read_to_string(here.path().join("answers")).unwrap();
    let answers: Vec<Value> = answers
        .lines()
        .map(|answer| serde_json::from_str(answer).unwrap())
        .collect();
    let calls = cloud.calls();
    assert_eq!((answers.len(), calls.len()), (6, 6), "{answers:#?}");
    assert_eq!(answers[0]["counts"]["ghosts"], 3);
    assert_eq!(answers[1]["status"], "planned");
    assert_eq!(answers[2]["status"], "completed");
    assert_eq!(answers[2]["created"], 3);
    assert_eq!(answers[3]["state"], "active");
    assert_eq!(answers[4]["undoes"], answers[2]["run_id"]);
    assert_eq!(answers[5]["in_auth"], false);
    let told = fs::read_to_string(here.path().join("told")).unwrap();
    assert!(!told.contains("FunctionError"), "{told}");
}

/// What the command reads of the template's stack, as a template of its own: moto does not know all
/// that the whole has.
const TEMPLATE: &str = r#"{
    "Parameters": {"OperatorFunctions": {"Type": "String", "Default": "false"}},
    "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
    "Outputs": {
        "Topic": {"Value": {"Ref": "Topic"}},
        "NightlyCheckFunction": {"Description": "The check.", "Value": "nightly-check"}
    }
}"#;

#[tokio::test]
async fn motos_stack_is_read_as_ours() {
    let Some(moto) = Moto::shared() else {
        return;
    };
    let region = "eu-central-1".to_owned();
    let endpoint = "AWS_ENDPOINT_URL_CLOUDFORMATION";
    let service = Service {
        name: "cloudformation",
        endpoint_variable: endpoint,
    };
    let cloud = Cloud::with(vec![]).await;
    let mut variables = cloud.variables();
    variables.push((endpoint, moto.url().to_owned()));
    let environment = Environment::of(variables.clone());
    let client = Client::from_environment(&environment, service, Some(&region), LIMIT).unwrap();
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("Action", "CreateStack")
        .append_pair("Version", "2010-05-15")
        .append_pair("StackName", "deployed")
        .append_pair("TemplateBody", TEMPLATE)
        .finish();
    let request = http::Request::post("/")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form.into());
    let now = "2026-11-20T04:12:33Z".parse().unwrap();
    let made = client.send(request.unwrap(), now).await.unwrap();
    assert!(made.status().is_success(), "{made:?}");

    let here = tempfile::tempdir().unwrap();
    cloud.say(Said::thrown("Busy", "called"));
    let check = ["--deployed", "deployed", "check"];
    let ended = called(variables.clone(), here.path(), &check).await;
    assert_eq!((ended.status, &*ended.err), (1, "error: called\n"));
    assert_eq!(cloud.calls()[0].0, "nightly-check");
    let left_out = called(
        variables.clone(),
        here.path(),
        &["--deployed", "deployed", "backfill"],
    )
    .await;
    assert!(
        left_out.err.contains("OperatorFunctions is false"),
        "{left_out:?}"
    );
    let nobody = called(variables, here.path(), &["--deployed", "another", "check"]).await;
    assert!(
        nobody.err.contains("there is no stack another"),
        "{nobody:?}"
    );
}

const LIMIT: std::time::Duration = std::time::Duration::from_secs(20);

#[test]
fn the_template_has_what_is_read_of_its_stack() {
    let template = concat!(env!("CARGO_MANIFEST_DIR"), "/../../template.yaml");
    let template = fs::read_to_string(template).unwrap();
    let (resources, outputs) = template.split_once("\nOutputs:\n").unwrap();
    for output in [
        "NightlyCheckFunction",
        "BackfillFunction",
        "RepairFunction",
        "DiagnoseFunction",
        "OperatorPolicyArn",
        "BackfillToTheEndArn",
    ] {
        assert!(outputs.contains(&format!("  {output}:\n")), "{output}");
    }
    for words in [
        "  OperatorFunctions:\n",
        "lambda:InvokeFunction",
        "cloudformation:DescribeStacks",
    ] {
        assert!(resources.contains(words), "{words}");
    }
}
