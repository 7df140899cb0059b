use proptest::prelude::*;

use super::*;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn user(outcome: Outcome) -> Affected {
    Affected {
        user_id: Uuid::from_u128(7),
        email: Some("ada@example.com".to_owned()),
        created_at: Some(at("2026-11-02T10:00:00.5Z")),
        until: Some(at("2026-11-20T09:59:59Z")),
        outcome,
        reason: None,
    }
}

fn csv_of(users: &[Affected]) -> Vec<u8> {
    let mut bytes = vec![];
    let mut lines = Lines::onto(&mut bytes);
    lines.add(COLUMNS);
    for user in users {
        lines.add(cells(user).each_ref().map(String::as_str));
    }
    drop(lines);
    bytes
}

#[test]
fn a_line_has_the_id_the_address_the_time_whole_days_and_what_became_of_it() {
    let refused = Affected {
        reason: Some("unique_held_by_live".to_owned()),
        ..user(Outcome::Refused)
    };
    let gone = Affected {
        email: None,
        created_at: None,
        ..user(Outcome::Gone)
    };
    let id = "00000000-0000-0000-0000-000000000007";
    assert_eq!(
        String::from_utf8(csv_of(&[user(Outcome::Created), refused, gone])).unwrap(),
        format!(
            "user_id,email,created_at,days_affected,outcome,reason\r\n\
             {id},ada@example.com,2026-11-02T10:00:00Z,17,created,\r\n\
             {id},ada@example.com,2026-11-02T10:00:00Z,17,refused,unique_held_by_live\r\n\
             {id},,,,gone,\r\n"
        )
    );
}

#[test]
fn an_account_from_the_future_was_affected_for_no_day() {
    let user = Affected {
        created_at: Some(at("2027-01-01T00:00:00Z")),
        ..user(Outcome::Created)
    };
    assert_eq!(user.days(), Some(0));
}

#[test]
fn the_tally_tells_the_mended_from_the_waiting_and_leaves_the_gone_out() {
    let mut tally = Tally::default();
    let early = Affected {
        created_at: Some(at("2026-10-01T00:00:00Z")),
        ..user(Outcome::NotReached)
    };
    let long_gone = Affected {
        created_at: Some(at("2020-01-01T00:00:00Z")),
        ..user(Outcome::Gone)
    };
    for user in [
        user(Outcome::Created),
        user(Outcome::Present),
        early,
        long_gone,
    ] {
        tally.count(&user);
    }
    let expected = Tally {
        users: 4,
        mended: 2,
        waiting: 1,
        first: Some(at("2026-10-01T00:00:00Z")),
        last: Some(at("2026-11-20T09:59:59Z")),
    };
    assert_eq!(tally, expected);
}

proptest! {
    #[test]
    fn a_reader_finds_every_address_as_it_is_or_made_text(
        emails in proptest::collection::vec("([=+@;,\"' \t\r\n-]|[a-z0-9.]|\\PC){0,24}", 0..8),
    ) {
        let users = emails.iter().map(|email| Affected {
            email: Some(email.clone()),
            ..user(Outcome::Created)
        });
        let bytes = csv_of(&users.collect::<Vec<_>>());
        let mut reader = csv::Reader::from_reader(&*bytes);
        prop_assert_eq!(reader.headers().unwrap(), &COLUMNS[..]);
        let read: Vec<_> = reader.records().map(Result::unwrap).collect();
        prop_assert_eq!(read.len(), emails.len());
        for (record, email) in read.iter().zip(&emails) {
            prop_assert_eq!(&record[1], neutral(email));
            prop_assert_eq!(&record[0], "00000000-0000-0000-0000-000000000007");
            prop_assert_eq!(&record[4], "created");
        }
    }
}
