//! What doctor looks at, one thing after the other.

use rollcall_install::{
    catalog::{AuthTrigger, Catalog, OnDelete},
    config::Config,
    discover,
    mapping::Mode,
    objects::Object,
};
use serde::Serialize;
use sqlx::PgConnection;

use crate::failure::Failure;

/// One thing that doctor looked at.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    pub(super) subject: &'static str,
    /// Whether it is as it ought to be; null where there is nothing to judge.
    pub(super) good: Option<bool>,
    pub(super) sentence: String,
}

/// Whether this role sees the auth users: row-level security hides them without an error.
pub(super) async fn sight(
    catalog: &Catalog,
    connection: &mut PgConnection,
) -> Result<Finding, Failure> {
    let subject = "sight";
    if !catalog
        .relations
        .keys()
        .any(|name| name.text() == "auth.users")
    {
        let sentence = "there is no table auth.users: this is no Supabase database".to_owned();
        return Ok(Finding {
            subject,
            good: Some(false),
            sentence,
        });
    }
    let sql = "
        select current_user::text, case
            when not has_schema_privilege('auth', 'usage') then 'may not use the schema auth'
            when not has_table_privilege('auth.users', 'select') then 'may not read auth.users'
            when row_security_active('auth.users') then 'sees no auth user: row-level security hides them'
        end";
    let (role, hindrance): (String, Option<String>) = sqlx::query_as(sql)
        .persistent(false)
        .fetch_one(connection)
        .await
        .map_err(|error| rollcall_domain::Error::new("asking what this role sees", error))?;
    let good = Some(hindrance.is_none());
    let sentence = match hindrance {
        Some(hindrance) => format!(
            "the role {role} {hindrance}; connect as the owner of the application's schema \
             (postgres on Supabase)"
        ),
        None => format!("the role {role} sees every auth user"),
    };
    Ok(Finding {
        subject,
        good,
        sentence,
    })
}

/// Whether Rollcall is installed, and as the file says.
pub(super) async fn installation(
    catalog: &Catalog,
    config: Option<&Config>,
    connection: &mut PgConnection,
) -> Result<Finding, Failure> {
    let subject = "installation";
    if !catalog.rollcall.is_installed || catalog.rollcall.is_foreign {
        let sentence = "Rollcall is not installed; `rollcall sql` renders the migration".to_owned();
        return Ok(Finding {
            subject,
            good: None,
            sentence,
        });
    }
    if catalog.rollcall.is_hidden {
        let sentence = "Rollcall is installed, and this role may not read what it made; connect \
                        as the role that installed it"
            .to_owned();
        return Ok(Finding {
            subject,
            good: Some(false),
            sentence,
        });
    }
    let installed: Option<String> =
        sqlx::query_scalar("select c.digest from rollcall.configuration c")
            .persistent(false)
            .fetch_optional(connection)
            .await
            .map_err(|error| {
                rollcall_domain::Error::new("reading the installed configuration", error)
            })?;
    let installed = installed.unwrap_or_default();
    let differs = config.is_some_and(|config| config.digest() != installed);
    let sentence = if differs {
        "the installed configuration is not the file's; apply the output of `rollcall sql`"
            .to_owned()
    } else {
        format!("Rollcall is installed with the configuration {installed:.12}")
    };
    Ok(Finding {
        subject,
        good: Some(!differs),
        sentence,
    })
}

/// What Rollcall made and somebody has altered or dropped since.
pub(super) fn altered(catalog: &Catalog) -> impl Iterator<Item = Finding> {
    catalog
        .rollcall
        .made
        .iter()
        .filter(|(_, intact)| !**intact)
        .map(|(object, _)| Finding {
            subject: "installation",
            good: Some(false),
            sentence: format!(
                "the {object} is not as Rollcall made it; apply the output of `rollcall sql`"
            ),
        })
}

/// Whether the trigger fires at a signup, and whether another one writes beside it.
pub(super) fn triggers(catalog: &Catalog, config: &Config) -> Vec<Finding> {
    let subject = "trigger";
    let wanted = &config.trigger;
    let mut findings = Vec::new();
    let present = catalog
        .triggers
        .iter()
        .find(|trigger| trigger.name == wanted.name);
    let expected = wanted.mode == Mode::Watch || catalog.rollcall.is_installed;
    let wrong = match present {
        None => Some("is not there".to_owned()),
        Some(trigger) if trigger.function != wanted.function => Some(format!(
            "calls {}, not {}",
            trigger.function, wanted.function
        )),
        Some(trigger) if !trigger.is_active() => Some("does not fire at a signup".to_owned()),
        Some(_) => None,
    };
    if expected {
        let sentence = match &wrong {
            Some(wrong) => format!("the trigger {} on auth.users {wrong}", wanted.name),
            None => format!(
                "the trigger {} on auth.users fires at every signup",
                wanted.name
            ),
        };
        findings.push(Finding {
            subject,
            good: Some(wrong.is_none()),
            sentence,
        });
    }
    let is_ours = |trigger: &&AuthTrigger| {
        catalog
            .rollcall
            .once_made(&Object::Function(trigger.function.clone()))
    };
    let others = catalog
        .triggers
        .iter()
        .filter(|trigger| trigger.is_active() && trigger.name != wanted.name && !is_ours(trigger));
    findings.extend(others.map(|trigger| Finding {
        subject,
        good: None,
        sentence: format!(
            "the application's trigger {} fires at a signup, too, and calls {}()",
            trigger.name, trigger.function
        ),
    }));
    findings
}

/// A foreign key that keeps whoever has a profile from being deleted.
pub(super) fn held_back(catalog: &Catalog, config: &Config) -> Option<Finding> {
    let profile = &config.profile;
    let relation = catalog.relations.get(&profile.table)?;
    let foreign_key = relation.foreign_keys.iter().find(|foreign_key| {
        foreign_key.column == profile.key
            && foreign_key.target.text() == "auth.users"
            && foreign_key.on_delete == OnDelete::Refuse
    })?;
    let sentence = format!(
        "the foreign key {} keeps every auth user who has a profile from being deleted",
        foreign_key.name
    );
    Some(Finding {
        subject: "profile table",
        good: None,
        sentence,
    })
}

/// The tables that could be the profile table, where no configuration says which.
pub(super) fn candidates(catalog: &Catalog, file: &str) -> Vec<Finding> {
    let subject = "profile table";
    let mut findings = vec![Finding {
        subject: "configuration",
        good: None,
        sentence: format!("there is no {file}; `rollcall init` drafts one"),
    }];
    findings.extend(
        discover::find_candidates(catalog)
            .into_iter()
            .map(|candidate| {
                let reasons = candidate.reasons.join(", ");
                let sentence = format!(
                    "{} with the key {}: {reasons}",
                    candidate.table, candidate.key
                );
                Finding {
                    subject,
                    good: None,
                    sentence,
                }
            }),
    );
    if findings.len() == 1 {
        let sentence = "no table looks like one".to_owned();
        findings.push(Finding {
            subject,
            good: Some(false),
            sentence,
        });
    }
    findings
}
