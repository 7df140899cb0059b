//! Everything of the file but `[profile]`.

use super::reader::{Item, Reader, Table};
use crate::{
    mapping::{Canary, Check, Mode, Reference, Trigger, Webhook},
    names::{Name, Qualified},
    refusal::nearest,
    toml_text,
};

/// A century, in days: longer than any database is kept.
const MOST_DAYS: i64 = 36_500;

pub(super) fn eligible<'a>(reader: &mut Reader<'a>, root: &mut Table<'a>) -> bool {
    let Some(mut part) = section(reader, root, "eligible") else {
        return true;
    };
    let anonymous = part
        .take("anonymous")
        .and_then(|item| reader.boolean(&item));
    reader.refuse_rest(part);
    anonymous.unwrap_or(true)
}

pub(super) fn trigger<'a>(reader: &mut Reader<'a>, root: &mut Table<'a>) -> Trigger {
    let mut trigger = Trigger {
        mode: Mode::Create,
        name: known_name("on_auth_user_created"),
        function: Qualified {
            schema: known_name("public"),
            name: known_name("handle_new_user"),
        },
        adopt: false,
    };
    let Some(mut part) = section(reader, root, "trigger") else {
        return trigger;
    };
    let modes = [("create", Mode::Create), ("watch", Mode::Watch)];
    if let Some(mode) = part
        .take("mode")
        .and_then(|item| word(reader, &item, &modes))
    {
        trigger.mode = mode;
    }
    if let Some(name) = part.take("name").and_then(|item| reader.name(&item)) {
        trigger.name = name;
    }
    if let Some(function) = part
        .take("function")
        .and_then(|item| function(reader, &item))
    {
        trigger.function = function;
    }
    if let Some(adopt) = part.take("adopt").and_then(|item| reader.boolean(&item)) {
        trigger.adopt = adopt;
    }
    if trigger.adopt && trigger.mode == Mode::Watch {
        let what = "mode = \"watch\" leaves the application's trigger as it is";
        let mend = "take out adopt, or write mode = \"create\"";
        reader.refuse("trigger.adopt", what, mend);
    }
    reader.refuse_rest(part);
    trigger
}

fn function(reader: &mut Reader<'_>, item: &Item<'_>) -> Option<Qualified> {
    if let Some(bare) = item.value.as_str().and_then(|text| text.strip_suffix("()")) {
        let mend = format!("write {}", toml_text::string(bare));
        reader.refuse(&item.key, "a function's name has no parentheses", mend);
        return None;
    }
    reader.qualified(item)
}

/// A name that is known to be one.
fn known_name(text: &str) -> Name {
    Name::new(text).expect("Rollcall's own names are names")
}

pub(super) fn references<'a>(reader: &mut Reader<'a>, root: &mut Table<'a>) -> Vec<Reference> {
    let Some(item) = root.take("references") else {
        return Vec::new();
    };
    let mut references = Vec::new();
    for item in reader.list(&item) {
        let Some(mut part) = reader.table(&item) else {
            continue;
        };
        let table = part.take("table").map(|item| reader.qualified(&item));
        let column = part.take("column").map(|item| reader.name(&item));
        if table.is_none() {
            reader.refuse_missing(&part.path("table"), "name the table as \"schema.name\"");
        }
        if column.is_none() {
            reader.refuse_missing(&part.path("column"), "name the column that holds a user id");
        }
        reader.refuse_rest(part);
        if let (Some(Some(table)), Some(Some(column))) = (table, column) {
            let reference = Reference { table, column };
            if references.contains(&reference) {
                reader.refuse(
                    &item.key,
                    "the same table and column stand twice",
                    "take one out",
                );
            }
            references.push(reference);
        }
    }
    references
}

pub(super) fn webhook<'a>(reader: &mut Reader<'a>, root: &mut Table<'a>) -> Option<Webhook> {
    let mut part = section(reader, root, "webhook")?;
    let url = part.take("url").map(|item| url(reader, &item));
    if url.is_none() {
        reader.refuse_missing("webhook.url", "write the function's address");
    }
    let vault_secret = match part.take("vault_secret") {
        Some(item) => secret_name(reader, &item),
        None => Some("rollcall_webhook".to_owned()),
    };
    reader.refuse_rest(part);
    Some(Webhook {
        url: url??,
        vault_secret: vault_secret?,
    })
}

fn secret_name(reader: &mut Reader<'_>, item: &Item<'_>) -> Option<String> {
    let name = reader.text(item)?;
    if name.is_empty() || name.contains('\0') {
        reader.refuse(
            &item.key,
            "is no name of a secret",
            "write its name in Vault",
        );
        return None;
    }
    Some(name)
}

