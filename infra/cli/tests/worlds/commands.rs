//! What the commands say of a world, and what speaks against it.

use std::{fmt, fs, thread};

use rollcall_tests::{World, people};
use serde_json::Value;
use tempfile::{TempDir, tempdir};

use crate::{
    runner::{Ended, rollcall},
    truth::{Beside, Counted, Shape, Truth},
};

/// Everything that was said of a world.
pub(crate) struct Heard {
    here: TempDir,
    /// With the file, and as text.
    doctor: Ended,
    /// Without it, and as JSON.
    doctor_json: Ended,
    /// Of one user, who may be in the world or not.
    diagnose: Ended,
    check: Option<Ended>,
    check_json: Option<Ended>,
    report: Option<Ended>,
    /// Where nobody can be asked, so that it does nothing.
    fix: Option<Ended>,
}

impl Heard {
    /// What doctor and diagnose say, which are to change nothing.
    pub(crate) fn doctor(world: &World, shape: &Shape) -> Self {
        let url = world.url("postgres");
        let here = tempdir().unwrap();
        let file = here.path().join("reviewed.toml");
        fs::write(&file, &shape.toml).unwrap();
        let doctor = ["doctor", "--time-limit", "2"];
        let with_file = [&doctor[..], &["--config", file.to_str().unwrap()]].concat();
        let as_json = [&doctor[..], &["--json"]].concat();
        let [doctor, doctor_json] = at_once(&here, &url, [&with_file, &as_json]);
        let somebody = ["diagnose", "--user-id", &people::id(1)];
        Self {
            diagnose: rollcall(here.path(), Some(&url), &somebody),
            doctor,
            doctor_json,
            here,
            check: None,
            check_json: None,
            report: None,
            fix: None,
        }
    }

    /// What check says, and then report.
    pub(crate) fn and_check(mut self, world: &World) -> Self {
        let url = world.url("postgres");
        let checks: [&[&str]; 2] = [&["check"], &["check", "--json"]];
        let [check, check_json] = at_once(&self.here, &url, checks);
        (self.check, self.check_json) = (Some(check), Some(check_json));
        let commands: [&[&str]; 2] = [&["report", "-o", "page.html"], &["fix"]];
        let [report, fix] = at_once(&self.here, &url, commands);
        (self.report, self.fix) = (Some(report), Some(fix));
        self
    }

    /// What is not as it ought to be; what is true was known before, or counted by hand.
    pub(crate) fn objections(&self, truth: &Truth, counted: Option<Counted>) -> Vec<String> {
        let mut objections = self.manners();
        let mut expect = |what: &str, said: String, expected: String| {
            if said != expected {
                objections.push(format!("{what} is {said}, not {expected}"));
            }
        };
        let check_json = self.check_json.as_ref().unwrap();
        let Ok(json) = serde_json::from_str::<Value>(&check_json.out) else {
            objections.push(format!("check --json says {check_json:?}"));
            return objections;
        };
        let counted = counted.filter(|_| truth.can_count);
        let status = match truth.status {
            "healthy" => 0,
            "unknown" => 3,
            _ => 1,
        };
        for (name, ended) in [("check", &self.check), ("check --json", &self.check_json)] {
            let ended = ended.as_ref().unwrap();
            expect(name, ended.status.to_string(), status.to_string());
        }
        expect("the status", word(&json["status"]), truth.status.to_owned());
        let trigger = word(&json["trigger"]["state"]);
        expect("the trigger", trigger, truth.trigger.to_owned());
        for (name, by_hand) in [
            ("ghosts", counted.map(|counted| counted.ghosts)),
            ("orphaned_profiles", counted.map(|counted| counted.orphans)),
        ] {
            let by_hand = Value::from(by_hand).to_string();
            expect(name, json["counts"][name].to_string(), by_hand);
        }
        let text = &self.check.as_ref().unwrap().out;
        expect("check's text", verdicts(text), verdicts_of(&json));
        let severity = json["severity"].as_str();
        let words = [&json["status"]].map(word)[0].clone() + " " + severity.unwrap_or("");
        let first = text.split(" at ").next().unwrap_or_default().to_owned();
        expect("check's first line", first, words.trim_end().to_owned());
        let fix = self.fix.as_ref().unwrap();
        let could_count = json["counts"]["ghosts"].is_number() && json["trigger"].is_object();
        let is_blind = fix.status == 3 && !could_count || json["status"] == "unknown";
        let is_well = json["counts"]["ghosts"] == 0 && truth.trigger == "active";
        // Who is not missing needs nothing; whoever is would get a profile after a yes.
        if !is_blind {
            let expected = u8::from(!is_well || json["status"] != "healthy");
            expect("fix", fix.status.to_string(), expected.to_string());
        }
        self.expect_of_report(&json, &mut expect);
        self.expect_of_doctor(truth, counted, &json, &mut expect);
        objections
    }

