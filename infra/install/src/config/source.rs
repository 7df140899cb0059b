//! Where a column's value comes from, as words.

use serde_json::{Map, Number, Value};
use toml::de::{DeInteger, DeValue};

use super::reader::{Item, Reader, kind_of};
use crate::{mapping::Source, refusal::nearest, toml_text};

/// The sources that are one word.
const WORDS: &[(&str, Source)] = &[
    ("id", Source::Id),
    ("email", Source::Email),
    ("phone", Source::Phone),
    ("email_confirmed", Source::EmailConfirmed),
    ("phone_confirmed", Source::PhoneConfirmed),
    ("created_at", Source::CreatedAt),
    ("updated_at", Source::UpdatedAt),
    ("now", Source::Now),
    ("provider", Source::Provider),
    ("is_anonymous", Source::IsAnonymous),
    ("is_sso_user", Source::IsSsoUser),
    ("email_local_part", Source::EmailLocalPart),
];

/// What people write for the metadata, and what Rollcall calls it.
const METADATA: &[(&str, &str)] = &[
    ("raw_user_meta_data.", "meta."),
    ("user_metadata.", "meta."),
    ("metadata.", "meta."),
    ("raw_app_meta_data.", "app_meta."),
    ("app_metadata.", "app_meta."),
];

/// Reads a column's sources: a word, a literal, or a list of these.
pub(super) fn read<'a>(reader: &mut Reader<'a>, item: &Item<'a>) -> Option<Vec<Source>> {
    let DeValue::Array(_) = item.value else {
        return read_one(reader, item).map(|source| vec![source]);
    };
    let items = reader.list(item);
    if items.is_empty() {
        reader.refuse(
            &item.key,
            "names no source",
            "name one, or leave the column out",
        );
        return None;
    }
    let read: Vec<_> = items.iter().map(|item| read_one(reader, item)).collect();
    read.into_iter().collect()
}

fn read_one<'a>(reader: &mut Reader<'a>, item: &Item<'a>) -> Option<Source> {
    match item.value {
        DeValue::String(word) => read_word(reader, item, word),
        DeValue::Table(_) => read_literal(reader, item),
        DeValue::Integer(_) | DeValue::Float(_) => {
            refuse_bare(reader, item, "{ number = … }");
            None
        }
        DeValue::Boolean(value) => {
            refuse_bare(reader, item, &format!("{{ bool = {value} }}"));
            None
        }
        value => {
            let what = format!("{} is no source", kind_of(value));
            reader.refuse(&item.key, what, "write a source's name or a literal");
            None
        }
    }
}

fn refuse_bare(reader: &mut Reader<'_>, item: &Item<'_>, literal: &str) {
    let what = format!("{} is no source", kind_of(item.value));
    reader.refuse(&item.key, what, format!("write a literal as {literal}"));
}

fn read_word(reader: &mut Reader<'_>, item: &Item<'_>, word: &str) -> Option<Source> {
    if let Some((_, source)) = WORDS.iter().find(|(known, _)| *known == word) {
        return Some(source.clone());
    }
    let path = |rest: &str| {
        let keys: Vec<String> = rest.split('.').map(str::to_owned).collect();
        let sound = keys
            .iter()
            .all(|key| !key.is_empty() && !key.contains('\0'));
        sound.then_some(keys)
    };
    let metadata = match word.split_once('.') {
        Some(("meta", rest)) => path(rest).map(Source::Meta),
        Some(("app_meta", rest)) => path(rest).map(Source::AppMeta),
        _ => None,
    };
    if metadata.is_none() {
        let what = format!("there is no source {}", toml_text::string(word));
        reader.refuse(&item.key, what, mend_word(word));
    }
    metadata
}

fn mend_word(word: &str) -> String {
    for (prefix, ours) in METADATA {
        if let Some(rest) = word.strip_prefix(prefix) {
            return format!("write {}", toml_text::string(&format!("{ours}{rest}")));
        }
    }
    if word.starts_with("meta") || word.starts_with("app_meta") {
        return "write \"meta.<key>\" or \"app_meta.<key>\" with every key named".to_owned();
    }
    if let Some(known) = nearest(word, WORDS.iter().map(|(known, _)| *known)) {
        return format!("did you mean \"{known}\"?");
    }
    let words: Vec<&str> = WORDS.iter().map(|(word, _)| *word).collect();
    format!(
        "write one of {}, meta.<key>, app_meta.<key>, or a literal such as {{ text = {} }}",
        words.join(", "),
        toml_text::string(word)
    )
}

