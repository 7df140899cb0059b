//! The digest: the same for files that mean the same, and only for these.

use super::{WHOLE, parse};

#[test]
fn files_that_mean_the_same_have_the_same_digest() {
    let spelled_out = parse(&WHOLE.replace("allow_user_controlled = [\"name\"]\n", ""));
    let short = parse(
        r#"
        references = [{ column = "user_id", table = "public.orders" }]
        profile.columns = { updated_at = ["now"], created_at = "created_at", preferences = { json = {} }, email_verified = "email_confirmed", name = ["meta.full_name", "meta.name", "email"], email = "email" }
        profile.keep.columns = ["email_verified", "email"]
        profile.table = "public.users"
        profile.removal = { release = ["email"], soft_delete = "deleted_at" }
        webhook.url = "https://rollcall.example.com/hook"
        check.old = "86400s"   # a day
        "#,
    );
    assert_eq!(spelled_out.digest(), short.digest());
    assert_eq!(short.digest().len(), 64);
    assert!(
        short
            .digest()
            .bytes()
            .all(|b| b.is_ascii_digit() || b.is_ascii_lowercase())
    );
}

#[test]
fn files_that_mean_something_else_have_another_digest() {
    let edits = [
        ("public.users", "public.user"),
        ("key = \"id\"", "key = \"user_id\""),
        (
            "[\"meta.full_name\", \"meta.name\"",
            "[\"meta.name\", \"meta.full_name\"",
        ),
        ("email = \"email\"", "email = \"phone\""),
        ("{ json = {} }", "{ json = [] }"),
        ("{ json = {} }", "{ text = \"{}\" }"),
        ("columns = [\"email\", ", "columns = ["),
        (
            "soft_delete = \"deleted_at\"",
            "soft_delete = \"removed_at\"",
        ),
        ("release = [\"email\"]", "release = []"),
        ("anonymous = true", "anonymous = false"),
        ("mode = \"create\"", "mode = \"watch\""),
        ("adopt = false", "adopt = true"),
        ("public.orders", "public.order"),
        ("rollcall.example.com", "example.com"),
        ("canary = \"auto\"", "canary = true"),
        ("heal_limit = 100", "heal_limit = 0"),
        ("old = \"24h\"", "old = \"24m\""),
        ("retention_days = 90", "retention_days = 91"),
    ];
    let mut digests = vec![parse(WHOLE).digest()];
    for (from, to) in edits {
        let changed = WHOLE.replace(from, to);
        assert_ne!(changed, WHOLE, "{from}");
        digests.push(parse(&changed).digest());
    }
    let count = digests.len();
    digests.sort();
    digests.dedup();
    assert_eq!(digests.len(), count);
}
