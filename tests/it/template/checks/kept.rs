//! What is kept, and how.

use serde_json::{Value, json};

use super::Problems;
use crate::template::stack::{Stack, list};

/// Whatever holds something for a while is encrypted. A log group and a secret always are, by
/// AWS's own keys, where nothing else is said; a log holds ids and nothing else of people's.
pub(super) fn encrypted(stack: &Stack) -> Problems {
    let mut problems = Problems::default();
    for (name, queue) in stack.of_type("AWS::SQS::Queue") {
        problems.unless(
            queue["SqsManagedSseEnabled"] == true,
            format!("{name} is not encrypted"),
        );
    }
    for (name, topic) in stack.of_type("AWS::SNS::Topic") {
        let key = stack.referred(&topic["KmsMasterKeyId"], "AWS::KMS::Key");
        problems.unless(key.is_some(), format!("{name} is not encrypted"));
        let statements = key.map_or(&[][..], |key| list(&key["KeyPolicy"]["Statement"]));
        let alarms = |statement: &&Value| {
            statement["Principal"]["Service"] == "cloudwatch.amazonaws.com"
                && statement["Action"] == json!(["kms:GenerateDataKey*", "kms:Decrypt"])
        };
        let may = statements.iter().any(|statement| alarms(&statement));
        problems.unless(may, format!("alarms cannot publish to {name}"));
        let rotates = key.is_some_and(|key| key["EnableKeyRotation"] == true);
        problems.unless(rotates, format!("the key of {name} is never rotated"));
    }
    for (name, secret) in stack.of_type("AWS::SecretsManager::Secret") {
        let given = stack.given("SecretsKey").map(Value::from);
        let is_its = secret["KmsKeyId"] == given.unwrap_or_default();
        problems.unless(
            is_its,
            format!("{name} is not encrypted with the key that was asked for"),
        );
    }
    let statements = stack
        .of_type("AWS::IAM::ManagedPolicy")
        .flat_map(|(_, policy)| list(&policy["PolicyDocument"]["Statement"]));
    let key = stack.given("SecretsKey");
    for statement in statements.filter(|one| key.is_some_and(|key| one["Resource"] == key)) {
        // A secret may lie in another region than the stack, and its key with it.
        let services = json!({"StringLike": {"kms:ViaService": "secretsmanager.*.amazonaws.com"}});
        problems.unless(
            statement["Condition"] == services,
            format!("the key of the secrets is not for secrets of any region: {statement}"),
        );
    }
    problems
}

/// Nobody outside reads the bucket, and nobody reads along.
pub(super) fn bucket(stack: &Stack) -> Problems {
    let mut problems = Problems::default();
    let policies: Vec<_> = stack.of_type("AWS::S3::BucketPolicy").collect();
    for (name, bucket) in stack.of_type("AWS::S3::Bucket") {
        let rule = &bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"][0];
        let is_encrypted = !rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"].is_null();
        problems.unless(is_encrypted, format!("{name} is not encrypted"));
        for setting in [
            "BlockPublicAcls",
            "BlockPublicPolicy",
            "IgnorePublicAcls",
            "RestrictPublicBuckets",
        ] {
            let is_set = bucket["PublicAccessBlockConfiguration"][setting] == true;
            problems.unless(is_set, format!("{name} does not {setting}"));
        }
        let ownership = &bucket["OwnershipControls"]["Rules"][0]["ObjectOwnership"];
        problems.unless(
            ownership == "BucketOwnerEnforced",
            format!("{name} knows access lists"),
        );
        let denies = policies.iter().any(|(_, policy)| {
            let denial = &policy["PolicyDocument"]["Statement"][0];
            policy["Bucket"] == format!("<{name}>")
                && denial["Effect"] == "Deny"
                && denial["Action"] == "s3:*"
                && denial["Condition"]["Bool"]["aws:SecureTransport"] == "false"
                && denial["Resource"] == json!([format!("<{name}.Arn>"), format!("<{name}.Arn>/*")])
        });
        problems.unless(denies, format!("{name} can be read in the clear"));
    }
    problems
}

/// What is about people is kept no longer than it is of use.
pub(super) fn forgotten(stack: &Stack) -> Problems {
    let mut problems = Problems::default();
    for (name, bucket) in stack.of_type("AWS::S3::Bucket") {
        let rules = list(&bucket["LifecycleConfiguration"]["Rules"]);
        let expires = |prefix: &Value, days: u64| {
            rules.iter().any(|rule| {
                rule["Status"] == "Enabled"
                    && rule["Prefix"] == *prefix
                    && rule["ExpirationInDays"]
                        .as_u64()
                        .is_some_and(|until| until <= days)
            })
        };
        problems.unless(
            expires(&Value::Null, 90),
            format!("{name} keeps reports for ever"),
        );
        let lists = expires(&"affected/".into(), 30);
        problems.unless(
            lists,
            format!("{name} keeps addresses for longer than a month"),
        );
    }
    for (name, queue) in stack.of_type("AWS::SQS::Queue") {
        let kept = &queue["MessageRetentionPeriod"];
        problems.unless(
            kept.is_u64(),
            format!("nobody has decided how long {name} keeps things"),
        );
    }
    problems
}