fn read_literal<'a>(reader: &mut Reader<'a>, item: &Item<'a>) -> Option<Source> {
    let mut table = reader.table(item)?;
    let mut literals = Vec::new();
    if let Some(item) = table.take("text") {
        literals.push(reader.text(&item).and_then(|text| {
            refuse_nul(reader, &item.key, &text)?;
            Some(Source::Text(text))
        }));
    }
    if let Some(item) = table.take("number") {
        literals.push(number(reader, &item).map(Source::Number));
    }
    if let Some(item) = table.take("bool") {
        literals.push(reader.boolean(&item).map(Source::Bool));
    }
    if let Some(item) = table.take("json") {
        literals.push(json(reader, &item.key, item.value).map(Source::Json));
    }
    let before = reader.refusals.len();
    reader.refuse_rest(table);
    if literals.len() == 1 {
        return literals.pop().flatten();
    }
    if reader.refusals.len() == before {
        let mend = "write one of { text = \"…\" }, { number = 1 }, { bool = true }, { json = {} }";
        reader.refuse(
            &item.key,
            format!("a literal has one key, not {}", literals.len()),
            mend,
        );
    }
    None
}

/// A number as SQL spells it.
fn number(reader: &mut Reader<'_>, item: &Item<'_>) -> Option<String> {
    let spelled = match item.value {
        DeValue::Integer(integer) if integer.radix() == 10 => Some(integer.as_str().to_owned()),
        DeValue::Integer(integer) => i128::from_str_radix(integer.as_str(), integer.radix())
            .ok()
            .map(|n| n.to_string()),
        DeValue::Float(float) if is_finite(float.as_str()) => Some(float.as_str().to_owned()),
        _ => None,
    };
    if spelled.is_none() {
        let what = match item.value {
            DeValue::Integer(_) | DeValue::Float(_) => "is no number that SQL can write",
            value => return refuse_number(reader, item, kind_of(value)),
        };
        reader.refuse(&item.key, what, "write a plain decimal number");
    }
    spelled.map(|text| text.trim_start_matches('+').to_owned())
}

fn refuse_number(reader: &mut Reader<'_>, item: &Item<'_>, kind: &str) -> Option<String> {
    let what = format!("{kind} stands where a number belongs");
    reader.refuse(&item.key, what, "write a number without quotes");
    None
}

fn is_finite(float: &str) -> bool {
    float
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'))
}

fn json(reader: &mut Reader<'_>, key: &str, value: &DeValue<'_>) -> Option<Value> {
    match value {
        DeValue::String(text) => {
            refuse_nul(reader, key, text)?;
            Some(Value::String(text.to_string()))
        }
        DeValue::Boolean(value) => Some(Value::Bool(*value)),
        DeValue::Integer(integer) => json_number(reader, key, json_integer(integer)),
        DeValue::Float(float) => json_number(
            reader,
            key,
            float.as_str().parse().ok().and_then(Number::from_f64),
        ),
        DeValue::Array(items) => {
            let items: Vec<_> = items
                .iter()
                .map(|item| json(reader, key, item.get_ref()))
                .collect();
            items.into_iter().collect::<Option<_>>().map(Value::Array)
        }
        DeValue::Table(table) => {
            let mut object = Map::new();
            for (name, value) in table {
                refuse_nul(reader, key, name.get_ref())?;
                object.insert(
                    name.get_ref().to_string(),
                    json(reader, key, value.get_ref())?,
                );
            }
            Some(Value::Object(object))
        }
        DeValue::Datetime(_) => {
            reader.refuse(
                key,
                "JSON has no dates or times",
                "write it as a text in quotes",
            );
            None
        }
    }
}

fn json_integer(integer: &DeInteger<'_>) -> Option<Number> {
    let (text, radix) = (integer.as_str(), integer.radix());
    let signed = i64::from_str_radix(text, radix).map(Number::from);
    signed
        .or_else(|_| u64::from_str_radix(text, radix).map(Number::from))
        .ok()
}

fn json_number(reader: &mut Reader<'_>, key: &str, number: Option<Number>) -> Option<Value> {
    if number.is_none() {
        reader.refuse(
            key,
            "holds a number that JSON cannot carry",
            "write it as a text in quotes",
        );
    }
    number.map(Value::Number)
}

fn refuse_nul(reader: &mut Reader<'_>, key: &str, text: &str) -> Option<()> {
    if text.contains('\0') {
        reader.refuse(
            key,
            "holds a NUL character, which PostgreSQL cannot store",
            "take it out",
        );
        return None;
    }
    Some(())
}

/// The word for a source; a literal has none.
#[must_use]
pub(crate) fn spell(source: &Source) -> String {
    match source {
        Source::Meta(path) => format!("meta.{}", path.join(".")),
        Source::AppMeta(path) => format!("app_meta.{}", path.join(".")),
        word => {
            let found = WORDS.iter().find(|(_, source)| source == word);
            found.map_or("a literal", |(word, _)| word).to_owned()
        }
    }
}
