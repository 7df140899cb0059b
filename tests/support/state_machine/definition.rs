//! The definition as it is written.

use std::collections::BTreeMap;

use serde::{Deserialize, de::IgnoredAny};
use serde_json::Value;

use super::value::Reader;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Definition {
    #[serde(rename = "Comment")]
    _comment: Option<IgnoredAny>,
    pub(super) start_at: String,
    pub(super) states: BTreeMap<String, State>,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "Type")]
pub(super) enum State {
    Pass(Pass),
    Choice(Choice),
    Wait(Wait),
    Task(Task),
    Fail(Fail),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Pass {
    #[serde(rename = "Comment")]
    _comment: Option<IgnoredAny>,
    #[serde(default = "whole")]
    pub(super) input_path: String,
    pub(super) parameters: Option<Value>,
    #[serde(default = "whole")]
    pub(super) result_path: String,
    pub(super) next: Option<String>,
    #[serde(default)]
    pub(super) end: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Choice {
    pub(super) choices: Vec<Rule>,
    pub(super) default: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Wait {
    pub(super) seconds: u64,
    pub(super) next: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Fail {
    pub(super) error: String,
    pub(super) cause_path: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Task {
    #[serde(rename = "Comment")]
    _comment: Option<IgnoredAny>,
    #[serde(rename = "Resource")]
    _resource: Invoke,
    pub(super) parameters: Value,
    pub(super) result_path: String,
    // The function has a deadline of its own, which the emulator keeps.
    #[serde(rename = "TimeoutSeconds")]
    _timeout_seconds: u64,
    pub(super) retry: Vec<Retrier>,
    pub(super) next: String,
}

#[derive(Debug, Deserialize)]
pub(super) enum Invoke {
    #[serde(rename = "arn:${Partition}:states:::lambda:invoke")]
    Lambda,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Retrier {
    pub(super) error_equals: Vec<String>,
    pub(super) interval_seconds: f64,
    pub(super) backoff_rate: f64,
    pub(super) max_delay_seconds: Option<f64>,
    pub(super) max_attempts: u32,
    #[serde(default)]
    pub(super) jitter_strategy: Jitter,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Jitter {
    Full,
    #[default]
    None,
}

fn whole() -> String {
    "$".to_owned()
}

/// A rule of a choice: where to go if its test holds.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Written")]
pub(super) struct Rule {
    pub(super) test: Test,
    pub(super) next: String,
}

#[derive(Debug)]
pub(super) enum Test {
    And(Vec<Test>),
    Or(Vec<Test>),
    Not(Box<Test>),
    IsPresent(String, bool),
    IsNull(String, bool),
    Is(String, String),
    Less(String, f64),
    LessThanPath(String, String),
}

/// A test as it is written, at any depth: exactly one of its kinds.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Written {
    next: Option<String>,
    and: Option<Vec<Written>>,
    or: Option<Vec<Written>>,
    not: Option<Box<Written>>,
    variable: Option<String>,
    is_present: Option<bool>,
    is_null: Option<bool>,
    string_equals: Option<String>,
    numeric_less_than: Option<f64>,
    numeric_less_than_path: Option<String>,
}

impl TryFrom<Written> for Rule {
    type Error = String;

    fn try_from(mut written: Written) -> Result<Self, String> {
        let next = written.next.take().ok_or("a rule without Next")?;
        let test = written.try_into()?;
        Ok(Self { test, next })
    }
}

impl TryFrom<Written> for Test {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        if written.next.is_some() {
            return Err("Next inside a test".to_owned());
        }
        let all = |tests: Vec<Written>| {
            tests
                .into_iter()
                .map(Self::try_from)
                .collect::<Result<_, _>>()
        };
        let variable = || written.variable.clone().ok_or("a comparison of nothing");
        let mut kinds = Vec::new();
        if let Some(tests) = written.and {
            kinds.push(Self::And(all(tests)?));
        }
        if let Some(tests) = written.or {
            kinds.push(Self::Or(all(tests)?));
        }
        if let Some(test) = written.not {
            kinds.push(Self::Not(Box::new(Self::try_from(*test)?)));
        }
        if let Some(expected) = written.is_present {
            kinds.push(Self::IsPresent(variable()?, expected));
        }
        if let Some(expected) = written.is_null {
            kinds.push(Self::IsNull(variable()?, expected));
        }
        if let Some(text) = written.string_equals {
            kinds.push(Self::Is(variable()?, text));
        }
        if let Some(number) = written.numeric_less_than {
            kinds.push(Self::Less(variable()?, number));
        }
        if let Some(path) = written.numeric_less_than_path {
            kinds.push(Self::LessThanPath(variable()?, path));
        }
        match (kinds.pop(), kinds.is_empty()) {
            (Some(test), true) => Ok(test),
            _ => Err("a rule has to have exactly one test".to_owned()),
        }
    }
}

impl Test {
    pub(super) fn holds(&self, read: &Reader<'_>) -> bool {
        let number = |path| read.path(path).as_f64().expect("a number");
        match self {
            Self::And(tests) => tests.iter().all(|test| test.holds(read)),
            Self::Or(tests) => tests.iter().any(|test| test.holds(read)),
            Self::Not(test) => !test.holds(read),
            Self::IsPresent(path, expected) => read.find(path).is_some() == *expected,
            Self::IsNull(path, expected) => read.path(path).is_null() == *expected,
            Self::Is(path, text) => read.path(path) == text.as_str(),
            Self::Less(path, limit) => number(path) < *limit,
            Self::LessThanPath(path, limit) => number(path) < number(limit),
        }
    }
}
