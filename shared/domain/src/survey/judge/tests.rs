use sqlx::postgres::types::Oid;

use super::*;

fn reference(known_by: KnownBy) -> Reference {
    Reference {
        relation: Oid(1),
        number: 2,
        table: "public.orders".to_owned(),
        column: "user_id".to_owned(),
        type_name: "uuid".to_owned(),
        kind: Kind::Uuid,
        fits_key: true,
        known_by,
        foreign_key: None,
        index: None,
        is_configured: known_by == KnownBy::Configured,
    }
}

fn with_key(refers_to: RefersTo, validated: bool) -> Reference {
    Reference {
        foreign_key: Some(ForeignKey {
            name: "a_key".to_owned(),
            target: "public.a_table".to_owned(),
            validated,
            on_delete: "no action".to_owned(),
            columns: vec!["user_id".to_owned()],
            target_columns: vec!["id".to_owned()],
            refers_to,
            by_key: refers_to != RefersTo::Other,
        }),
        index: Some("an_index".to_owned()),
        ..reference(if refers_to == RefersTo::Other {
            KnownBy::Name
        } else {
            KnownBy::ForeignKey
        })
    }
}

/// Of so many rows, how many are orphaned, and how many of these name somebody in `auth.users`.
fn counts(rows: i64, orphaned: i64, in_auth: i64) -> Looked<Counts> {
    Looked::Seen(Counts {
        rows,
        named: Some(rows),
        orphans: Some(Orphans {
            rows: orphaned,
            no_uuid: 0,
            in_auth,
            missing_users: orphaned,
            still_in_auth: in_auth,
            spelled_otherwise: 0,
        }),
    })
}

fn judged(reference: &Reference, counts: &Looked<Counts>) -> (Confidence, Proposal) {
    let column = judge(reference, counts);
    assert!(!column.why.is_empty());
    (column.confidence, column.proposal)
}

#[test]
fn a_name_is_believed_as_far_as_the_values_bear_it_out() {
    let named = reference(KnownBy::Name);
    for (rows, orphaned, in_auth, expected) in [
        (0, 0, 0, (Confidence::Unknown, Proposal::Review)),
        (9, 9, 0, (Confidence::Possible, Proposal::Review)),
        (9, 8, 0, (Confidence::Possible, Proposal::Review)),
        (9, 8, 3, (Confidence::Possible, Proposal::Review)),
        (
            9,
            8,
            4,
            (Confidence::Likely, Proposal::CreateProfileAndQuarantine),
        ),
        (10, 5, 0, (Confidence::Likely, Proposal::Quarantine)),
        (9, 9, 9, (Confidence::Likely, Proposal::CreateProfile)),
        (9, 0, 0, (Confidence::Likely, Proposal::Constrain)),
    ] {
        let counts = counts(rows, orphaned, in_auth);
        assert_eq!(judged(&named, &counts), expected, "{counts:?}");
    }
}

#[test]
fn uuids_of_nobody_are_looked_at_unless_a_key_says_whose_they_are() {
    let lost = counts(9, 9, 0);
    let column = judge(&reference(KnownBy::Name), &lost);
    assert!(column.why.contains("users who are lost"), "{}", column.why);
    let expected = (Confidence::Unlikely, Proposal::Nothing);
    assert_eq!(judged(&with_key(RefersTo::Other, true), &lost), expected);
    let Looked::Seen(mut words) = lost else {
        panic!("not seen")
    };
    words.orphans.as_mut().unwrap().no_uuid = 9;
    let words = Looked::Seen(words);
    assert_eq!(judged(&reference(KnownBy::Name), &words), expected);
}

#[test]
fn an_id_that_is_spelled_otherwise_is_no_orphan_and_keeps_a_key_from_fitting() {
    let Looked::Seen(mut counts) = counts(9, 0, 0) else {
        panic!("not seen")
    };
    counts.orphans.as_mut().unwrap().spelled_otherwise = 1;
    let column = judge(&reference(KnownBy::Configured), &Looked::Seen(counts));
    assert_eq!(column.proposal, Proposal::Review);
    assert!(column.why.starts_with("1 row spells"), "{}", column.why);
    let of_another_type = Reference {
        kind: Kind::Text,
        fits_key: false,
        ..reference(KnownBy::Configured)
    };
    let proposal = judged(&of_another_type, &Looked::Seen(counts)).1;
    assert_eq!(proposal, Proposal::ChangeType);
}