    fn expect_of_report(&self, json: &Value, expect: &mut impl FnMut(&str, String, String)) {
        let report = self.report.as_ref().unwrap();
        expect("report", report.status.to_string(), "0".to_owned());
        let page = fs::read_to_string(self.here.path().join("page.html")).unwrap_or_default();
        let piece = |after: &str, before: &str| {
            let rest = page.split_once(after)?.1;
            Some(rest.split_once(before)?.0.to_owned())
        };
        let headline = piece("<section class=\"verdict ", "\"").unwrap_or_default();
        expect("the report", headline, word(&json["status"]));
        let heading = piece("<h1 ", "</h1>").unwrap_or_default();
        let severity = heading
            .split_once("class=\"severity\">")
            .map_or("null", |(_, rest)| &rest[..2]);
        expect("its severity", severity.to_owned(), word(&json["severity"]));
        let says_nobody = page.contains("Everybody who ought to have a profile has one")
            || page.contains("Nobody is missing");
        if says_nobody {
            expect(
                "the ghosts of whom the report knows nothing",
                json["counts"]["ghosts"].to_string(),
                "0".to_owned(),
            );
        }
    }

    fn expect_of_doctor(
        &self,
        truth: &Truth,
        counted: Option<Counted>,
        json: &Value,
        expect: &mut impl FnMut(&str, String, String),
    ) {
        let lost = counted.map_or(0, |counted| counted.ghosts + counted.orphans);
        let is_bad = lost > 0 || truth.trigger != "active" || truth.beside == Beside::Found;
        let status = match (is_bad, truth.can_count && truth.beside != Beside::Unseen) {
            (true, _) => 1,
            (false, false) => 3,
            (false, true) => 0,
        };
        let without = &self.doctor_json;
        expect(
            "doctor without the file",
            without.status.to_string(),
            status.to_string(),
        );
        // What the file says may be refused, in sentences on standard error.
        let status = if self.doctor.err.is_empty() {
            status
        } else {
            2
        };
        expect("doctor", self.doctor.status.to_string(), status.to_string());
        let findings: Value = serde_json::from_str(&without.out).unwrap_or_default();
        let findings = findings["findings"].as_array().cloned().unwrap_or_default();
        let findings = findings.iter().map(|finding| {
            let state = match finding["good"].as_bool() {
                Some(true) => "ok",
                Some(false) => "found",
                None => "",
            };
            (state, word(&finding["subject"]), word(&finding["sentence"]))
        });
        let of_json: Vec<_> = findings.collect();
        let of_text = self.doctor.out.lines().map(|line| {
            let mut parts = line.splitn(3, '\t');
            let mut part = || parts.next().unwrap_or_default();
            (part(), part().to_owned(), part().to_owned())
        });
        let of_text: Vec<_> = of_text.collect();
        let detail = word(&json["trigger"]["detail"]);
        for (name, findings) in [("doctor", &of_text), ("doctor --json", &of_json)] {
            let of = |subject: &str| {
                let mut of = findings.iter().filter(|finding| finding.1 == subject);
                let number = |sentence: &str| {
                    let digits = sentence.split(' ').next().unwrap_or_default();
                    if digits == "no" { "0" } else { digits }.replace(',', "")
                };
                // Of an unseen one there is a sentence, and no number.
                let number = of
                    .next()
                    .map_or_else(|| "null".to_owned(), |f| number(&f.2));
                if number == "could" {
                    "null".to_owned()
                } else {
                    number
                }
            };
            let by_hand = |count: Option<i64>| count.map_or("null".to_owned(), |n| n.to_string());
            expect(
                &format!("{name}: ghosts"),
                of("ghosts"),
                by_hand(counted.map(|c| c.ghosts)),
            );
            expect(
                &format!("{name}: orphans"),
                of("orphans"),
                by_hand(counted.map(|c| c.orphans)),
            );
            let triggers = findings.iter().filter(|finding| finding.1 == "trigger");
            let goods = triggers.clone().any(|finding| finding.0 == "ok");
            let bads = triggers.clone().any(|finding| finding.0 == "found");
            let is_active = truth.trigger == "active";
            expect(
                &format!("{name}: triggers that are well, and that are not"),
                format!("{goods} {bads}"),
                format!("{is_active} {}", !is_active),
            );
            // What check adds about triggers beside them, doctor has a line for each.
            let told = match detail.split_once("; ") {
                Some((told, _)) if is_active => told,
                _ => &detail,
            };
            let tells = triggers.clone().any(|finding| finding.2.contains(told));
            expect(
                &format!("{name}: whether it tells what check tells of the triggers"),
                tells.to_string(),
                "true".to_owned(),
            );
        }
    }

