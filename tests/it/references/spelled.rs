//! Ids that a text column spells in another way than PostgreSQL writes them.

use super::*;

/// The ways in which an id of these digits may be written.
const SPELLINGS: [&str; 7] = [
    "abcdef00-0000-4000-8000-00000000000#",
    "ABCDEF00-0000-4000-8000-00000000000#",
    "{abcdef00-0000-4000-8000-00000000000#}",
    "abcdef0000004000800000000000000#",
    "Abcdef00-00004000-80000000-0000000#",
    " abcdef00-0000-4000-8000-00000000000#\t",
    "\n{ABCDEF0000004000800000000000000#}",
];

/// What is no id, whatever it looks like.
const RUBBISH: [&str; 6] = [
    "{abcdef00-0000-4000-8000-000000000001",
    "abcdef00-0000-4000-8000-000000000001}",
    "a-bcdef00000040008000000000000001",
    "abcdef00-0000-4000-8000-0000000000011",
    "{}",
    "",
];

fn spelled(user: u8) -> Vec<String> {
    let words = SPELLINGS.iter();
    words
        .map(|word| word.replace('#', &user.to_string()))
        .collect()
}

/// User 1 has a profile, user 2 is in `auth.users` only, nobody knows of user 3; each is named in all
/// spellings, beside what is no id.
async fn fill(world: &World, profile: &str) {
    let rows = [1, 2, 3].iter().flat_map(|user| spelled(*user));
    let rows: Vec<String> = rows
        .chain(RUBBISH.map(str::to_owned))
        .map(|word| format!("('{word}')"))
        .collect();
    let sql = format!(
        "set session_replication_role = replica;
         insert into auth.users (id) values
             ('abcdef00-0000-4000-8000-000000000001'), ('abcdef00-0000-4000-8000-000000000002');
         {profile};
         insert into public.chats (owner_id) values {}",
        rows.join(", ")
    );
    world.run("supabase_admin", &sql).await;
}

const CHATS: &str =
    "create table public.chats (id int generated always as identity primary key, owner_id text)";

async fn goes_as_the_users_live(world: &World) {
    let kept = "select string_agg(owner_id, '|' order by id) from public.chats";
    let before = world.ask(kept).await;
    assert_eq!(
        world
            .ask("select examined || ' ' || orphaned from rollcall.count_child_rows(1)")
            .await,
        "27 20"
    );
    let function = repair(world).await;
    let survey = function
        .invoke(json!({"action": "references.survey"}))
        .await
        .unwrap();
    let column = &survey["tables"][0];
    let fields = [
        "rows",
        "orphaned_rows",
        "missing_users",
        "still_in_auth",
        "no_uuid_rows",
        "spelled_otherwise_rows",
    ];
    assert_eq!(
        fields.map(|field| column[field].as_i64().unwrap()),
        [27, 20, 2, 1, 6, 6],
        "{column:#}"
    );

    let planned = plan(&function, json!({})).await;
    let done = apply(&function, &planned).await;
    let expected = [
        ("public.chats.owner_id quarantine", [13, 13, 0, 0, 0]),
        // One user, however often and however spelled.
        ("public.chats.owner_id create_profile", [1, 1, 0, 0, 0]),
    ];
    assert_eq!(
        tables(&done),
        expected.map(|(name, counts)| (name.to_owned(), counts))
    );
    let lives = [1, 2]
        .iter()
        .flat_map(|user| spelled(*user))
        .collect::<Vec<_>>();
    assert_eq!(world.ask(kept).await, lives.join("|"));
    assert_eq!(
        plan(&function, json!({"public.chats": "quarantine"})).await["status"],
        "nothing_to_do"
    );

    let undone = undo(&function, &done).await;
    assert_eq!(left(&undone), Vec::<String>::new(), "{undone:#}");
    assert_eq!(world.ask(kept).await, before);
}

#[tokio::test]
async fn rows_of_users_who_live_stay_however_their_id_is_spelled() {
    let world = world(CHATS, &[("public.chats", "owner_id")]).await;
    let profile = "insert into public.users (id) values ('abcdef00-0000-4000-8000-000000000001')";
    fill(&world, profile).await;
    goes_as_the_users_live(&world).await;
}

#[tokio::test]
async fn so_do_they_where_the_profiles_own_key_is_text() {
    let world = World::with(
        &format!("create table public.\"Profile\" (\"userId\" text primary key, name text); {CHATS}"),
        "profile.table = \"public.Profile\"\nprofile.key = \"userId\"\nprofile.columns.name = \"meta.name\"
         [[references]]\ntable = \"public.chats\"\ncolumn = \"owner_id\"",
    )
    .await;
    let profile =
        "insert into public.\"Profile\" values ('abcdef00-0000-4000-8000-000000000001', 'a name')";
    fill(&world, profile).await;
    goes_as_the_users_live(&world).await;
}

#[tokio::test]
async fn whoever_is_planned_for_a_new_user_is_not_whoever_lives() {
    let world = world(CHATS, &[("public.chats", "owner_id")]).await;
    let profile = "insert into public.users (id) values ('abcdef00-0000-4000-8000-000000000001')";
    fill(&world, profile).await;
    let function = repair(&world).await;
    let policies = json!({"public.chats": {"policy": "reassign", "to": id(1)}});
    let done = apply(&function, &plan(&function, policies).await).await;
    assert_eq!(counts(&done["tables"][0]), [20, 20, 0, 0, 0]);
    let kept = format!(
        "select string_agg(owner_id, '|' order by id) from public.chats where owner_id <> '{}'",
        id(1)
    );
    assert_eq!(world.ask(&kept).await, spelled(1).join("|"));
}

#[tokio::test]
async fn whoever_gets_a_profile_before_the_apply_keeps_their_rows_in_every_spelling() {
    let world = world(CHATS, &[("public.chats", "owner_id")]).await;
    let profile = "insert into public.users (id) values ('abcdef00-0000-4000-8000-000000000001')";
    fill(&world, profile).await;
    let function = repair(&world).await;
    let planned = plan(&function, json!({"public.chats": "quarantine"})).await;
    world
        .run(
            "supabase_admin",
            "insert into public.users (id) values ('abcdef00-0000-4000-8000-000000000003')",
        )
        .await;
    let done = apply(&function, &planned).await;
    assert_eq!(counts(&done["tables"][0]), [20, 13, 0, 7, 0], "{done:#}");
}
