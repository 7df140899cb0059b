//! The triggers on `auth.users` and on the profile table, and whose they are.

use rollcall_domain::trigger::{self, State as Work};
use rollcall_install::{
    catalog::Catalog,
    config::Config,
    mapping::Mode,
    names::{Name, Qualified},
    objects::Object,
};
use sqlx::FromRow;

use super::{
    finding::{Finding, State},
    look::{Looker, Trouble},
    profiles::Profiles,
};

const SUBJECT: &str = "trigger";

#[derive(Debug, FromRow)]
struct Row {
    schema: String,
    relation: String,
    name: String,
    function_schema: String,
    function_name: String,
    enabled: String,
    bits: i32,
    is_rollcalls: bool,
    is_webhook: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    Rollcall,
    Supabase,
    Application,
}

impl Row {
    fn owner(&self, catalog: &Catalog) -> Owner {
        let function = Name::new(&*self.function_schema)
            .and_then(|schema| Ok((schema, Name::new(&*self.function_name)?)))
            .map(|(schema, name)| Object::Function(Qualified { schema, name }));
        if self.is_rollcalls || function.is_ok_and(|f| catalog.rollcall.once_made(&f)) {
            Owner::Rollcall
        } else if self.is_webhook {
            Owner::Supabase
        } else {
            Owner::Application
        }
    }

    fn is_on_users(&self) -> bool {
        self.schema == "auth" && self.relation == "users"
    }

    fn fires(&self) -> bool {
        matches!(&*self.enabled, "O" | "A")
    }

    /// When it fires, as in "after insert or update".
    fn occasion(&self) -> String {
        let time = match self.bits & 0x42 {
            0 => "after",
            0x02 => "before",
            _ => "instead of",
        };
        let events: Vec<&str> = [
            (0x04, "insert"),
            (0x10, "update"),
            (0x08, "delete"),
            (0x20, "truncate"),
        ]
        .into_iter()
        .filter(|(bit, _)| self.bits & bit != 0)
        .map(|(_, event)| event)
        .collect();
        format!("{time} {}", events.join(" or "))
    }

    fn sentence(&self, owner: Owner) -> String {
        let whose = match owner {
            Owner::Rollcall => "Rollcall's trigger",
            Owner::Supabase => "Supabase's database webhook",
            Owner::Application => "the application's trigger",
        };
        let course = match &*self.enabled {
            "D" => "is disabled, and would fire",
            "R" => "fires only in replication, not for people,",
            _ => "fires",
        };
        format!(
            "{whose} {} on {}.{} {course} {}, and calls {}.{}()",
            self.name,
            self.schema,
            self.relation,
            self.occasion(),
            self.function_schema,
            self.function_name
        )
    }

    /// A trigger that fires is good only where all of them do their work.
    fn finding(&self, catalog: &Catalog, is_well: bool) -> Finding {
        let owner = self.owner(catalog);
        let state = match (self.fires(), owner) {
            // Somebody wanted them to fire at a signup.
            (false, Owner::Rollcall | Owner::Application) if self.is_on_users() => State::Found,
            (true, Owner::Rollcall) if is_well => State::Good,
            _ => State::Told,
        };
        Finding::new(SUBJECT, state, self.sentence(owner))
    }
}

/// What the check says of the triggers, in its words.
pub(super) async fn judge(looker: &mut Looker) -> Result<Finding, Trouble> {
    let triggers = looker.ask(trigger::look).await?;
    Ok(match triggers.state {
        Work::Active => Finding::good(SUBJECT, triggers.detail),
        state => {
            let sentence = format!("not active but {}: {}", state.name(), triggers.detail);
            Finding::found(SUBJECT, sentence)
        }
    })
}

/// Each trigger, and what is missing. `judged` is what the check says of them, where it can be had.
pub(super) async fn look(
    looker: &mut Looker,
    catalog: &Catalog,
    config: Option<&Config>,
    profiles: Option<&Profiles>,
    judged: Option<&Finding>,
) -> Result<Vec<Finding>, Trouble> {
    let table = profiles.map(|profiles| &profiles.table);
    let query = sqlx::query_as(include_str!("sql/triggers.sql"))
        .bind(table.map(|table| table.schema.text().to_owned()))
        .bind(table.map(|table| table.name.text().to_owned()));
    let rows: Vec<Row> = looker.answer(query).await?;
    // The check knows better than the trigger's own line.
    let mut findings: Vec<Finding> = config
        .filter(|_| judged.is_none())
        .and_then(|config| wanted(catalog, config))
        .into_iter()
        .collect();
    let is_well = judged.is_none_or(|judged| judged.state == State::Good);
    if !rows.iter().any(Row::is_on_users) {
        let sentence = "no trigger on auth.users: the database itself makes no profile at a signup";
        findings.push(Finding::told(SUBJECT, sentence));
    }
    findings.extend(rows.iter().map(|row| row.finding(catalog, is_well)));
    Ok(findings)
}

/// Whether the configured trigger fires at a signup.
fn wanted(catalog: &Catalog, config: &Config) -> Option<Finding> {
    let wanted = &config.trigger;
    if wanted.mode == Mode::Create && !catalog.rollcall.is_installed {
        return None;
    }
    let present = catalog
        .triggers
        .iter()
        .find(|trigger| trigger.name == wanted.name);
    let wrong = match present {
        None => "is not there".to_owned(),
        Some(trigger) if trigger.function != wanted.function => {
            format!("calls {}, not {}", trigger.function, wanted.function)
        }
        Some(trigger) if !trigger.is_active() => "does not fire at a signup".to_owned(),
        Some(_) => {
            let sentence = format!(
                "the trigger {} on auth.users fires at every signup",
                wanted.name
            );
            return Some(Finding::good(SUBJECT, sentence));
        }
    };
    let sentence = format!("the trigger {} on auth.users {wrong}", wanted.name);
    Some(Finding::found(SUBJECT, sentence))
}
