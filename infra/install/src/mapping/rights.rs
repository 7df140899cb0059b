//! Which column names speak of rights, so that no user may fill them by metadata.

/// Words that speak of rights wherever they stand; singular, because a plural says the same.
const WORDS: &[&str] = &[
    "acl",
    "admin",
    "administrator",
    "approved",
    "authority",
    "balance",
    "billing",
    "capability",
    "clearance",
    "confirmed",
    "credit",
    "entitlement",
    "grant",
    "group",
    "license",
    "licence",
    "membership",
    "moderator",
    "owner",
    "paid",
    "permission",
    "plan",
    "policy",
    "premium",
    "privilege",
    "quota",
    "right",
    "role",
    "root",
    "scope",
    "sku",
    "staff",
    "subscriber",
    "subscription",
    "superadmin",
    "superuser",
    "sudo",
    "tenant",
    "tier",
    "trial",
    "trusted",
    "verified",
    "wallet",
];

/// Words that speak of rights by themselves or with an id: who belongs where.
const BELONGING: &[&str] = &[
    "account",
    "company",
    "org",
    "organisation",
    "organization",
    "team",
    "workspace",
];

/// What makes a word of belonging a matter of rights.
const IDENTIFIERS: &[&str] = &["id", "key", "slug", "uuid"];

/// The word in a column's name that speaks of rights, if there is one.
pub(super) fn word(name: &str) -> Option<String> {
    let words = words(name);
    let speaks = |word: &str| {
        let bare = word
            .strip_prefix("is")
            .or_else(|| word.strip_prefix("has"))
            .unwrap_or(word);
        [word, bare].iter().any(|word| {
            let singular = word.strip_suffix('s').unwrap_or(word);
            let of_ies = word.strip_suffix("ies").map(|stem| format!("{stem}y"));
            WORDS.contains(word)
                || WORDS.contains(&singular)
                || of_ies.is_some_and(|word| WORDS.contains(&word.as_str()))
        })
    };
    if let Some(word) = words.iter().find(|word| speaks(word)) {
        return Some(word.clone());
    }
    if let Some([one, two]) = words
        .array_windows()
        .find(|[one, two]: &&[String; 2]| speaks(&format!("{one}{two}")))
    {
        return Some(format!("{one}{two}"));
    }
    let belongs = words.iter().find(|word| {
        let singular = word.strip_suffix('s').unwrap_or(word);
        BELONGING.contains(&singular)
    })?;
    let by_id = words
        .iter()
        .any(|word| IDENTIFIERS.contains(&word.as_str()));
    let by_itself = words.len() == 1 && !matches!(belongs.as_str(), "company" | "account");
    (by_id || by_itself).then(|| belongs.clone())
}

/// The words of a name in `snake_case`, `camelCase` or anything between, in lower case.
fn words(name: &str) -> Vec<String> {
    let chars: Vec<char> = name.chars().collect();
    let mut words = vec![String::new()];
    for (index, c) in chars.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|index| chars.get(index));
        let starts = c.is_uppercase()
            && before.is_some_and(|before| {
                let next = chars.get(index + 1);
                !before.is_uppercase() || next.is_some_and(|next| next.is_lowercase())
            });
        if starts || !c.is_alphabetic() {
            words.push(String::new());
        }
        if c.is_alphabetic()
            && let Some(word) = words.last_mut()
        {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::word;

    #[test]
    fn names_that_speak_of_rights() {
        for name in [
            "role",
            "roles",
            "user_role",
            "userRole",
            "is_admin",
            "isAdmin",
            "isadmin",
            "IsAdmin",
            "super_user",
            "superuser",
            "plan",
            "plan_id",
            "Tier",
            "subscription_status",
            "permissions",
            "scopes",
            "tenant",
            "tenantID",
            "org",
            "org_id",
            "organisationId",
            "organization_id",
            "credits",
            "account_balance",
            "email_verified",
            "HTTPRole",
            "role2",
            "capabilities",
            "team_id",
            "company id",
        ] {
            assert!(word(name).is_some(), "{name}");
        }
    }

    #[test]
    fn names_that_only_look_so() {
        for name in [
            "full_name",
            "planet",
            "explanation",
            "parole",
            "avatar_url",
            "company",
            "company_name",
            "organization_name",
            "title",
            "bio",
            "locale",
            "administered_by",
            "organ",
            "scoped",
            "history",
            "issue",
        ] {
            assert_eq!(word(name), None, "{name}");
        }
    }
}
