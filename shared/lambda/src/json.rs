//! Why a JSON value does not fit, said without quoting the value.

use serde::de::DeserializeOwned;

/// Reads a JSON object as a `T`; the error is a clause that names the field and what was expected.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    // serde would take an array for a struct, its fields in the order in which they are declared.
    if !text.trim_start().starts_with('{') {
        return Err("expected a JSON object".to_owned());
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        let problem = describe(&error.into_inner().to_string());
        if path == "." || path == "?" || problem.contains(&format!("`{path}`")) {
            problem
        } else {
            format!("`{path}`: {problem}")
        }
    })?;
    match deserializer.end() {
        Ok(()) => Ok(value),
        Err(error) => Err(describe(&error.to_string())),
    }
}

/// What serde complains about, without the place in a line that nobody sees and without the value.
fn describe(message: &str) -> String {
    let message = match message.rfind(" at line ") {
        Some(at) => &message[..at],
        None => message,
    };
    // The value may be a password or somebody's address.
    let quotes = ["invalid type: ", "invalid value: ", "unknown variant "];
    match message.split_once(", expected ") {
        Some((before, _)) if quotes.iter().any(|quote| before.starts_with(quote)) => {
            // From the end, because the value itself may contain the same words.
            let expected = message.rsplit(", expected ").next().unwrap_or_default();
            let is_object = expected.starts_with("struct ");
            format!(
                "expected {}",
                if is_object { "a JSON object" } else { expected }
            )
        }
        _ => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::read;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read")]
    struct Options {
        heal: Option<bool>,
        inner: Option<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Word {
        Preview,
        Run,
    }

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only read")]
    struct Inner {
        limit: u16,
        mode: Option<Word>,
    }

    fn problem(text: &str) -> String {
        read::<Options>(text).unwrap_err()
    }

    #[test]
    fn an_unknown_field_is_named_once() {
        let said = problem(r#"{"heel": true}"#);
        assert_eq!(said, "unknown field `heel`, expected `heal` or `inner`");
    }

    #[test]
    fn a_value_of_the_wrong_type_is_named_by_its_path_and_never_quoted() {
        let said = problem(r#"{"heal": "ada@example.com, expected nothing"}"#);
        assert_eq!(said, "`heal`: expected a boolean");
        let said = problem(r#"{"inner": {"limit": 70000}}"#);
        assert_eq!(said, "`inner.limit`: expected u16");
        let said = problem(r#"{"inner": {"limit": 1, "mode": "ada@example.com"}}"#);
        assert_eq!(said, "`inner.mode`: expected `preview` or `run`");
    }

    #[test]
    fn a_missing_field_broken_json_and_what_follows_the_value_are_errors() {
        assert_eq!(
            problem(r#"{"inner": {}}"#),
            "`inner`: missing field `limit`"
        );
        assert_eq!(problem("{"), "EOF while parsing an object");
        assert_eq!(problem("{} {}"), "trailing characters");
        assert_eq!(problem("[true, null]"), "expected a JSON object");
        assert_eq!(
            problem(r#"{"inner": 7}"#),
            "`inner`: expected a JSON object"
        );
    }
}
