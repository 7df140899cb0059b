//! As whom and where it calls, and what it refuses before it calls anybody.

use std::{fs, os::unix::fs::PermissionsExt};

use rollcall_tests::Said;

use super::*;

/// Variables without some.
fn without(cloud: &Cloud, names: &[&str]) -> Vec<(&'static str, String)> {
    let mut variables = cloud.variables();
    variables.retain(|(name, _)| !names.contains(name));
    variables
}

const KEYS: [&str; 3] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
];

#[tokio::test]
async fn without_keys_in_the_environment_the_aws_cli_is_asked() {
    let cloud = Cloud::with(vec![]).await;
    let here = tempfile::tempdir().unwrap();
    let aws = here.path().join("aws");
    fs::write(
        &aws,
        "#!/bin/sh
case \"$AWS_PROFILE: $*\" in
'drill: configure export-credentials --format process')
    echo '{\"Version\": 1, \"AccessKeyId\": \"AKIACANARY\", \"SecretAccessKey\": \"canary/secret+key\",
        \"SessionToken\": \"canary-session-token\", \"Expiration\": \"2099-01-01T00:00:00Z\"}' ;;
'drill: configure get region') echo eu-west-1 ;;
'old: '*) printf '\\nusage: aws [options]\\nInvalid choice\\n' >&2; exit 2 ;;
*) echo 'The config profile could not be found' >&2; exit 255 ;;
esac
",
    )
    .unwrap();
    fs::set_permissions(&aws, fs::Permissions::from_mode(0o755)).unwrap();
    let check = ["--deployed", "prod", "check"];
    let with_aws = |profile: &str| {
        let mut variables = without(&cloud, &[&KEYS[..], &["AWS_REGION"]].concat());
        variables.push(("PATH", here.path().display().to_string()));
        variables.push(("AWS_PROFILE", profile.to_owned()));
        variables
    };
    cloud.say(Said::thrown("Busy", "the signature was right"));
    let ended = called(with_aws("drill"), here.path(), &check).await;
    assert_eq!(
        (ended.status, &*ended.err),
        (1, "error: the signature was right\n")
    );

    // A token of the environment belongs to a key of the environment.
    let mut variables = with_aws("drill");
    variables.push(("AWS_SESSION_TOKEN", "another".to_owned()));
    cloud.say(Said::thrown("Busy", "the signature was right"));
    assert_eq!(called(variables, here.path(), &check).await.status, 1);

    let ended = called(with_aws("nobody"), here.path(), &check).await;
    assert_eq!(ended.status, 2, "{ended:?}");
    for words in [
        "The config profile could not be found\n",
        "version 2, gave none",
        "AWS_PROFILE",
    ] {
        assert!(ended.err.contains(words), "{words}: {ended:?}");
    }
    let ended = called(with_aws("old"), here.path(), &check).await;
    assert!(
        ended.status == 2 && ended.err.starts_with("error: there are no"),
        "{ended:?}"
    );
    let ended = called(without(&cloud, &KEYS), here.path(), &check).await;
    assert_eq!(ended.status, 2, "{ended:?}");
    assert!(ended.err.contains("no AWS CLI to ask"), "{ended:?}");
}

#[tokio::test]
async fn what_is_missing_or_malformed_is_named_before_anybody_is_called() {
    let cloud = Cloud::with(vec![]).await;
    let here = tempfile::tempdir().unwrap();
    let check = ["--deployed", "prod", "check"];
    for (taken, words) in [
        (
            &["AWS_ACCESS_KEY_ID"][..],
            "AWS_SECRET_ACCESS_KEY is set and AWS_ACCESS_KEY_ID is not",
        ),
        (
            &["AWS_SECRET_ACCESS_KEY"],
            "AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not",
        ),
        (&["AWS_REGION"], "set AWS_REGION"),
    ] {
        let ended = called(without(&cloud, taken), here.path(), &check).await;
        assert_eq!(ended.status, 2, "{ended:?}");
        assert!(ended.err.contains(words), "{words}: {ended:?}");
    }
    let ended = called(
        cloud.variables(),
        here.path(),
        &["--deployed", "no stack", "check"],
    )
    .await;
    assert!(
        ended.status == 2 && ended.err.contains("name of a CloudFormation stack"),
        "{ended:?}"
    );
    assert!(cloud.calls().is_empty());
}

#[tokio::test]
async fn a_wrong_key_is_no_success() {
    let cloud = Cloud::with(vec![]).await;
    let here = tempfile::tempdir().unwrap();
    let mut variables = without(&cloud, &["AWS_SECRET_ACCESS_KEY"]);
    variables.push((
        "AWS_SECRET_ACCESS_KEY",
        "canary-of-somebody-else".to_owned(),
    ));
    let ended = called(variables, here.path(), &["--deployed", "prod", "check"]).await;
    assert_eq!(ended.status, 3, "{ended:?}");
}

#[tokio::test]
async fn a_stack_takes_no_database_beside_it_and_no_command_that_no_function_has() {
    let cloud = Cloud::with(vec![]).await;
    let here = tempfile::tempdir().unwrap();
    let with_stack = |arguments: &[&'static str]| {
        let arguments = [&["--deployed", "prod"], arguments].concat();
        let here = here.path().to_owned();
        let variables = cloud.variables();
        async move { called(variables, &here, &arguments).await }
    };
    for arguments in [
        &[
            "check",
            "--database-url",
            "postgres://canary-user@localhost/x",
        ][..],
        &["check", "--database-ca-cert", "x"],
    ] {
        let ended = with_stack(arguments).await;
        assert_eq!(ended.status, 2, "{ended:?}");
        assert!(ended.err.contains("are two places"), "{ended:?}");
    }
    for arguments in [
        &["fix"][..],
        &["report"],
        &["init"],
        &["sql"],
        &["sql", "--uninstall"],
        &["doctor"],
        &["demo"],
        &["up"],
        &[],
        &[
            "repair",
            "references",
            "constrain",
            "--table",
            "public.t",
            "--column",
            "c",
        ],
    ] {
        let ended = with_stack(arguments).await;
        assert_eq!(
            (ended.status, &*ended.out),
            (2, ""),
            "{arguments:?}: {ended:?}"
        );
        assert!(
            ended
                .err
                .contains("works with check, backfill, diagnose, and repair"),
            "{ended:?}"
        );
    }
    for arguments in [
        &["backfill", "--run", "--export", "list.csv"][..],
        &[
            "repair",
            "export",
            "0e8f9a60-1111-4222-8333-444455556666",
            "-o",
            "list.csv",
        ],
        &["backfill", "--export"],
    ] {
        let ended = with_stack(arguments).await;
        assert_eq!(ended.status, 2, "{arguments:?}: {ended:?}");
    }
    assert!(cloud.calls().is_empty());
    // One of the environment is of no account.
    let mut variables = cloud.variables();
    variables.push((
        "DATABASE_URL",
        "postgres://postgres@127.0.0.1:1/x".to_owned(),
    ));
    cloud.say(Said::thrown("Busy", "asked"));
    let ended = called(variables, here.path(), &["check", "--deployed", "prod"]).await;
    assert_eq!((ended.status, &*ended.err), (1, "error: asked\n"));
}
