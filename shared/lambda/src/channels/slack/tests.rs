use super::*;

fn read(url: &str) -> Result<Option<Slack>, SettingsError> {
    Slack::from_environment(&Environment::of([(URL, url)]), Duration::from_secs(1))
}

#[test]
fn the_address_is_one_that_nobody_on_the_way_can_read() {
    assert!(read(" ").unwrap().is_none());
    for good in [
        "https://hooks.slack.com/services/T0/B0/hunter2",
        "http://127.0.0.1:8080/hunter2",
        "http://[::1]:8080/hunter2",
        "http://localhost/hunter2",
    ] {
        let slack = read(good).unwrap().unwrap();
        assert!(!format!("{slack:?}").contains("hunter2"), "{slack:?}");
    }
    for bad in [
        "http://hooks.slack.com/services/T0/B0/hunter2",
        "http://127.0.0.1.example.com/hunter2",
        "http://0.0.0.0/hunter2",
        "https://user:hunter2@hooks.slack.com/",
        "hooks.slack.com/hunter2",
        "hunter2",
    ] {
        let said = read(bad).unwrap_err().to_string();
        assert!(said.starts_with("SLACK_WEBHOOK_URL is not an https://"));
        assert!(!said.contains("hunter2"), "{said}");
    }
}
