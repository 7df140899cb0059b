//! The check that makes a [`Mapping`] of a configuration, or says all that is wrong with it.

use super::{
    Column, Key, Mapping, Removal, Shown, columns, references, removal, shown, table, taken,
};
use crate::{
    catalog::{Catalog, CatalogColumn, Relation},
    config::Config,
    names::{Name, Qualified},
    refusal::{Refusal, nearest},
};

/// Checks a configuration against the database: its tables and columns, and that nothing of the
/// application's stands where Rollcall's own things go.
pub fn check(config: &Config, catalog: &Catalog) -> Result<Mapping, Vec<Refusal>> {
    let taken = taken::refuse(config, catalog);
    match check_tables(config, catalog) {
        Ok(mapping) if taken.is_empty() => Ok(mapping),
        Ok(_) => Err(taken),
        Err(mut refusals) => {
            refusals.extend(taken);
            Err(refusals)
        }
    }
}

/// Checks the tables and columns only.
fn check_tables(config: &Config, catalog: &Catalog) -> Result<Mapping, Vec<Refusal>> {
    let mut checker = Checker {
        config,
        catalog,
        refusals: Vec::new(),
    };
    let parts = checker.profile();
    let children = references::check(&mut checker);
    let Checker { refusals, .. } = checker;
    match parts {
        Some(Parts {
            key,
            shown,
            columns,
            removal,
        }) if refusals.is_empty() => Ok(Mapping {
            table: config.profile.table.clone(),
            key,
            shown,
            columns,
            keep: config.profile.keep.clone(),
            removal,
            anonymous: config.anonymous,
            trigger: config.trigger.clone(),
            children,
            webhook: config.webhook.clone(),
            check: config.check.clone(),
            digest: config.digest(),
        }),
        _ => Err(refusals),
    }
}

/// What of a mapping needs the profile table.
struct Parts {
    key: Key,
    shown: Shown,
    columns: Vec<Column>,
    removal: Option<Removal>,
}

/// A configuration and a database, and what does not fit.
pub(super) struct Checker<'a> {
    pub(super) config: &'a Config,
    pub(super) catalog: &'a Catalog,
    pub(super) refusals: Vec<Refusal>,
}

impl<'a> Checker<'a> {
    fn profile(&mut self) -> Option<Parts> {
        let relation = table::check(self)?;
        let key = table::check_key(self, relation);
        let columns = columns::check(self, relation);
        let removal = removal::check(self, relation);
        Some(Parts {
            key: key?,
            shown: shown::find(&columns, relation),
            columns,
            removal: removal?,
        })
    }

    pub(super) fn refuse(
        &mut self,
        key: impl Into<String>,
        what: impl Into<String>,
        mend: impl Into<String>,
    ) {
        self.refusals.push(self.config.refuse(key, what, mend));
    }

    /// Finds a relation, or refuses the key that names it.
    pub(super) fn relation(&mut self, key: &str, name: &Qualified) -> Option<&'a Relation> {
        let found = self.catalog.relations.get(name);
        if found.is_none() {
            let known: Vec<String> = self.catalog.relations.keys().map(Qualified::text).collect();
            let mend = match nearest(&name.text(), known.iter().map(String::as_str)) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => {
                    "name a table of this database as \"schema.name\", spelled as there".to_owned()
                }
            };
            self.refuse(key, format!("there is no table {name}"), mend);
        }
        found
    }

    /// Finds a column, or refuses the key that names it.
    pub(super) fn column(
        &mut self,
        key: &str,
        table: &Qualified,
        relation: &'a Relation,
        name: &Name,
    ) -> Option<&'a CatalogColumn> {
        let found = relation.column(name);
        if found.is_none() {
            let known: Vec<&str> = relation
                .columns
                .iter()
                .map(|column| column.name.text())
                .collect();
            let mend = match nearest(name.text(), known.iter().copied()) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => format!("its columns are {}", known.join(", ")),
            };
            self.refuse(key, format!("{table} has no column {name}"), mend);
        }
        found
    }
}