#[test]
fn what_a_key_or_the_configuration_says_is_certain() {
    let none = counts(9, 9, 0);
    for known_by in [KnownBy::ForeignKey, KnownBy::Configured] {
        let expected = (Confidence::Certain, Proposal::Quarantine);
        assert_eq!(judged(&reference(known_by), &none), expected);
    }
}

#[test]
fn a_key_is_finished_before_all_is_well() {
    let clean = counts(9, 0, 0);
    let proposal = |reference: &Reference| judged(reference, &clean).1;
    assert_eq!(
        proposal(&with_key(RefersTo::Profile, true)),
        Proposal::Nothing
    );
    assert_eq!(
        proposal(&with_key(RefersTo::Profile, false)),
        Proposal::Constrain
    );
    let without_index = Reference {
        index: None,
        ..with_key(RefersTo::Profile, true)
    };
    assert_eq!(proposal(&without_index), Proposal::Constrain);
    assert_eq!(proposal(&with_key(RefersTo::Auth, true)), Proposal::Nothing);
    assert_eq!(proposal(&with_key(RefersTo::Auth, false)), Proposal::Review);
    assert_eq!(
        proposal(&with_key(RefersTo::Other, true)),
        Proposal::ChangeKey
    );
    let of_another_type = Reference {
        kind: Kind::Text,
        fits_key: false,
        ..reference(KnownBy::Configured)
    };
    assert_eq!(proposal(&of_another_type), Proposal::ChangeType);
}

#[test]
fn orphans_come_before_the_key_that_would_not_stand() {
    let orphaned = counts(9, 1, 1);
    let proposal = judged(&with_key(RefersTo::Profile, false), &orphaned).1;
    assert_eq!(proposal, Proposal::CreateProfile);
}

#[test]
fn what_was_not_counted_is_null_and_never_well() {
    let cut_off = Looked::CutOff {
        why: "no time".to_owned(),
    };
    let column = judge(&reference(KnownBy::Name), &cut_off);
    assert_eq!((column.rows, column.orphaned_rows), (None, None));
    assert_eq!(column.proposal, Proposal::Review);
    assert_eq!(column.confidence, Confidence::Unknown);
    assert!(column.why.contains("no time"));
    let key = judge(&with_key(RefersTo::Profile, true), &cut_off);
    assert_eq!(key.confidence, Confidence::Certain);
    assert_eq!(key.proposal, Proposal::Review);
}

#[test]
fn a_column_that_holds_no_id_has_no_orphans() {
    let rows_only = Looked::Seen(Counts {
        rows: 9,
        named: Some(9),
        orphans: None,
    });
    let column = judge(&with_key(RefersTo::Profile, true), &rows_only);
    assert_eq!((column.rows, column.orphaned_rows), (Some(9), None));
    assert_eq!(column.proposal, Proposal::Nothing);
}

#[test]
fn a_key_of_several_columns_to_another_table_says_nothing_of_one() {
    let mut reference = with_key(RefersTo::Other, true);
    let healthy = counts(9, 0, 0);
    let single = judged(&reference, &healthy);
    assert_eq!(single, (Confidence::Likely, Proposal::ChangeKey));
    let key = reference.foreign_key.as_mut().unwrap();
    key.columns.insert(0, "tenant".to_owned());
    key.target_columns.insert(0, "tenant".to_owned());
    assert_eq!(
        judged(&reference, &healthy),
        (Confidence::Likely, Proposal::Review)
    );
    reference.known_by = KnownBy::Configured;
    for (counts, proposal) in [
        (healthy, Proposal::Constrain),
        (counts(9, 2, 0), Proposal::Quarantine),
    ] {
        assert_eq!(judged(&reference, &counts), (Confidence::Certain, proposal));
    }
}
