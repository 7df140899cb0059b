//! Whatever a text is, and whatever it leaves out.

use rollcall_tests::{Line, thrown};

use super::*;

const MESSAGE: &str = "insert or update on table \"orders\" violates foreign key constraint \
                       \"orders_user_id_fkey\"";

#[tokio::test]
async fn a_hidden_key_is_told_with_what_to_do() {
    let world = world().await;
    people::ghosts(&world, 1, 1).await;
    // As PostgreSQL shows it to whoever may insert and not read.
    world
        .run("postgres", "revoke select on public.orders from anon; grant insert on public.orders to anon; grant usage on sequence public.orders_id_seq to anon")
        .await;
    let insert = format!(
        "set role anon; insert into public.orders (user_id) values ('{}')",
        people::id(1)
    );
    let error = error_of(&world, "postgres", &insert);
    assert!(!error.contains(&people::id(1)), "it is not hidden: {error}");
    for text in [
        error,
        MESSAGE.to_owned(),
        r#"{"code":"P2003","meta":{"constraint":"orders_user_id_fkey"}}"#.to_owned(),
    ] {
        let answer = of_text(&world, &text).await;
        assert_shape(&answer);
        assert_eq!(kind(&answer), "key_hidden", "{answer:#}");
        assert_eq!(
            (&answer["user_id"], &answer["in_auth"]),
            (&Value::Null, &Value::Null)
        );
        assert_eq!(answer["constraint"]["name"], "orders_user_id_fkey");
        assert_eq!(answer["mend"]["command"], "rollcall backfill");
        let unknown = answer["unknown"][0].as_str().unwrap();
        assert!(unknown.contains("rollcall diagnose --user-id"), "{unknown}");
    }
}

#[tokio::test]
async fn other_languages_are_read_by_the_catalog_s_names() {
    let world = world().await;
    people::people(&world, 1, 1).await;
    people::ghosts(&world, 2, 1).await;
    let child = format!(
        "FEHLER:  Einfügen oder Aktualisieren in Tabelle »orders« verletzt Fremdschlüssel-Constraint \
         »orders_user_id_fkey«\nDETAIL:  Schlüssel (user_id)=({}) ist nicht in Tabelle »profiles« vorhanden.",
        people::id(2)
    );
    let answer = of_text(&world, &child).await;
    assert_eq!(answer["mend"]["function"], "backfill", "{answer:#}");
    assert_eq!(answer["user_id"], people::id(2));
    let parent = format!(
        "ERREUR:  UPDATE ou DELETE sur la table « profiles » viole la contrainte « orders_user_id_fkey » \
         de la table « orders »\nDÉTAIL : La clé (id)=({}) est toujours référencée.",
        people::id(1)
    );
    let answer = of_text(&world, &parent).await;
    assert_eq!(kind(&answer), "still_referenced", "{answer:#}");
}

#[tokio::test]
async fn a_text_that_tells_of_nothing_is_told_as_such() {
    let world = world().await;
    people::ghosts(&world, 1, 1).await;
    let id = people::id(1);
    for (text, expected) in [
        ("it does not work".to_owned(), "not_read"),
        (
            "ERROR:  duplicate key value violates unique constraint \"users_email_key\"".to_owned(),
            "not_read",
        ),
        ("\0\u{1}\"\"\"\\\\\\".to_owned(), "not_read"),
        ("SQLSTATE 23503".to_owned(), "no_constraint"),
        (
            "update violates foreign key constraint \"none_of_ours\"".to_owned(),
            "no_constraint",
        ),
        // The constraint is unknown; whose key it was is not.
        (
            format!("23503: Key (author)=({id}) is not present in table \"elsewhere\"."),
            "unknown",
        ),
    ] {
        let answer = of_text(&world, &text).await;
        assert_shape(&answer);
        assert_eq!(
            (kind(&answer), &answer["constraint"]),
            (expected, &Value::Null),
            "{text}"
        );
    }
}

#[tokio::test]
async fn nothing_of_the_text_comes_back_but_the_id() {
    let world = world().await;
    people::ghosts(&world, 1, 1).await;
    let id = people::id(1);
    let canary = "canary@example.com";
    for text in [
        format!(
            "{canary} {MESSAGE} DETAIL:  Key (user_id)=({id}) is not present in table \"profiles\". {canary}"
        ),
        format!("violates foreign key constraint \"{canary}\" \"{canary}\""),
        format!(
            "insert or update on table \"leads\" violates foreign key constraint \"{canary}\" \
                 Key (user_id)=({id}) is not present in table \"profiles\"."
        ),
        format!(
            "{MESSAGE} DETAIL:  Key (user_id)=({canary}) is not present in table \"{canary}\"."
        ),
    ] {
        let function = started(&world).await;
        let answer = function.invoke(json!({ "error": text })).await.unwrap();
        assert!(!answer.to_string().contains("canary"), "{answer:#}");
        let logs = function.logs().join("\n");
        assert!(!logs.contains("canary"), "{logs}");
    }
}

#[tokio::test]
async fn a_long_log_is_read_around_its_first_violation() {
    let world = world().await;
    people::ghosts(&world, 1, 1).await;
    let log = format!("{MESSAGE}\n{}", "é filler \"x\" \\\" (\n".repeat(100_000));
    assert_eq!(kind(&of_text(&world, &log).await), "key_hidden");
}

#[tokio::test]
async fn out_of_reach_and_not_installed_are_told_apart() {
    let world = world().await;
    let event = || json!({ "user_id": people::id(1) });
    let line = Line::open().await;
    let url = line.url("rollcall_app", &world);
    let function = Deployed::with_url("diagnose", &url, &[]).await;
    line.cut().await;
    assert_eq!(thrown(function.invoke(event()).await).0, "Unavailable");
    let bare = World::bare("").await;
    let function = started(&bare).await;
    assert_eq!(thrown(function.invoke(event()).await).0, "Misconfigured");
}
