//! The runbook and the checks' pages say what the sources say.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use tempfile::tempdir;

use super::rollcall;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The files of a directory with this extension.
fn files(directory: &str, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join(directory)).unwrap();
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    files.sort();
    files
}

/// The words in quotes that are lower-case letters and underscores.
fn words_in_quotes(source: &str) -> impl Iterator<Item = &str> {
    source.split('"').skip(1).step_by(2).filter(|word| {
        !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
    })
}

#[test]
fn every_check_has_its_page_and_every_page_its_check() {
    let mut checks = BTreeSet::new();
    for file in files("shared/domain/src/check", "rs") {
        let source = fs::read_to_string(file).unwrap();
        checks.extend(
            words_in_quotes(&source)
                .filter(|word| word.ends_with("_check"))
                .map(str::to_owned),
        );
    }
    let pages = files("docs/checks", "md");
    let named = pages
        .iter()
        .map(|page| page.file_stem().unwrap().to_str().unwrap().to_owned());
    assert_eq!(named.collect::<BTreeSet<_>>(), checks);
    assert_eq!(checks.len(), 13);
    for page in pages {
        let text = fs::read_to_string(&page).unwrap();
        let title = format!("# {}", page.file_stem().unwrap().to_str().unwrap());
        assert_eq!(text.lines().next(), Some(&*title));
        assert!(text.lines().count() <= 40, "{title} is too long");
        for part in ["**Why it happens.**", "**What to call.**"] {
            assert!(text.contains(part), "{title}: {part}");
        }
    }
}

#[test]
fn every_cause_has_its_mend() {
    let cause = read("shared/domain/src/cause.rs");
    let reasons = cause
        .lines()
        .filter_map(|line| line.trim().strip_prefix('"')?.split_once("\" => \""))
        .map(|(reason, _)| format!("refused_{reason}"));
    let mut causes: BTreeSet<String> = reasons.collect();
    assert!(causes.len() >= 10, "{causes:?}");
    // What the ledger says of an error that has no word of its own.
    causes.insert("refused_other".to_owned());
    let unfit = |word: &&str| causes.contains(&format!("refused_{word}"));
    let kinds: Vec<String> = words_in_quotes(&cause)
        .filter(|word| (word.contains('_') || *word == "unknown") && !unfit(word))
        .map(str::to_owned)
        .collect();
    causes.extend(kinds);
    let made = read("shared/domain/src/check.rs");
    let made = made.split("Cause::new(\"").skip(1);
    causes.extend(made.map(|rest| rest.split('"').next().unwrap().to_owned()));
    // The classes that keep nobody from working.
    let lesser = read("shared/domain/src/watch/trouble.rs");
    let lesser = words_in_quotes(&lesser).filter(|word| word.contains('_'));
    causes.extend(lesser.map(str::to_owned));

    let runbook = read("docs/runbook.md");
    let (_, table) = runbook.split_once("\n## Causes\n").unwrap();
    let rows = table.lines().filter_map(|line| {
        let (kind, mend) = line.strip_prefix("| `")?.split_once("` | ")?;
        Some((kind.to_owned(), mend.trim_end_matches(" |").to_owned()))
    });
    let mends: BTreeMap<String, String> = rows.collect();
    assert_eq!(mends.keys().cloned().collect::<BTreeSet<_>>(), causes);
    assert!(mends.values().all(|mend| mend.len() > 10), "{mends:?}");
}

/// The code of a page: fenced blocks, and what stands in backticks.
fn code(page: &str) -> Vec<String> {
    let mut code = Vec::new();
    for (number, part) in page.split("\n```").enumerate() {
        if number % 2 == 1 {
            code.extend(part.lines().skip(1).map(str::to_owned));
        } else {
            code.extend(
                part.split('`')
                    .skip(1)
                    .step_by(2)
                    .map(|span| span.replace('\n', " ")),
            );
        }
    }
    code
}

/// The calls of the command in a line: its words after `rollcall`.
fn calls(line: &str) -> impl Iterator<Item = Vec<&str>> {
    line.split("rollcall ").skip(1).filter_map(|rest| {
        let call = rest
            .split(['`', ';', '|', '>', ','])
            .next()
            .unwrap_or_default();
        let words: Vec<&str> = call.split_whitespace().collect();
        let is_command = words.first()?.bytes().all(|b| b.is_ascii_lowercase());
        is_command.then_some(words)
    })
}

#[test]
fn every_call_that_a_page_names_exists() {
    let here = tempdir().unwrap();
    let help = |call: &[&str]| {
        let is_command = |word: &&&str| word.bytes().all(|b| b.is_ascii_lowercase());
        let mut words: Vec<_> = call.iter().take_while(is_command).copied().collect();
        words.push("--help");
        rollcall(here.path(), None, &words)
    };
    let mut seen = 0;
    for page in [files("docs/checks", "md"), files("docs", "md")].concat() {
        let text = fs::read_to_string(&page).unwrap();
        for line in code(&text) {
            for call in calls(&line) {
                let help = help(&call);
                assert_eq!(help.status, 0, "{}: rollcall {call:?}", page.display());
                for option in call.iter().filter(|word| word.starts_with('-')) {
                    let is_known = help.out.split([' ', ',', '\n']).any(|word| word == *option);
                    assert!(is_known, "{}: rollcall {call:?}", page.display());
                }
                seen += 1;
            }
        }
    }
    assert!(seen > 20, "{seen}");
}

/// What a link to the heading in `line` is called: punctuation goes, words are joined.
fn anchor_of(line: &str) -> String {
    line.trim_start_matches(['#', ' '])
        .to_lowercase()
        .replace(' ', "-")
        .replace(
            |c: char| !c.is_alphanumeric() && !['-', '_'].contains(&c),
            "",
        )
}

#[test]
fn every_link_leads_somewhere() {
    for page in [files("docs/checks", "md"), files("docs", "md")].concat() {
        let text = fs::read_to_string(&page).unwrap();
        for link in text
            .split("](")
            .skip(1)
            .map(|rest| rest.split(')').next().unwrap())
        {
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            if file.contains("://") {
                continue;
            }
            let target = match file {
                "" => page.clone(),
                file => page.parent().unwrap().join(file),
            };
            assert!(target.exists(), "{}: {link}", page.display());
            if !heading.is_empty() {
                let text = fs::read_to_string(target).unwrap();
                let mut headings = text.lines().filter(|line| line.starts_with('#'));
                let is_there = headings.any(|line| anchor_of(line) == heading);
                assert!(is_there, "{}: {link}", page.display());
            }
        }
    }
}
