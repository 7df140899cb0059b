use std::collections::BTreeSet;

use super::*;

fn now() -> DateTime<Utc> {
    "2026-11-20T02:00:00.123Z".parse().unwrap()
}

fn written(metrics: &Metrics) -> Value {
    let mut out = Vec::new();
    metrics.write("nightly-check", now(), &mut out);
    let text = String::from_utf8(out).unwrap();
    assert_eq!(text.matches('\n').count(), 1);
    assert!(text.ends_with('\n'));
    let line = serde_json::from_str(&text).unwrap();
    assert_is_emf(&line);
    line
}

fn everything() -> Metrics {
    Metrics {
        counts: Counts {
            auth_users: Some(1),
            eligible: Some(2),
            profiles: Some(3),
            live: Some(4),
            ghosts: Some(5),
            ghosts_old: Some(6),
            refused: Some(7),
            retired: Some(8),
            orphaned_profiles: Some(9),
            leftover: Some(10),
            excluded: Some(11),
            drifted: Some(12),
            orphaned_child_rows: Some(13),
        },
        unhealed_ghosts: Some(14),
        oldest_ghost_seconds: Some(15),
        duration_ms: Some(16),
        healed: Some(Healed {
            created: 17,
            refused: 18,
        }),
        status: Some(Status::Unknown),
        alerts_unsent: Some(19),
        database_unreachable: Some(true),
        heartbeat: true,
    }
}

/// What the specification of the embedded metric format asks of a line.
fn assert_is_emf(line: &Value) {
    let line = line.as_object().unwrap();
    let aws = line["_aws"].as_object().unwrap();
    assert_eq!(aws["Timestamp"], now().timestamp_millis());
    let directives = aws["CloudWatchMetrics"].as_array().unwrap();
    assert_eq!(directives.len(), 1);
    for directive in directives {
        assert_eq!(directive["Namespace"], "Rollcall");
        let mut named = BTreeSet::from(["_aws"]);
        for set in directive["Dimensions"].as_array().unwrap() {
            let set = set.as_array().unwrap();
            assert!(set.len() <= 30);
            for dimension in set {
                let name = dimension.as_str().unwrap();
                let value = line[name].as_str().unwrap();
                assert!((1..=1024).contains(&value.len()));
                assert!(named.insert(name));
            }
        }
        let metrics = directive["Metrics"].as_array().unwrap();
        assert!(metrics.len() <= 100);
        for metric in metrics {
            let name = metric["Name"].as_str().unwrap();
            assert!((1..=1024).contains(&name.len()));
            let unit = metric["Unit"].as_str().unwrap();
            assert!(["Count", "Seconds", "Milliseconds", "None"].contains(&unit));
            assert!(line[name].is_number(), "{name}");
            assert!(named.insert(name), "{name} is named twice");
        }
        // Nothing beside them, which would be paid for and read by nobody.
        assert_eq!(named, line.keys().map(String::as_str).collect());
    }
}

#[test]
fn everything_that_was_measured_is_written_under_its_name() {
    let line = written(&everything());
    for (name, value) in [
        ("AuthUsers", 1),
        ("Eligible", 2),
        ("Profiles", 3),
        ("Live", 4),
        ("Ghosts", 5),
        ("GhostsOld", 6),
        ("Refused", 7),
        ("Retired", 8),
        ("OrphanedProfiles", 9),
        ("Leftover", 10),
        ("Excluded", 11),
        ("Drifted", 12),
        ("OrphanedChildRows", 13),
        ("UnhealedGhosts", 14),
        ("OldestGhost", 15),
        ("Duration", 16),
        ("Healed", 17),
        ("HealRefused", 18),
        ("AlertsUnsent", 19),
        ("Status", 3),
        ("DatabaseUnreachable", 1),
        ("Heartbeat", 1),
    ] {
        assert_eq!(line[name], value, "{name}");
    }
    assert_eq!(line["Function"], "nightly-check");
    let named = &line["_aws"]["CloudWatchMetrics"][0]["Metrics"];
    assert_eq!(named.as_array().unwrap().len(), 22);
    for (at, unit) in [
        (0, "Count"),
        (13, "Count"),
        (14, "Seconds"),
        (15, "Milliseconds"),
        (19, "None"),
    ] {
        assert_eq!(named[at]["Unit"], unit, "{}", named[at]);
    }
}

#[test]
fn what_was_not_measured_is_neither_written_nor_named() {
    let line = written(&Metrics {
        database_unreachable: Some(false),
        heartbeat: true,
        ..Metrics::default()
    });
    let keys: Vec<_> = line.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        ["DatabaseUnreachable", "Function", "Heartbeat", "_aws"]
    );
    assert_eq!(line["DatabaseUnreachable"], 0);
}

#[test]
fn a_status_that_is_worse_has_a_greater_number() {
    let numbers = [
        Status::Healthy,
        Status::Warning,
        Status::Critical,
        Status::Unknown,
    ]
    .map(as_number);
    assert_eq!(numbers, [0, 1, 2, 3]);
}

/// Counts what was flushed, or takes nothing at all.
#[derive(Default)]
struct Stream {
    buffered: usize,
    flushed: usize,
    full: bool,
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.full {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.buffered += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.flushed = self.buffered;
        Ok(())
    }
}

#[test]
fn the_line_is_flushed_and_a_full_disk_fails_nothing() {
    let mut stream = Stream::default();
    everything().write("pulse", now(), &mut stream);
    assert!(stream.flushed > 0);
    let mut full = Stream {
        full: true,
        ..Stream::default()
    };
    everything().write("pulse", now(), &mut full);
    assert_eq!(full.flushed, 0);
}
