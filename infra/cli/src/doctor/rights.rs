//! Who may do what: with Rollcall's own things, with the profile table, and as Rollcall's roles.

use rollcall_install::objects::PUBLIC_TABLES;
use sqlx::FromRow;

use super::{
    finding::Finding,
    look::{Looker, Trouble},
    profiles::Profiles,
};

const SUBJECT: &str = "rights";

#[derive(Debug, FromRow)]
struct Right {
    kind: String,
    name: String,
    grantee: String,
    rights: String,
}

#[derive(Debug, FromRow)]
struct OpenTable {
    name: String,
    has_row_security: bool,
}

/// That nobody but their owner and Rollcall's roles has any right on Rollcall's things.
pub(super) async fn on_rollcall(looker: &mut Looker) -> Result<Vec<Finding>, Trouble> {
    let query = sqlx::query_as(include_str!("sql/rights.sql")).bind(PUBLIC_TABLES);
    let rights: Vec<Right> = looker.answer(query).await?;
    let query = sqlx::query_as(include_str!("sql/open_tables.sql")).bind(PUBLIC_TABLES);
    let open: Vec<OpenTable> = looker.answer(query).await?;
    if rights.is_empty() && open.is_empty() {
        let sentence = "nobody but the owner and Rollcall's roles has a right on what is \
                        Rollcall's, and row-level security is on everywhere";
        return Ok(vec![Finding::good(SUBJECT, sentence)]);
    }
    let too_wide = rights.into_iter().map(|right| {
        let Right {
            kind,
            name,
            grantee,
            rights,
        } = right;
        // A function is named with the types of its arguments.
        let sentence = format!(
            "{grantee} may {rights} on the {kind} {name}, which is Rollcall's; apply the output \
             of `rollcall sql`, which takes the right away"
        );
        Finding::found(SUBJECT, sentence)
    });
    let unguarded = open.into_iter().map(|table| {
        let wrong = if table.has_row_security {
            "has a policy, which lets somebody in"
        } else {
            "has row-level security off"
        };
        let sentence = format!("the table {}, which is Rollcall's, {wrong}", table.name);
        Finding::found(SUBJECT, sentence)
    });
    Ok(too_wide.chain(unguarded).collect())
}

#[derive(Debug, FromRow)]
struct TableRights {
    has_row_security: bool,
    policies: i64,
    writers: Vec<String>,
}

/// Whether the Data API lets anybody write profiles.
pub(super) async fn on_profiles(
    looker: &mut Looker,
    profiles: &Profiles,
) -> Result<Vec<Finding>, Trouble> {
    let table = &profiles.table;
    let query = sqlx::query_as(include_str!("sql/profile_rights.sql"))
        .bind(table.schema.text().to_owned())
        .bind(table.name.text().to_owned());
    let rows: Vec<TableRights> = looker.answer(query).await?;
    Ok(rows
        .iter()
        .map(|rights| {
            let who = rights.writers.join("; ");
            if rights.has_row_security {
                let policies = match rights.policies {
                    0 => "no policy".to_owned(),
                    1 => "1 policy".to_owned(),
                    policies => format!("{policies} policies"),
                };
                let sentence = format!("row-level security is on for {table}, with {policies}");
                Finding::good(SUBJECT, sentence)
            } else if rights.writers.is_empty() {
                let sentence = format!(
                    "row-level security is off for {table}, and none of the Data API's roles may \
                     write to it"
                );
                Finding::told(SUBJECT, sentence)
            } else {
                let sentence = format!(
                    "row-level security is off for {table}, and whoever has the project's public \
                     key may write to it ({who}); `alter table {table} enable row level \
                     security` and policies, or revoke these rights"
                );
                Finding::found(SUBJECT, sentence)
            }
        })
        .collect())
}

#[derive(Debug, FromRow)]
struct Role {
    name: String,
    has_login: bool,
    is_mighty: bool,
    logins: Vec<String>,
    exposed_to: Vec<String>,
}

/// Who can connect as Rollcall's roles.
pub(super) async fn of_roles(looker: &mut Looker) -> Result<Vec<Finding>, Trouble> {
    let subject = "role";
    let roles: Vec<Role> = looker.rows(include_str!("sql/roles.sql")).await?;
    let mut findings = Vec::new();
    for name in ["rollcall_app", "rollcall_operator"] {
        let Some(role) = roles.iter().find(|role| role.name == name) else {
            let sentence = format!("there is no role {name}; apply the output of `rollcall sql`");
            findings.push(Finding::found(subject, sentence));
            continue;
        };
        let through = role.logins.join(", ");
        let sentence = match (role.has_login, role.logins.is_empty()) {
            (true, true) => format!("{name} has a login of its own"),
            (true, false) => format!("{name} has a login of its own, and {through} may act as it"),
            (false, false) => format!("{name} has no login, and {through} may act as it"),
            (false, true) => format!(
                "{name} has no login, and no login may act as it: the functions cannot connect yet"
            ),
        };
        findings.push(Finding::told(subject, sentence));
        if role.is_mighty {
            let sentence = format!(
                "{name} has attributes beyond a login (superuser, bypassrls, createrole, createdb \
                 or replication); it needs none"
            );
            findings.push(Finding::found(subject, sentence));
        }
        findings.extend(role.exposed_to.iter().map(|who| {
            let sentence = format!(
                "{who}, a role of the Data API, may act as {name}; `revoke {name} from {who}`"
            );
            Finding::found(subject, sentence)
        }));
    }
    Ok(findings)
}
