//! What the database needs to call the signup webhook by itself.

use rollcall_install::mapping::Webhook;
use sqlx::FromRow;

use super::{
    finding::Finding,
    look::{Looker, Trouble},
};

const SUBJECT: &str = "webhook";

#[derive(Debug, FromRow)]
struct Needs {
    pg_net: bool,
    pgcrypto: bool,
    vault: bool,
}

/// What is missing, each with its mend. A signup would not say: it commits whatever is missing.
pub(super) async fn look(looker: &mut Looker, webhook: &Webhook) -> Result<Vec<Finding>, Trouble> {
    let needs: Vec<Needs> = looker.rows(include_str!("sql/webhook_needs.sql")).await?;
    let Some(needs) = needs.into_iter().next() else {
        return Ok(Vec::new());
    };
    let mut findings: Vec<Finding> = [
        (needs.pg_net, "pg_net", "create extension pg_net"),
        (
            needs.pgcrypto,
            "pgcrypto",
            "create extension pgcrypto with schema extensions",
        ),
        (needs.vault, "Vault", "create extension supabase_vault"),
    ]
    .into_iter()
    .filter(|(is_there, ..)| !is_there)
    .map(|(_, extension, mend)| missing(extension, mend))
    .collect();
    if needs.vault {
        findings.extend(wrong_secret(looker, &webhook.vault_secret).await?);
    }
    if findings.is_empty() {
        let sentence = "pg_net, pgcrypto and Vault's secret are there for the webhook";
        findings.push(Finding::good(SUBJECT, sentence));
    }
    Ok(findings)
}

fn missing(extension: &str, mend: &str) -> Finding {
    let sentence = format!(
        "the database cannot call the webhook: {extension} is not there, or of a version without \
         what is called; as postgres: `{mend}`"
    );
    Finding::found(SUBJECT, sentence)
}

async fn wrong_secret(looker: &mut Looker, name: &str) -> Result<Option<Finding>, Trouble> {
    let query = sqlx::query_as(include_str!("sql/webhook_secret.sql")).bind(name);
    let secrets: Vec<(bool,)> = match looker.answer(query).await {
        Ok(secrets) => secrets,
        Err(Trouble::Unseen(why)) => {
            return Ok(Some(Finding::unseen(SUBJECT, "Vault's secret", &why)));
        }
        Err(over) => return Err(over),
    };
    Ok(match secrets.first() {
        None => Some(format!(
            "Vault has no secret {name}: keep there what the stack's WebhookSecretArn holds"
        )),
        Some((false,)) => Some(format!(
            "Vault's secret {name} is not v1,whsec_… of at least 24 bytes in base64"
        )),
        Some((true,)) => None,
    }
    .map(|sentence| Finding::found(SUBJECT, sentence)))
}
