//! A few keys of a large JSON object, without understanding the rest of it.
//!
//! A body may hold anything that `jsonb` can: numbers beyond every Rust type, metadata of any
//! shape, nesting as deep as megabytes allow. What is not picked is skipped as text, without
//! recursion, so none of that matters.

use std::fmt;

use serde::{
    Deserializer,
    de::{self, DeserializeSeed, IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// The values of `keys` in a JSON object, as text. Of a key that occurs twice it is the last, as
/// in `jsonb`; null counts as absent. Nothing at all if `text` is no JSON object.
pub(crate) fn pick<'a, const N: usize>(
    text: &'a str,
    keys: [&str; N],
) -> Option<[Option<&'a RawValue>; N]> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let picked = deserializer.deserialize_map(Object(keys)).ok()?;
    deserializer.end().ok()?;
    Some(picked.map(|value| value.filter(|value| value.get() != "null")))
}

/// The text of a JSON string; nothing if the value is anything else.
pub(crate) fn string(value: Option<&RawValue>) -> Option<String> {
    serde_json::from_str(value?.get()).ok()
}

struct Object<'k, const N: usize>([&'k str; N]);

impl<'de, const N: usize> Visitor<'de> for Object<'_, N> {
    type Value = [Option<&'de RawValue>; N];

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let mut picked = [None; N];
        while let Some(position) = object.next_key_seed(Key(&self.0))? {
            match position.and_then(|position| picked.get_mut(position)) {
                Some(place) => *place = Some(object.next_value()?),
                None => {
                    object.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(picked)
    }
}

/// Where among the wanted keys the object's key is.
struct Key<'k>(&'k [&'k str]);

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, key: D) -> Result<Self::Value, D::Error> {
        key.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = Option<usize>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_str<E: de::Error>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.0.iter().position(|wanted| *wanted == key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> Option<String> {
        let [id] = pick(text, ["id"])?;
        id.map(|id| id.get().to_owned())
    }

    #[test]
    fn the_last_of_two_equal_keys_counts_and_null_is_absent() {
        assert_eq!(id(r#"{"id": 1, "x": 2, "i\u0064": [3]}"#).unwrap(), "[3]");
        assert_eq!(id(r#"{"id": 1, "id": null}"#), None);
        assert_eq!(id("{}"), None);
        assert!(pick("{}", ["id"]).is_some());
    }

    #[test]
    fn what_is_not_picked_may_be_anything_that_json_allows() {
        let text = format!(
            r#"{{"a": 1e400, "b": "\ud800", "c": {}{}, "id": "7", "d": -{}}}"#,
            "[".repeat(100_000),
            "]".repeat(100_000),
            "9".repeat(10_000),
        );
        assert_eq!(id(&text).unwrap(), r#""7""#);
    }

    #[test]
    fn what_is_no_json_object_gives_nothing() {
        for text in [
            "",
            "7",
            "[]",
            "null",
            "{",
            "{}}",
            r#"{"id": 1,}"#,
            r#"{"id": 1} x"#,
            "{1: 2}",
        ] {
            assert!(pick(text, ["id"]).is_none(), "{text}");
        }
    }
}
