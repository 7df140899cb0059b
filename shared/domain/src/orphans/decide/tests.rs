use super::*;

fn target(relation: i64, table: &str, column: &str, known_by: &str) -> Target {
    Target {
        relation,
        table: table.to_owned(),
        column: column.to_owned(),
        known_by: known_by.to_owned(),
        has_key: true,
        is_plain: true,
        may_read: true,
        may_move: true,
        may_change: true,
        referrers: vec![],
        family: vec![relation],
        partition_names: vec![],
    }
}

fn shown(parts: &[Part]) -> Vec<String> {
    let line = |part: &Part| {
        let (table, column, word) = (&part.table, &part.column, part.policy.word());
        format!(
            "{table}.{column} {word} {} {:?}",
            part.whose, part.refused_as
        )
    };
    parts.iter().map(line).collect()
}

#[test]
fn children_come_first_and_profiles_last() {
    let mut parents = target(1, "p.a", "user_id", "configured");
    parents.referrers = vec![2, 1];
    let mut children = target(2, "p.b", "user_id", "foreign_key");
    children.referrers = vec![3];
    let mut circle = target(3, "p.c", "user_id", "foreign_key");
    circle.referrers = vec![2];
    let parts = decide(&[parents, children, circle], &BTreeMap::new()).unwrap();
    assert_eq!(
        shown(&parts),
        [
            "p.b.user_id quarantine others None",
            "p.c.user_id quarantine others None",
            "p.a.user_id quarantine others None",
            "p.a.user_id create_profile creatable None",
            "p.b.user_id create_profile creatable None",
            "p.c.user_id create_profile creatable None",
        ]
    );
}

#[test]
fn a_guess_counts_where_its_table_is_named_and_nothing_better_is_known() {
    let targets = [
        target(1, "p.a", "user_id", "name"),
        target(2, "p.b", "created_by", "name"),
        target(2, "p.b", "user_id", "configured"),
    ];
    let to = Uuid::from_u128(7);
    let policies = [
        ("p.a".to_owned(), Policy::Quarantine),
        ("p.b".to_owned(), Policy::Reassign(to)),
    ];
    let parts = decide(&targets, &policies.into()).unwrap();
    assert_eq!(
        shown(&parts),
        [
            "p.a.user_id quarantine all None",
            "p.b.user_id reassign all None"
        ]
    );
    let parts = decide(&targets, &BTreeMap::new()).unwrap();
    assert_eq!(parts.len(), 2);
    let named = [("p.b.created_by".to_owned(), Policy::Default)].into();
    assert_eq!(
        shown(&decide(&targets, &named).unwrap()),
        [
            "p.b.created_by quarantine others None",
            "p.b.user_id quarantine others None",
            "p.b.created_by create_profile creatable None",
            "p.b.user_id create_profile creatable None",
        ]
    );
    let unknown = [("p.x".to_owned(), Policy::Quarantine)].into();
    let Err(Stop::BadRequest(sentence)) = decide(&targets, &unknown) else {
        panic!("taken");
    };
    assert!(sentence.contains("p.x"), "{sentence}");
}

#[test]
fn what_cannot_be_done_says_why() {
    let mut targets = [target(1, "p.a", "user_id", "configured")];
    let quarantine: BTreeMap<_, _> = [("p.a".to_owned(), Policy::Quarantine)].into();
    let create: BTreeMap<_, _> = [("p.a".to_owned(), Policy::CreateProfile)].into();
    let why = |targets: &[Target], policies| decide(targets, policies).unwrap()[0].refused_as;
    targets[0].has_key = false;
    assert_eq!(why(&targets, &quarantine), Some("no_primary_key"));
    assert_eq!(why(&targets, &create), None);
    targets[0].is_plain = false;
    assert_eq!(why(&targets, &quarantine), Some("not_a_table"));
    targets[0].may_move = false;
    assert_eq!(why(&targets, &quarantine), Some("permission"));
    targets[0].may_read = false;
    assert_eq!(why(&targets, &create), Some("permission"));
}

fn named(policies: &[(&str, Policy)]) -> BTreeMap<String, Policy> {
    let policies = policies.iter();
    policies
        .map(|(name, policy)| ((*name).to_owned(), *policy))
        .collect()
}

#[test]
fn a_column_has_a_policy_of_its_own_before_its_tables() {
    let targets = [
        target(1, "p.a", "user_id", "configured"),
        target(1, "p.a", "owner_id", "foreign_key"),
        target(1, "p.a", "created_by", "name"),
        // What its name says is the table's, which goes before the column's.
        target(2, "p.a.user_id", "user_id", "configured"),
        target(3, "p.a.b", "user_id", "configured"),
    ];
    let to = Uuid::from_u128(7);
    let policies = named(&[
        ("p.a", Policy::CreateProfile),
        ("p.a.owner_id", Policy::Quarantine),
        ("p.a.created_by", Policy::Reassign(to)),
        ("p.a.user_id", Policy::CreateProfile),
        ("p.a.b.user_id", Policy::CreateProfile),
    ]);
    let parts = decide(&targets, &policies).unwrap();
    assert_eq!(
        shown(&parts),
        [
            "p.a.owner_id quarantine all None",
            "p.a.created_by reassign all None",
            "p.a.user_id create_profile all None",
            "p.a.user_id.user_id create_profile all None",
            "p.a.b.user_id create_profile all None",
        ]
    );
    // Only whole rows take others with them.
    assert_eq!(parts[0].other_columns, ["user_id", "created_by"]);
    assert!(parts[1].other_columns.is_empty());
}

#[test]
fn the_name_of_a_partition_is_answered_with_its_tables() {
    let mut target = target(1, "p.events", "user_id", "configured");
    target.partition_names = vec!["p.events_1".to_owned(), "p.events_old".to_owned()];
    for name in ["p.events_1", "p.events_old", "p.events_1.user_id"] {
        let policies = named(&[(name, Policy::Quarantine)]);
        let Err(Stop::BadRequest(sentence)) = decide(&[target.clone()], &policies) else {
            panic!("taken");
        };
        assert!(
            sentence.contains("name p.events or p.events.user_id"),
            "{sentence}"
        );
    }
}
