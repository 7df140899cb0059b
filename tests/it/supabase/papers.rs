//! The pages are held to what there is: commands, parameters, objects, files, versions, counts.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use rollcall_local::binaries;
use rollcall_tests::World;

/// What AWS calls things, and the pages do with it.
const WORDS_OF_AWS: [&str; 2] = ["FunctionError", "KmsMasterKeyId"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// README.md, and whatever is in docs/ but the decisions.
fn pages() -> Vec<String> {
    let mut pages = vec!["README.md".to_owned()];
    for directory in ["docs", "docs/checks"] {
        for file in fs::read_dir(root().join(directory)).unwrap() {
            let name = file.unwrap().file_name().into_string().unwrap();
            if Path::new(&name).extension() == Some("md".as_ref()) {
                pages.push(format!("{directory}/{name}"));
            }
        }
    }
    pages
}

/// What stands between two marks, wherever on the page.
fn between<'a>(text: &'a str, begin: &str, end: &str) -> Vec<&'a str> {
    let parts = text.split(begin).skip(1);
    parts.filter_map(|part| part.split(end).next()).collect()
}

/// What stands in backticks, and each line of a block of code.
fn code(page: &str) -> Vec<&str> {
    let mut code = Vec::new();
    for (number, part) in page.split("```").enumerate() {
        if number % 2 == 1 {
            code.extend(part.lines().map(str::trim));
        } else {
            code.extend(part.split('`').skip(1).step_by(2));
        }
    }
    code
}

#[tokio::test]
async fn every_command_is_one() {
    let program = binaries::build(&["rollcall"], &mut |_| {})
        .unwrap()
        .remove(0);
    let mut seen = BTreeSet::new();
    for page in pages() {
        let text = read(&page);
        let commands = code(&text)
            .into_iter()
            .filter_map(|line| line.strip_prefix("rollcall "));
        for command in commands {
            let words = command.split_whitespace();
            let words: Vec<_> = words
                .take_while(|word| word.chars().all(|c| c.is_ascii_lowercase()))
                .collect();
            let options = command
                .split_whitespace()
                .filter(|word| word.starts_with("--"));
            if words.is_empty() || !seen.insert(command.to_owned()) {
                continue;
            }
            let help = Command::new(&program)
                .args(&words)
                .arg("--help")
                .output()
                .unwrap();
            assert!(help.status.success(), "{page}: rollcall {command}");
            let help = String::from_utf8(help.stdout).unwrap();
            for option in options {
                assert!(
                    help.contains(option),
                    "{page}: rollcall {command}: no {option}"
                );
            }
        }
    }
    assert!(seen.len() > 10, "{seen:?}");
}

/// Words like `WebhookUrl` are the template's, as parameters, resources, outputs or metrics.
#[test]
fn every_name_is_the_templates() {
    let template = read("template.yaml");
    let mut seen = BTreeSet::new();
    for page in pages() {
        let text = read(&page);
        let mut words = code(&text);
        words.extend(between(&text, "<", ">"));
        for word in words {
            let humps = word.chars().filter(char::is_ascii_uppercase).count();
            let is_name = word.chars().all(|c| c.is_ascii_alphanumeric())
                && word.starts_with(|c: char| c.is_ascii_uppercase())
                && humps > 1
                && word.chars().any(|c| c.is_ascii_lowercase());
            if is_name && !WORDS_OF_AWS.contains(&word) {
                let is_there = template.contains(&format!("\n  {word}:\n"))
                    || template.contains(&format!("MetricName: {word}\n"));
                assert!(is_there, "{page}: {word}");
                seen.insert(word.to_owned());
            }
        }
    }
    assert!(seen.len() > 10, "{seen:?}");
}

#[tokio::test]
async fn every_object_is_in_the_database() {
    let world = super::whole().await;
    let mut seen = 0;
    for page in pages() {
        let text = read(&page);
        for part in text.split("rollcall.").skip(1) {
            let end = part.find(|c: char| !c.is_ascii_lowercase() && c != '_');
            let name = &part[..end.unwrap_or(part.len())];
            if name.is_empty() || name == "toml" {
                continue;
            }
            let found = format!(
                "select exists (select from pg_class where relname = '{name}' and relnamespace = 'rollcall'::regnamespace)
                    or exists (select from pg_proc where proname = '{name}' and pronamespace = 'rollcall'::regnamespace)"
            );
            assert_eq!(world.ask(&found).await, "true", "{page}: rollcall.{name}");
            seen += 1;
        }
    }
    assert!(seen > 5);
}

