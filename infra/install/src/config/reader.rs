//! Takes a TOML document apart and remembers where everything was.

use std::collections::BTreeMap;

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use crate::{
    names::{Name, NameError, Qualified},
    refusal::{Refusal, nearest},
    toml_text,
};

/// The line of every key, counted from 1.
#[derive(Debug, Clone, Default)]
pub(super) struct Lines(BTreeMap<String, usize>);

impl Lines {
    /// The line of a key, or of the nearest table around it.
    pub(super) fn find(&self, key: &str) -> Option<usize> {
        let mut key = key;
        loop {
            if let Some(line) = self.0.get(key) {
                return Some(*line);
            }
            key = &key[..key.rfind(['.', '['])?];
        }
    }
}

/// A value and the dotted path that leads to it.
#[derive(Debug, Clone)]
pub(super) struct Item<'a> {
    pub(super) key: String,
    pub(super) value: &'a DeValue<'a>,
}

/// A table whose keys are taken out one by one.
#[derive(Debug)]
pub(super) struct Table<'a> {
    pub(super) key: String,
    /// In the order of the file.
    entries: Vec<(String, Item<'a>)>,
    /// The keys that were asked for.
    asked: Vec<&'static str>,
}

impl<'a> Table<'a> {
    /// Takes a key out, if it is there.
    pub(super) fn take(&mut self, name: &'static str) -> Option<Item<'a>> {
        self.asked.push(name);
        let at = self.entries.iter().position(|(key, _)| key == name)?;
        Some(self.entries.remove(at).1)
    }

    /// Takes everything out, for a table whose keys are the user's own.
    pub(super) fn take_all(&mut self) -> Vec<(String, Item<'a>)> {
        std::mem::take(&mut self.entries)
    }

    /// The dotted path of a key in this table.
    pub(super) fn path(&self, name: &str) -> String {
        let name = toml_text::key(name);
        if self.key.is_empty() {
            name
        } else {
            format!("{}.{name}", self.key)
        }
    }
}

/// Reads values and collects what is wrong with them.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    pub(super) lines: Lines,
    pub(super) refusals: Vec<Refusal>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(file: &'a str, text: &'a str) -> Self {
        Self {
            file,
            text,
            lines: Lines::default(),
            refusals: Vec::new(),
        }
    }

    pub(super) fn refuse(&mut self, key: &str, what: impl Into<String>, mend: impl Into<String>) {
        self.refusals.push(Refusal {
            file: self.file.to_owned(),
            line: self.lines.find(key),
            key: key.to_owned(),
            what: what.into(),
            mend: mend.into(),
        });
    }

    pub(super) fn refuse_syntax(&mut self, error: &toml::de::Error) {
        self.refusals.push(Refusal {
            file: self.file.to_owned(),
            line: error.span().map(|span| self.line_of(span.start)),
            key: String::new(),
            what: format!("this is no TOML: {}", error.message().replace('\n', ", ")),
            mend: "mend the line".to_owned(),
        });
    }

    fn line_of(&self, offset: usize) -> usize {
        self.text
            .get(..offset)
            .unwrap_or(self.text)
            .matches('\n')
            .count()
            + 1
    }

