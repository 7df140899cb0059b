//! What AWS makes of the translated template for one choice of parameters.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    env,
    io::{self, Write},
    process::Command,
    sync::OnceLock,
};

use serde_json::{Map, Value};

use super::{Choice, ROOT};

/// The template as SAM translates it. None without SAM.
pub(super) fn translated() -> Option<&'static Value> {
    static TRANSLATED: OnceLock<Option<Value>> = OnceLock::new();
    TRANSLATED.get_or_init(translate).as_ref()
}

/// Whether SAM is there, of which `ROLLCALL_REQUIRE_SAM=1` makes sure.
pub(super) fn has_sam() -> bool {
    let there = Command::new("python3")
        .args(["-c", "import boto3, samcli, samtranslator"])
        .output();
    let is_there = there.is_ok_and(|output| output.status.success());
    if !is_there {
        let missing = "SAM is not installed: pip install aws-sam-cli";
        let required = env::var_os("ROLLCALL_REQUIRE_SAM").is_some_and(|value| value == "1");
        assert!(!required, "{missing}");
        let _ = writeln!(io::stderr(), "LEFT OUT, NOT PASSED: {missing}");
    }
    is_there
}

fn translate() -> Option<Value> {
    if !has_sam() {
        return None;
    }
    let output = Command::new("python3")
        .arg("tests/it/template/translate.py")
        .arg("template.yaml")
        .current_dir(ROOT)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

/// The resources and outputs that there are, with every intrinsic function worked out. A
/// reference to a resource is `<Name>`, to an attribute of one `<Name.Attribute>`.
#[derive(Debug)]
pub(super) struct Stack {
    given: Choice,
    pub(super) resources: BTreeMap<String, Value>,
    pub(super) outputs: BTreeMap<String, Value>,
    /// What is referred to, and is not there.
    pub(super) dangling: BTreeSet<String>,
}

impl Stack {
    pub(super) fn new(template: &Value, given: Choice) -> Self {
        let mut scope = Scope::new(template, given);
        let all = template["Resources"].as_object().unwrap();
        scope.resources = all
            .iter()
            .filter(|(_, resource)| scope.exists(resource))
            .map(|(name, _)| name.as_str())
            .collect();
        let resolved = |section: &Map<String, Value>| {
            let there = section.iter().filter(|(_, one)| scope.exists(one));
            there
                .map(|(name, one)| (name.clone(), scope.resolve(one).unwrap()))
                .collect()
        };
        Self {
            given,
            resources: resolved(all),
            outputs: resolved(template["Outputs"].as_object().unwrap()),
            dangling: scope.dangling.into_inner(),
        }
    }

    /// What was chosen for a parameter; nothing if it has its default.
    pub(super) fn given(&self, parameter: &str) -> Option<&'static str> {
        let mut given = self.given.iter();
        given
            .find(|(name, _)| *name == parameter)
            .map(|(_, value)| *value)
    }

    /// The resources of a type, as names and properties.
    pub(super) fn of_type<'s>(&'s self, kind: &str) -> impl Iterator<Item = (&'s str, &'s Value)> {
        self.resources
            .iter()
            .filter(move |(_, resource)| resource["Type"] == kind)
            .map(|(name, resource)| (name.as_str(), &resource["Properties"]))
    }

    /// The properties of what `<Name>` or `<Name.Attribute>` refers to, if it is of this type.
    pub(super) fn referred<'s>(&'s self, reference: &Value, kind: &str) -> Option<&'s Value> {
        let resource = self.resources.get(name_of(reference)?)?;
        (resource["Type"] == kind).then(|| &resource["Properties"])
    }
}

/// The resource that a reference names.
pub(super) fn name_of(reference: &Value) -> Option<&str> {
    let inner = reference.as_str()?.strip_prefix('<')?.strip_suffix('>')?;
    inner.split('.').next()
}

/// A property that may be one thing or a list of them, as a list.
pub(super) fn list(value: &Value) -> &[Value] {
    match value {
        Value::Array(items) => items,
        Value::Null => &[],
        one => std::slice::from_ref(one),
    }
}

struct Scope<'t> {
    conditions: &'t Value,
    parameters: BTreeMap<&'t str, String>,
    resources: Vec<&'t str>,
    dangling: RefCell<BTreeSet<String>>,
}

