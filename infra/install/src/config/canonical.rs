//! One spelling for all files that mean the same.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::Config;
use crate::{
    mapping::{Canary, Mode, Source},
    names::Name,
};

/// SHA-256 of the canonical form, in lower-case hex.
pub(super) fn digest(config: &Config) -> String {
    let mut text = String::new();
    write_sorted(&canonical(config), &mut text);
    hex::encode(Sha256::digest(text))
}

fn canonical(config: &Config) -> Value {
    let profile = &config.profile;
    let columns: serde_json::Map<String, Value> = profile
        .columns
        .iter()
        .map(|(name, sources)| (name.text().to_owned(), sources.iter().map(source).collect()))
        .collect();
    let mut references: Vec<[String; 2]> = config
        .references
        .iter()
        .map(|reference| [reference.table.text(), reference.column.text().to_owned()])
        .collect();
    references.sort();
    json!({
        "profile": {
            "table": profile.table.text(),
            "key": profile.key.text(),
            "columns": columns,
            "keep": set(&profile.keep),
            "removal": profile.removal.as_ref().map(|removal| json!({
                "soft_delete": removal.soft_delete.text(),
                "release": set(&removal.release),
            })),
            "allow_user_controlled": set(&profile.allow_user_controlled),
        },
        "eligible": { "anonymous": config.anonymous },
        "trigger": {
            "mode": match config.trigger.mode {
                Mode::Create => "create",
                Mode::Watch => "watch",
            },
            "name": config.trigger.name.text(),
            "function": config.trigger.function.text(),
            "adopt": config.trigger.adopt,
        },
        "references": references,
        "webhook": config.webhook.as_ref().map(|webhook| json!({
            "url": webhook.url,
            "vault_secret": webhook.vault_secret,
        })),
        "check": {
            "canary": match config.check.canary {
                Canary::Auto => json!("auto"),
                Canary::On => json!(true),
                Canary::Off => json!(false),
            },
            "heal_limit": config.check.heal_limit,
            "burst": config.check.burst,
            "old_seconds": config.check.old_seconds,
            "retention_days": config.check.retention_days,
        },
    })
}

fn set(names: &[Name]) -> Vec<&str> {
    let mut names: Vec<&str> = names.iter().map(Name::text).collect();
    names.sort_unstable();
    names
}

fn source(source: &Source) -> Value {
    match source {
        Source::Text(text) => json!({ "text": text }),
        Source::Number(number) => json!({ "number": number }),
        Source::Bool(value) => json!({ "bool": value }),
        Source::Json(value) => json!({ "json": value }),
        word => Value::String(super::spell(word)),
    }
}

/// Writes JSON with its keys sorted, whichever map `serde_json` was built with.
fn write_sorted(value: &Value, text: &mut String) {
    match value {
        Value::Object(object) => {
            let mut entries: Vec<_> = object.iter().collect();
            entries.sort_unstable_by_key(|(key, _)| key.as_str());
            text.push('{');
            for (key, value) in entries {
                text.push_str(&Value::String(key.clone()).to_string());
                text.push(':');
                write_sorted(value, text);
                text.push(',');
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for item in items {
                write_sorted(item, text);
                text.push(',');
            }
            text.push(']');
        }
        plain => text.push_str(&plain.to_string()),
    }
}