    pub(super) fn root(&mut self, table: &'a DeTable<'a>) -> Table<'a> {
        self.open(String::new(), table)
    }

    fn open(&mut self, key: String, table: &'a DeTable<'a>) -> Table<'a> {
        let mut spans: Vec<(&Spanned<_>, &Spanned<DeValue<'_>>)> = table.iter().collect();
        spans.sort_by_key(|(name, _)| name.span().start);
        let mut opened = Table {
            key,
            entries: Vec::new(),
            asked: Vec::new(),
        };
        for (name, value) in spans {
            let item = Item {
                key: opened.path(name.get_ref()),
                value: value.get_ref(),
            };
            self.lines
                .0
                .insert(item.key.clone(), self.line_of(name.span().start));
            opened.entries.push((name.get_ref().to_string(), item));
        }
        opened
    }

    /// A table, or nothing and a refusal.
    pub(super) fn table(&mut self, item: &Item<'a>) -> Option<Table<'a>> {
        if let DeValue::Table(table) = item.value {
            return Some(self.open(item.key.clone(), table));
        }
        self.refuse_kind(item, "a table");
        None
    }

    /// The items of a list, or nothing and a refusal.
    pub(super) fn list(&mut self, item: &Item<'a>) -> Vec<Item<'a>> {
        let DeValue::Array(array) = item.value else {
            self.refuse_kind(item, "a list");
            return Vec::new();
        };
        let mut items = Vec::new();
        for (index, value) in array.iter().enumerate() {
            let key = format!("{}[{index}]", item.key);
            self.lines
                .0
                .insert(key.clone(), self.line_of(value.span().start));
            items.push(Item {
                key,
                value: value.get_ref(),
            });
        }
        items
    }

    pub(super) fn text(&mut self, item: &Item<'_>) -> Option<String> {
        let Some(text) = item.value.as_str() else {
            self.refuse_kind(item, "a text in quotes");
            return None;
        };
        Some(text.to_owned())
    }

    pub(super) fn boolean(&mut self, item: &Item<'_>) -> Option<bool> {
        let value = item.value.as_bool();
        if value.is_none() {
            self.refuse_kind(item, "true or false");
        }
        value
    }

    /// A whole number in a range.
    pub(super) fn integer(&mut self, item: &Item<'_>, least: i64, most: i64) -> Option<i64> {
        let Some(integer) = item.value.as_integer() else {
            self.refuse_kind(item, "a whole number");
            return None;
        };
        let value = i64::from_str_radix(integer.as_str(), integer.radix()).ok();
        let value = value.filter(|value| (least..=most).contains(value));
        if value.is_none() {
            let mend = format!("write a number from {least} to {most}");
            self.refuse(&item.key, format!("{integer} is out of range"), mend);
        }
        value
    }

    /// The name of a column or of a trigger.
    pub(super) fn name(&mut self, item: &Item<'_>) -> Option<Name> {
        let text = self.text(item)?;
        self.take_name(&item.key, &text, Name::new(&*text))
    }

    /// A table's or function's name with its schema.
    pub(super) fn qualified(&mut self, item: &Item<'_>) -> Option<Qualified> {
        let text = self.text(item)?;
        self.take_name(&item.key, &text, Qualified::parse(&text))
    }

    pub(super) fn take_name<T>(
        &mut self,
        key: &str,
        text: &str,
        name: Result<T, NameError>,
    ) -> Option<T> {
        let error = match name {
            Ok(name) => return Some(name),
            Err(error) => error,
        };
        let mend = match error {
            NameError::NoSchema => {
                format!("write {}", toml_text::string(&format!("public.{text}")))
            }
            _ => "write the name just as the database has it".to_owned(),
        };
        let what = match error {
            NameError::NoSchema => format!("{} has no schema", toml_text::string(text)),
            error => format!("the name {} {error}", toml_text::string(text)),
        };
        self.refuse(key, what, mend);
        None
    }

    pub(super) fn refuse_kind(&mut self, item: &Item<'_>, wanted: &str) {
        let what = format!("{} stands where {wanted} belongs", kind_of(item.value));
        self.refuse(&item.key, what, format!("write {wanted}"));
    }

    /// Refuses a key that has to be there and is not.
    pub(super) fn refuse_missing(&mut self, key: &str, mend: &str) {
        self.refuse(key, "is missing", mend);
    }

    /// Refuses whatever nobody asked for.
    pub(super) fn refuse_rest(&mut self, table: Table<'_>) {
        for (name, item) in table.entries {
            let mend = match nearest(&name, table.asked.iter().copied()) {
                Some(known) => format!("did you mean \"{known}\"?"),
                None => format!("known here are {}", table.asked.join(", ")),
            };
            self.refuse(&item.key, "Rollcall knows no such key", mend);
        }
    }
}

pub(super) fn kind_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "a truth value",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