impl<'t> Scope<'t> {
    fn new(template: &'t Value, given: Choice) -> Self {
        let text = |value: &Value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let pseudo = [
            ("AWS::StackName", "rollcall"),
            ("AWS::Region", "eu-central-1"),
            ("AWS::AccountId", "123456789012"),
            ("AWS::Partition", "aws"),
            ("AWS::URLSuffix", "amazonaws.com"),
        ];
        let declared = template["Parameters"].as_object().unwrap();
        let mut parameters: BTreeMap<_, _> = declared
            .iter()
            .map(|(name, parameter)| (name.as_str(), text(&parameter["Default"])))
            .collect();
        for (name, value) in given {
            assert!(declared.contains_key(*name), "there is no parameter {name}");
            parameters.insert(name, (*value).to_owned());
        }
        parameters.extend(pseudo.map(|(name, value)| (name, value.to_owned())));
        Self {
            conditions: &template["Conditions"],
            parameters,
            resources: vec![],
            dangling: RefCell::default(),
        }
    }

    fn exists(&self, one: &Value) -> bool {
        one["Condition"]
            .as_str()
            .is_none_or(|name| self.holds(name))
    }

    fn holds(&self, condition: &str) -> bool {
        let known = self.conditions.get(condition);
        self.is_true(known.unwrap_or_else(|| panic!("there is no condition {condition}")))
    }

    fn is_true(&self, condition: &Value) -> bool {
        let (function, arguments) = condition.as_object().unwrap().iter().next().unwrap();
        match function.as_str() {
            "Condition" => self.holds(arguments.as_str().unwrap()),
            "Fn::Not" => !self.is_true(&arguments[0]),
            "Fn::And" => list(arguments).iter().all(|one| self.is_true(one)),
            "Fn::Equals" => {
                let [left, right] = [0, 1].map(|index| match self.resolve(&arguments[index]) {
                    Some(Value::String(text)) => text,
                    other => other.unwrap_or_default().to_string(),
                });
                left == right
            }
            other => panic!("{other} is not known here"),
        }
    }

    /// None is what AWS calls no value: the property is left out.
    fn resolve(&self, value: &Value) -> Option<Value> {
        match value {
            Value::Array(items) => {
                Some(items.iter().filter_map(|item| self.resolve(item)).collect())
            }
            Value::Object(fields) => match fields.iter().next() {
                Some((function, arguments)) if fields.len() == 1 => match function.as_str() {
                    "Ref" if arguments == "AWS::NoValue" => None,
                    "Ref" => Some(self.reference(arguments.as_str().unwrap()).into()),
                    "Fn::GetAtt" => Some(self.reference(&attribute(arguments)).into()),
                    "Fn::Sub" => Some(self.filled(arguments.as_str().unwrap()).into()),
                    "Fn::If" => {
                        let holds = self.holds(arguments[0].as_str().unwrap());
                        self.resolve(&arguments[if holds { 1 } else { 2 }])
                    }
                    unknown if unknown.starts_with("Fn::") => panic!("{unknown} is not known here"),
                    _ => Some(self.object(fields)),
                },
                _ => Some(self.object(fields)),
            },
            plain => Some(plain.clone()),
        }
    }

    fn object(&self, fields: &Map<String, Value>) -> Value {
        let resolved = fields
            .iter()
            .filter_map(|(name, value)| Some((name.clone(), self.resolve(value)?)));
        Value::Object(resolved.collect())
    }

    fn reference(&self, path: &str) -> String {
        if let Some(value) = self.parameters.get(path) {
            return value.clone();
        }
        let name = path.split('.').next().unwrap();
        if !self.resources.contains(&name) {
            self.dangling.borrow_mut().insert(path.to_owned());
        }
        format!("<{path}>")
    }

    fn filled(&self, text: &str) -> String {
        let mut parts = text.split("${");
        let first = parts.next().unwrap().to_owned();
        parts.fold(first, |filled, part| {
            let (path, rest) = part.split_once('}').unwrap();
            filled + &self.reference(path) + rest
        })
    }
}

fn attribute(arguments: &Value) -> String {
    let parts = list(arguments).iter().map(|part| part.as_str().unwrap());
    parts.collect::<Vec<_>>().join(".")
}