fn url(reader: &mut Reader<'_>, item: &Item<'_>) -> Option<String> {
    let text = reader.text(item)?;
    let uri = text.parse::<http::Uri>().ok();
    let host = uri.as_ref().and_then(http::Uri::host).unwrap_or_default();
    let has_user = uri
        .as_ref()
        .and_then(http::Uri::authority)
        .is_some_and(|a| a.as_str().contains('@'));
    let loopback = matches!(host, "localhost" | "[::1]")
        || host
            .parse::<std::net::Ipv4Addr>()
            .is_ok_and(|address| address.is_loopback());
    let scheme = uri.as_ref().and_then(http::Uri::scheme_str);
    let (what, mend) = match scheme {
        // The text may hold a token, so it is not repeated.
        _ if has_user => (
            "holds a user name or password",
            "take it out: the webhook is signed",
        ),
        Some("https") if !host.is_empty() => return Some(text),
        Some("http") if loopback => return Some(text),
        Some("http") => ("is not encrypted", "write https://…"),
        _ => ("is no address of a web server", "write https://host/path"),
    };
    reader.refuse(&item.key, what, mend);
    None
}

pub(super) fn check<'a>(reader: &mut Reader<'a>, root: &mut Table<'a>) -> Check {
    let mut check = Check {
        canary: Canary::Auto,
        heal_limit: 100,
        burst: 5,
        old_seconds: 24 * 60 * 60,
        retention_days: 90,
    };
    let Some(mut part) = section(reader, root, "check") else {
        return check;
    };
    if let Some(canary) = part.take("canary").and_then(|item| canary(reader, &item)) {
        check.canary = canary;
    }
    if let Some(limit) = part
        .take("heal_limit")
        .and_then(|i| reader.integer(&i, 0, i64::MAX))
    {
        check.heal_limit = limit;
    }
    if let Some(burst) = part
        .take("burst")
        .and_then(|item| reader.integer(&item, 0, i64::MAX))
    {
        check.burst = burst;
    }
    if let Some(seconds) = part.take("old").and_then(|item| duration(reader, &item)) {
        check.old_seconds = seconds;
    }
    if let Some(days) = part
        .take("retention_days")
        .and_then(|i| reader.integer(&i, 1, MOST_DAYS))
    {
        check.retention_days = days;
    }
    reader.refuse_rest(part);
    check
}

fn canary(reader: &mut Reader<'_>, item: &Item<'_>) -> Option<Canary> {
    match item.value.as_bool() {
        Some(true) => Some(Canary::On),
        Some(false) => Some(Canary::Off),
        None if item.value.as_str() == Some("auto") => Some(Canary::Auto),
        None => {
            reader.refuse(
                &item.key,
                "says neither when to fly nor not to",
                "write \"auto\", true or false",
            );
            None
        }
    }
}

/// A duration in seconds: a whole number and a unit.
fn duration(reader: &mut Reader<'_>, item: &Item<'_>) -> Option<i64> {
    let text = reader.text(item)?;
    let unit = match text.chars().next_back() {
        Some('s') => 1,
        Some('m') => 60,
        Some('h') => 60 * 60,
        Some('d') => 24 * 60 * 60,
        _ => 0,
    };
    let digits = text.get(..text.len().saturating_sub(1)).unwrap_or_default();
    let number = if digits.bytes().all(|b| b.is_ascii_digit()) {
        digits.parse().ok()
    } else {
        None
    };
    let seconds = number
        .and_then(|number: i64| number.checked_mul(unit))
        .filter(|seconds| unit > 0 && *seconds <= MOST_DAYS * 24 * 60 * 60);
    if seconds.is_none() {
        let what = format!("{} is no duration", toml_text::string(&text));
        reader.refuse(
            &item.key,
            what,
            "write a number and s, m, h or d, as in \"24h\"",
        );
    }
    seconds
}

fn section<'a>(
    reader: &mut Reader<'a>,
    root: &mut Table<'a>,
    name: &'static str,
) -> Option<Table<'a>> {
    let item = root.take(name)?;
    reader.table(&item)
}

/// One of a few words.
fn word<T: Clone>(reader: &mut Reader<'_>, item: &Item<'_>, known: &[(&str, T)]) -> Option<T> {
    let text = reader.text(item)?;
    if let Some((_, meaning)) = known.iter().find(|(word, _)| *word == text) {
        return Some(meaning.clone());
    }
    let words: Vec<String> = known
        .iter()
        .map(|(word, _)| format!("\"{word}\""))
        .collect();
    let mend = nearest(&text, known.iter().map(|(word, _)| *word)).map_or_else(
        || format!("write {}", words.join(" or ")),
        |word| format!("did you mean \"{word}\"?"),
    );
    reader.refuse(
        &item.key,
        format!("there is no {}", toml_text::string(&text)),
        mend,
    );
    None
}
