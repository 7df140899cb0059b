//! What is to become of orphaned rows.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What is to become of the orphaned rows of a table, in an operator's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub enum Policy {
    /// Their users get a profile; no row is touched.
    CreateProfile,
    /// They go into quarantine, out of which they can be put back.
    Quarantine,
    /// They name this user from now on.
    Reassign(Uuid),
    /// As without a policy: a profile for whoever can get one, quarantine for the other rows. It names a
    /// column that is only guessed.
    Default,
}

/// As the contract writes it: a word, or an object where there is more to say.
#[derive(Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "a policy is a word or {\"policy\": \"reassign\", \"to\": \"<user id>\"}"
)]
enum Written {
    Word(String),
    Whole(Whole),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Whole {
    policy: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
}

const WORDS: &str = "a policy is \"create_profile\", \"quarantine\", \"default\" or {\"policy\": \
                     \"reassign\", \"to\": \"<user id>\"}";

impl TryFrom<Written> for Policy {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let whole = match written {
            Written::Word(policy) => Whole { policy, to: None },
            Written::Whole(whole) => whole,
        };
        match (whole.policy.as_str(), whole.to) {
            ("create_profile", None) => Ok(Self::CreateProfile),
            ("quarantine", None) => Ok(Self::Quarantine),
            ("default", None) => Ok(Self::Default),
            ("reassign", Some(to)) => to.parse().map(Self::Reassign).map_err(
                |_| "\"to\" is the id of the user to whom the rows are to be reassigned, a uuid",
            ),
            _ => Err(WORDS),
        }
    }
}

impl From<Policy> for Written {
    fn from(policy: Policy) -> Self {
        match policy {
            Policy::Reassign(to) => Self::Whole(Whole {
                policy: policy.word().to_owned(),
                to: Some(to.to_string()),
            }),
            policy => Self::Word(policy.word().to_owned()),
        }
    }
}

impl FromStr for Policy {
    type Err = &'static str;

    /// As the command has it: `reassign:<user id>`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WORDS: &str = "a policy is create_profile, quarantine, default or reassign:<user id>";
        match text.split_once(':') {
            None if text == "create_profile" => Ok(Self::CreateProfile),
            None if text == "quarantine" => Ok(Self::Quarantine),
            None if text == "default" => Ok(Self::Default),
            Some(("reassign", to)) => to.parse().map(Self::Reassign).map_err(|_| WORDS),
            _ => Err(WORDS),
        }
    }
}

impl Policy {
    /// Its word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::CreateProfile => "create_profile",
            Self::Quarantine => "quarantine",
            Self::Reassign(_) => "reassign",
            Self::Default => "default",
        }
    }

    /// To whom rows are reassigned.
    #[must_use]
    pub const fn new_user(self) -> Option<Uuid> {
        match self {
            Self::Reassign(to) => Some(to),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_reads_as_it_is_written() {
        let to = Uuid::from_u128(7);
        for policy in [
            Policy::CreateProfile,
            Policy::Quarantine,
            Policy::Reassign(to),
            Policy::Default,
        ] {
            let text = serde_json::to_string(&policy).unwrap();
            assert_eq!(serde_json::from_str::<Policy>(&text).unwrap(), policy);
        }
        assert_eq!(format!("reassign:{to}").parse(), Ok(Policy::Reassign(to)));
        assert_eq!("quarantine".parse(), Ok(Policy::Quarantine));
        assert_eq!("default".parse(), Ok(Policy::Default));
    }

    #[test]
    fn what_is_no_policy_is_told_what_is() {
        for text in [
            "\"delete\"",
            "\"reassign\"",
            r#"{"policy":"reassign"}"#,
            r#"{"policy":"quarantine","to":"00000000-0000-4000-8000-000000000001"}"#,
        ] {
            assert!(serde_json::from_str::<Policy>(text).is_err(), "{text}");
        }
        for (text, words) in [
            (r#"{"policy":"reassign","to":"x"}"#, "\"to\" is the id"),
            (r#"{"policy":"reassign","to":7}"#, "\"to\""),
            (r#"{"policy":"reassign","too":"x"}"#, "\"to\""),
            ("7", "a policy is"),
        ] {
            let error = serde_json::from_str::<Policy>(text).unwrap_err();
            assert!(error.to_string().contains(words), "{error}");
        }
        for text in ["delete", "reassign", "reassign:7", "quarantine:now", ""] {
            assert!(text.parse::<Policy>().is_err(), "{text}");
        }
    }
}
