//! Which secret a variable names.

use std::fmt;

use crate::{
    SettingsError,
    aws::{Arn, SECRETS_MANAGER},
};

/// A secret's ARN, and what people call the secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name {
    arn: String,
    region: String,
    shown: String,
}

impl Name {
    /// Reads a variable's value: nothing if it is no ARN of Secrets Manager's.
    pub(crate) fn parse(
        variable: &'static str,
        value: &str,
    ) -> Result<Option<Self>, SettingsError> {
        if !is_one(value) {
            return Ok(None);
        }
        let arn = Arn::parse(value);
        let name = arn.and_then(|arn| {
            let name = arn.resource.strip_prefix("secret:")?;
            Some((arn.region, name)).filter(|_| is_name(name))
        });
        match name {
            Some((region, name)) => Ok(Some(Self {
                arn: value.to_owned(),
                region: region.to_owned(),
                shown: name.to_owned(),
            })),
            None => Err(SettingsError::new(
                variable,
                "begins as the ARN of a Secrets Manager secret, and is none: it takes the form \
                 arn:aws:secretsmanager:eu-central-1:111122223333:secret:name-AbCdEf, with nothing \
                 behind the name",
            )),
        }
    }

    pub(super) fn arn(&self) -> &str {
        &self.arn
    }

    pub(super) fn region(&self) -> &str {
        &self.region
    }
}

/// Without the account, which is nobody's business in a log.
impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.shown)
    }
}

/// Whether the value means a secret at all, well written or not.
pub(crate) fn is_one(value: &str) -> bool {
    let mut parts = value.split(':');
    parts.next() == Some("arn")
        && parts
            .next()
            .is_some_and(|partition| partition.starts_with("aws"))
        && parts.next() == Some(SECRETS_MANAGER.name)
}

fn is_name(text: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"/_+=.@!-".contains(&byte);
    !text.is_empty() && text.bytes().all(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_of_a_secret_is_known_by_its_name_and_other_values_are_values() {
        for (arn, shown) in [
            (
                "arn:aws:secretsmanager:eu-central-1:123456789012:secret:rollcall/db-AbCdEf",
                "rollcall/db-AbCdEf",
            ),
            (
                "arn:aws-us-gov:secretsmanager:us-gov-west-1:123456789012:secret:rds!db-1",
                "rds!db-1",
            ),
        ] {
            let name = Name::parse("A", arn).unwrap().unwrap();
            assert_eq!((name.arn(), name.to_string().as_str()), (arn, shown));
        }
        for value in [
            "hunter2",
            "arn:aws:sns:eu-central-1:123456789012:secretsmanager",
            "postgres://u:arn:aws:secretsmanager@db.example.com/app",
        ] {
            assert_eq!(Name::parse("A", value), Ok(None), "{value}");
        }
    }

    #[test]
    fn what_only_begins_as_one_is_refused_and_not_shown() {
        for arn in [
            "arn:aws:secretsmanager:eu-central-1:123456789012:secret:",
            "arn:aws:secretsmanager:eu-central-1:123456789012:hunter2",
            "arn:aws:secretsmanager:eu-central-1:123456789012:secret:hunter2:password::",
            "arn:aws:secretsmanager:eu-central-1:hunter2:secret:name",
            "arn:aws:secretsmanager:https://hunter2/:123456789012:secret:name",
        ] {
            let said = Name::parse("A", arn).unwrap_err().to_string();
            assert!(said.starts_with("A begins as the ARN of a"), "{said}");
            assert!(!said.contains("hunter2"), "{said}");
        }
    }
}
