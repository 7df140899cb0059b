//! The template, as SAM translates it, for several choices of its parameters.

mod checks;
mod environment;
mod measured;
mod mutants;
mod parameters;
mod stack;

use std::{collections::BTreeSet, fs};

use checks::ALL;
use stack::{Stack, translated};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// The functions: what the template calls them, and their crates.
const FUNCTIONS: [(&str, &str); 6] = [
    ("SignupWebhook", "signup-webhook"),
    ("NightlyCheck", "nightly-check"),
    ("Pulse", "pulse"),
    ("Backfill", "backfill"),
    ("Repair", "repair"),
    ("Diagnose", "diagnose"),
];

const SECRET: &str = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:one-AbCdEf";
const OTHER_SECRET: &str = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:two-AbCdEf";
const KEY: &str = "arn:aws:kms:eu-central-1:123456789012:key/1";

type Choice = &'static [(&'static str, &'static str)];

/// As little as can be said, everything made, everything given, nothing for operators; nothing reserved
/// for the webhook, and the webhook turned off.
const CHOICES: [Choice; 6] = [
    &[],
    &[
        ("WebhookTokens", "make"),
        ("SlackSecret", "make"),
        ("SecretsKey", KEY),
    ],
    &[
        ("ApplicationDatabaseSecret", SECRET),
        ("OperatorDatabaseSecret", OTHER_SECRET),
        ("WebhookSecret", SECRET),
        ("WebhookTokens", OTHER_SECRET),
        ("SlackSecret", OTHER_SECRET),
        ("SecretsKey", KEY),
    ],
    &[
        ("OperatorFunctions", "false"),
        ("WebhookSecret", "none"),
        ("WebhookTokens", "make"),
    ],
    &[("WebhookConcurrency", "-1")],
    &[("WebhookConcurrency", "0")],
];

#[test]
fn everything_holds_whatever_is_chosen() {
    let Some(template) = translated() else { return };
    for choice in CHOICES {
        let stack = Stack::new(template, choice);
        for (check, problems) in ALL {
            assert_eq!(problems(&stack).0, [""; 0], "{check}, of {choice:?}");
        }
    }
}

#[test]
fn without_operator_functions_nothing_of_theirs_is_left() {
    let Some(template) = translated() else { return };
    let all = Stack::new(template, CHOICES[0]);
    let few = Stack::new(template, CHOICES[3]);
    for name in [
        "Backfill",
        "Repair",
        "Diagnose",
        "OperatorDatabase",
        "MayList",
    ] {
        assert!(all.resources.contains_key(name), "{name}");
        let left: Vec<_> = few
            .resources
            .keys()
            .filter(|left| left.starts_with(name))
            .collect();
        assert_eq!(left, [""; 0]);
    }
    let outputs = few
        .outputs
        .keys()
        .map(String::as_str)
        .collect::<BTreeSet<_>>();
    assert!(outputs.contains("WebhookUrl") && !outputs.contains("BackfillFunction"));
}

/// A stack that loses something when it is updated or deleted loses nothing of people's.
#[test]
fn a_bucket_and_a_replaced_secret_outlive_the_stack() {
    let Some(template) = translated() else { return };
    for (name, resource) in template["Resources"].as_object().unwrap() {
        let (kind, kept) = (&resource["Type"], &resource["UpdateReplacePolicy"]);
        if kind == "AWS::S3::Bucket" || kind == "AWS::SecretsManager::Secret" {
            assert_eq!(kept, "Retain", "{name}");
        }
    }
}

#[test]
fn the_template_has_the_functions_that_the_workspace_has() {
    let built = fs::read_dir(format!("{ROOT}/functions")).unwrap();
    let built: BTreeSet<_> = built
        .map(|one| one.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(built, FUNCTIONS.map(|(_, name)| name.to_owned()).into());
}