#[test]
fn every_link_leads_somewhere() {
    for page in pages() {
        let text = read(&page);
        let directory = root().join(&page);
        for link in between(&text, "](", ")") {
            let path = link.split('#').next().unwrap_or_default();
            if path.is_empty() || link.starts_with("https://") {
                continue;
            }
            let target = directory.parent().unwrap().join(path);
            assert!(target.exists(), "{page}: {link}");
        }
    }
}

/// The logins as the page has them, and that they may do what their role may.
#[tokio::test]
async fn the_logins_are_made_as_the_page_says() {
    let world = World::with(
        rollcall_tests::shapes::USERS.0,
        rollcall_tests::shapes::USERS.1,
    )
    .await;
    let page = read("docs/deploy.md");
    let lines = page.lines().filter(|line| line.starts_with("create role "));
    let (mut made, mut dropped) = (String::new(), String::new());
    for line in lines {
        made.push_str(line);
        let role = line.split(' ').nth(2).unwrap();
        dropped.extend(["drop role ", role, ";"]);
    }
    world.run("postgres", &made).await;
    let asked = world
        .ask_as(
            "rollcall_app_login",
            "select ghosts from rollcall.take_roll()",
        )
        .await;
    assert_eq!(asked, "0");
    let plan = "select has_function_privilege('rollcall_operator_login', p.oid, 'execute')
        from pg_proc p where p.proname = 'install_triggers'";
    assert_eq!(world.ask(plan).await, "true");
    assert_eq!(
        world
            .ask(&plan.replace("operator_login", "app_login"))
            .await,
        "false"
    );
    world.run("postgres", &dropped).await;
    let upgrade = read("docs/upgrade.md");
    for line in dropped.split_inclusive(';') {
        assert!(upgrade.contains(line), "{line}");
    }
}

/// What a page has people install is what the tests ran with.
#[test]
fn every_version_is_the_one_that_is_tested() {
    let tested = read(".ci/requirements.txt");
    let tested: BTreeSet<_> = tested.lines().collect();
    let mut seen = 0;
    for page in pages() {
        let text = read(&page);
        for line in code(&text) {
            let Some(packages) = line.strip_prefix("pip install ") else {
                continue;
            };
            for package in packages.split_whitespace() {
                assert!(tested.contains(package), "{page}: {package}");
                seen += 1;
            }
        }
    }
    assert_eq!(seen, 3);
}

#[test]
fn the_costs_are_counted_from_the_template() {
    let (template, page) = (read("template.yaml"), read("docs/cost.md"));
    let count = |kind: &str| {
        template
            .matches(&format!("Type: AWS::CloudWatch::{kind}\n"))
            .count()
    };
    let (alarms, composite) = (count("Alarm"), count("CompositeAlarm"));
    assert!(
        page.contains(&format!("{alarms} × 0.10 + {composite} × 0.50")),
        "{alarms}, {composite}"
    );
    assert!(page.contains("60 × 730 = 43,800"));
    // Each column of what is the same for all, and its sum.
    let cents = |text: &str| -> u64 { text.replace(['*', '.', ' ', ','], "").parse().unwrap_or(0) };
    let (table, _) = page.split_once("Most of it").unwrap();
    let (_, table) = table.split_once("## The same").unwrap();
    let last = |line: &str| {
        cents(
            line.trim_end_matches('|')
                .rsplit('|')
                .next()
                .unwrap_or_default(),
        )
    };
    let rows: Vec<u64> = table
        .lines()
        .filter(|line| line.starts_with('|'))
        .map(last)
        .collect();
    let (sum, parts) = rows.split_last().unwrap();
    assert_eq!(parts.iter().sum::<u64>(), *sum, "{rows:?}");
}