    /// What is true of every command in every world.
    fn manners(&self) -> Vec<String> {
        let mut objections = vec![];
        let page = fs::read_to_string(self.here.path().join("page.html")).unwrap_or_default();
        let every = [
            ("doctor", Some(&self.doctor)),
            ("doctor --json", Some(&self.doctor_json)),
            ("check", self.check.as_ref()),
            ("check --json", self.check_json.as_ref()),
            ("report", self.report.as_ref()),
            ("diagnose", Some(&self.diagnose)),
            ("fix", self.fix.as_ref()),
        ];
        for (name, ended) in every {
            let ended = ended.unwrap();
            let said = format!("{}{}", ended.out, ended.err);
            if said.contains("@example.com") || page.contains("@example.com") {
                objections.push(format!("{name} tells an address: {said}"));
            }
            // It is the owner who asks: another role would see less.
            if said.contains("connect as a member of") {
                objections.push(format!("{name} sends the owner away: {said}"));
            }
            if said.contains("panicked") {
                objections.push(format!("{name} panics: {said}"));
            }
            // It says, too, why it did nothing.
            let may_complain = matches!(ended.status, 2 | 3) || name == "fix" && ended.status == 1;
            let is_mended = ended.err.lines().all(|line| {
                let is_error = line.starts_with("error: ");
                is_error && (line.contains("; ") || line.contains(": "))
            });
            let is_mannerly = ended.err.is_empty() || may_complain && is_mended;
            if !is_mannerly {
                objections.push(format!("{name} ends with {}: {}", ended.status, ended.err));
            }
        }
        objections
    }
}

/// Two commands at once: where something is locked, both do nothing but wait.
fn at_once(here: &TempDir, url: &str, [one, other]: [&[&str]; 2]) -> [Ended; 2] {
    let run = |arguments| rollcall(here.path(), Some(url), arguments);
    thread::scope(|scope| {
        let one = scope.spawn(|| run(one));
        let other = run(other);
        [one.join().unwrap(), other]
    })
}

impl fmt::Display for Heard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for ended in [
            Some(&self.doctor),
            self.check.as_ref(),
            self.report.as_ref(),
            Some(&self.diagnose),
            self.fix.as_ref(),
        ] {
            let ended = ended.unwrap();
            writeln!(f, "{}{}= {}", ended.out, ended.err, ended.status)?;
        }
        Ok(())
    }
}

/// A word of an answer; null where there is none.
fn word(value: &Value) -> String {
    value.as_str().unwrap_or("null").to_owned()
}

/// Each check of the text, as whether it passed, its name, and its issues.
fn verdicts(text: &str) -> String {
    let rows = text
        .lines()
        .map(|line| line.split('\t').collect::<Vec<_>>());
    let rows = rows.filter(|row| row.len() == 4);
    let rows = rows.map(|row| format!("{} {} {}", row[0], row[1], row[2]));
    rows.collect::<Vec<_>>().join(", ")
}

fn verdicts_of(json: &Value) -> String {
    let rows = json["checks"].as_array().unwrap().iter().map(|check| {
        let passed = match check["passed"].as_bool() {
            Some(true) => "ok",
            Some(false) => "FAIL",
            None => "could not look",
        };
        let name = word(&check["check_name"]);
        format!("{passed} {name} {}", check["issue_count"])
    });
    rows.collect::<Vec<_>>().join(", ")
}
