//! Paths, templates and intrinsic functions.

use serde_json::{Map, Value};
use uuid::Uuid;

/// Reads from the data of a state.
pub(super) struct Reader<'d> {
    pub(super) data: &'d Value,
    pub(super) uuid: Uuid,
}

impl Reader<'_> {
    /// What stands at a path, if it leads anywhere.
    pub(super) fn find(&self, path: &str) -> Option<&Value> {
        let mut keys = path.split('.');
        assert_eq!(keys.next(), Some("$"), "not a path: {path}");
        keys.try_fold(self.data, |at, key| at.get(key))
    }

    /// What stands at a path that has to be there.
    pub(super) fn path(&self, path: &str) -> &Value {
        self.find(path)
            .unwrap_or_else(|| panic!("{path} leads nowhere in {:#}", self.data))
    }

    /// A template with its `….$` keys filled in.
    pub(super) fn template(&self, template: &Value) -> Value {
        match template {
            Value::Object(fields) => {
                let filled = fields
                    .iter()
                    .map(|(key, value)| match key.strip_suffix(".$") {
                        Some(key) => {
                            let expression = value.as_str().expect("an expression is a text");
                            (key.to_owned(), self.expression(expression))
                        }
                        None => (key.clone(), self.template(value)),
                    });
                Value::Object(filled.collect::<Map<_, _>>())
            }
            Value::Array(_) => panic!("a template with an array: {template}"),
            plain => plain.clone(),
        }
    }

    /// A path, or an intrinsic function.
    pub(super) fn expression(&self, text: &str) -> Value {
        let (value, rest) = self.parse(text);
        assert!(rest.is_empty(), "{rest} is left over of {text}");
        value
    }

    /// The value at the beginning of a text, and the rest of it.
    fn parse<'t>(&self, text: &'t str) -> (Value, &'t str) {
        let text = text.trim_start();
        if let Some(quoted) = text.strip_prefix('\'') {
            assert!(!quoted.contains('\\'), "an escape in {text}");
            let (literal, rest) = quoted.split_once('\'').expect("a closing quote");
            return (Value::from(literal), rest.trim_start());
        }
        let length = text.find([',', '(', ')']).unwrap_or(text.len());
        let (word, rest) = text.split_at(length);
        if word.starts_with('$') {
            return (self.path(word.trim_end()).clone(), rest);
        }
        let Some(mut rest) = rest.strip_prefix('(') else {
            let plain = serde_json::from_str(word)
                .unwrap_or_else(|error| panic!("{word} in {text}: {error}"));
            return (plain, rest);
        };
        let mut arguments = Vec::new();
        while !rest.trim_start().starts_with(')') {
            let (argument, after) = self.parse(rest);
            arguments.push(argument);
            rest = after.strip_prefix(',').unwrap_or(after);
        }
        let (_, rest) = rest.split_once(')').expect("a closing parenthesis");
        (self.call(word, &arguments), rest.trim_start())
    }

    fn call(&self, name: &str, arguments: &[Value]) -> Value {
        match (name, arguments) {
            ("States.UUID", []) => Value::from(self.uuid.to_string()),
            ("States.MathAdd", [left, right]) => {
                let number = |value: &Value| value.as_i64().expect("a whole number");
                Value::from(number(left) + number(right))
            }
            (
                "States.JsonMerge",
                [
                    Value::Object(under),
                    Value::Object(over),
                    Value::Bool(false),
                ],
            ) => {
                let mut merged = under.clone();
                merged.extend(over.clone());
                Value::Object(merged)
            }
            ("States.Format", [Value::String(template), value]) => {
                assert_eq!(template.matches("{}").count(), 1, "{template}");
                let value = value.as_str().expect("a text");
                Value::from(template.replace("{}", value))
            }
            _ => panic!("not known here: {name} of {arguments:?}"),
        }
    }
}

/// The data with a value put where the path says: everything, or one field.
pub(super) fn place(data: &Value, path: &str, value: Value) -> Value {
    if path == "$" {
        return value;
    }
    let field = path.strip_prefix("$.").expect("a path");
    assert!(!field.contains('.'), "deeper than one field: {path}");
    let mut data = data.clone();
    data[field] = value;
    data
}
