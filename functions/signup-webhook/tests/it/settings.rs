use crate::support::*;

fn problem(variables: &[(&str, &str)]) -> String {
    app(variables).unwrap_err().to_string()
}

#[test]
fn without_a_secret_and_a_token_the_function_does_not_start() {
    for variables in [&[][..], &[("WEBHOOK_SECRETS", ""), ("WEBHOOK_TOKENS", " ")]] {
        let said = problem(variables);
        assert!(
            said.starts_with("WEBHOOK_SECRETS is not set, and WEBHOOK_TOKENS is not"),
            "{said}"
        );
    }
}

#[test]
fn every_bad_variable_is_named_and_its_value_is_not_shown() {
    let good = ("WEBHOOK_TOKENS", TOKEN);
    let arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:hunter2";
    for (name, value) in [
        ("WEBHOOK_SECRETS", "hunter2"),
        ("WEBHOOK_SECRETS", "v1,whsec_hunter2"),
        ("WEBHOOK_SECRETS", "v1,whsec_aHVudGVyMg=="),
        ("WEBHOOK_SECRETS", arn),
        ("WEBHOOK_TOKENS", "hunter2"),
        ("WEBHOOK_TOKENS", arn),
        ("DATABASE_URL", "hunter2"),
        ("DATABASE_URL", arn),
        ("DATABASE_CA_CERT", "hunter2"),
        ("DATABASE_CA_CERT", arn),
    ] {
        let said = problem(&[good, (name, value)]);
        assert!(said.starts_with(&format!("{name} ")), "{said}");
        assert!(!said.contains("hunter2"), "{said}");
        assert!(!said.contains('\n'), "{said}");
    }
}

#[test]
fn the_app_shows_nothing_of_its_settings() {
    assert_eq!(format!("{:?}", app_with_token()), "App { .. }");
}
