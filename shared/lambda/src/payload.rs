//! The raw event of an invocation, read into what a function expects.

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::{Failure, json};

/// Reads an operator's event; what does not fit is a [`BadRequest`](crate::Kind::BadRequest)
/// that names the field.
///
/// Give `T` `#[serde(deny_unknown_fields)]`: an option that is misspelt, or not there yet, must
/// not look as if it had been obeyed.
pub fn read<T: DeserializeOwned>(event: &RawValue) -> Result<T, Failure> {
    json::read(event.get())
        .map_err(|problem| Failure::bad_request(format!("the event cannot be read: {problem}")))
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::Kind;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Options {
        heal: Option<bool>,
    }

    fn event(text: &str) -> Box<RawValue> {
        RawValue::from_string(text.to_owned()).unwrap()
    }

    #[test]
    fn a_known_option_is_read() {
        let options: Options = read(&event(r#"{"heal": false}"#)).unwrap();
        assert_eq!(options.heal, Some(false));
    }

    #[test]
    fn an_unknown_option_is_a_bad_request_that_names_it() {
        let failure = read::<Options>(&event(r#"{"export": true}"#)).unwrap_err();
        assert_eq!(failure.kind(), Kind::BadRequest);
        assert_eq!(
            failure.to_string(),
            "the event cannot be read: unknown field `export`, expected `heal`"
        );
    }
}
