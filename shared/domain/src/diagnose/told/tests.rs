//! The forms in which a violation reaches people, each written for this table.

use super::*;

const ID: &str = "6f1d2c3b-0000-4000-8000-00000000a001";

/// A violation that was read: constraint, child, parent, side, value.
#[track_caller]
fn expect(text: &str, constraint: &str, child: &str, parent: &str, side: Side, value: &str) {
    let text = text.replace("ID", ID);
    let told = Told::read(&text);
    assert_eq!(
        told.constraints.first().map(String::as_str),
        Some(constraint),
        "{text}"
    );
    assert_eq!(told.side, Some(side), "{text}");
    let or_none = |name: &str| (!name.is_empty()).then(|| name.to_owned());
    assert_eq!(told.child, or_none(child), "{text}");
    assert_eq!(told.parent, or_none(parent), "{text}");
    let read = told.key.as_ref().map(|key| key.values.join("|"));
    assert_eq!(read, or_none(&value.replace("ID", ID)), "{text}");
    assert!(told.is_violation && !told.has_more, "{text}");
}

/// Of `public.orders`, which refers to `public.users`.
#[track_caller]
fn expect_order(text: &str) {
    expect(
        text,
        "orders_user_id_fkey",
        "orders",
        "users",
        Side::Child,
        "ID",
    );
}

#[test]
fn what_psql_shows() {
    expect_order(
        "ERROR:  insert or update on table \"orders\" violates foreign key constraint \"orders_user_id_fkey\"\n\
         DETAIL:  Key (user_id)=(ID) is not present in table \"users\".\n",
    );
    expect_order(
        "psql:seed.sql:12: ERROR:  23503: insert or update on table \"orders\" violates foreign key \
         constraint \"orders_user_id_fkey\"\r\n\
         DETAIL:  Key (user_id)=(ID) is not present in table \"users\".\r\n\
         SCHEMA NAME:  public\r\nTABLE NAME:  orders\r\n\
         CONSTRAINT NAME:  orders_user_id_fkey\r\nLOCATION:  ri_ReportViolation, ri_triggers.c:2612\r\n",
    );
}

#[test]
fn what_postgrest_answers() {
    expect_order(
        r#"{"code":"23503","details":"Key (user_id)=(ID) is not present in table \"users\".","hint":null,"message":"insert or update on table \"orders\" violates foreign key constraint \"orders_user_id_fkey\""}"#,
    );
    // In a string in JSON, and in one more.
    let once = r#"{"message":"{\"code\":\"23503\",\"details\":\"Key (user_id)=(ID) is not present in table \\\"users\\\".\",\"hint\":null,\"message\":\"insert or update on table \\\"orders\\\" violates foreign key constraint \\\"orders_user_id_fkey\\\"\"}"}"#;
    expect_order(once);
    let twice = format!(
        "{{\"event\":\"{}\"}}",
        once.replace('\\', r"\\").replace('"', "\\\"")
    );
    expect_order(&twice);
}

#[test]
fn what_supabase_js_shows_on_a_console() {
    expect_order(
        "Error creating order: {\n  code: '23503',\n  \
         details: 'Key (user_id)=(ID) is not present in table \"users\".',\n  hint: null,\n  \
         message: 'insert or update on table \"orders\" violates foreign key constraint \"orders_user_id_fkey\"'\n}",
    );
    expect_order(
        "PostgrestError: insert or update on table \"orders\" violates foreign key constraint \"orders_user_id_fkey\"\n    \
         at async POST (/app/api/orders/route.ts:21:11) {\n  code: '23503',\n  \
         details: 'Key (user_id)=(ID) is not present in table \"users\".',\n  hint: null\n}",
    );
}

#[test]
fn what_dart_throws() {
    expect_order(
        "PostgrestException(message: insert or update on table \"orders\" \nviolates foreign key \
         constraint \"orders_user_id_fkey\", code: 23503, \ndetails: Key (user_id)=(ID) is not \
         present in table \"users\"., hint: null)",
    );
    expect_order(
        "Unhandled Exception: PostgrestException(message: insert or update on table \"orders\" \
         violates foreign key constraint \"orders_user_id_fkey\", code: 23503, details: Key \
         (user_id)=(ID) is not present in table \"users\", hint: null)",
    );
}

#[test]
fn what_prisma_throws() {
    for text in [
        "Invalid `prisma.order.create()` invocation:\n\n\nForeign key constraint violated on the \
         constraint: `orders_user_id_fkey`",
        "PrismaClientKnownRequestError: \nInvalid `prisma.order.create()` invocation:\n\n\
         Foreign key constraint failed on the field: `orders_user_id_fkey (index)`\n  code: 'P2003',\n  \
         clientVersion: '5.9.1',\n  meta: { modelName: 'Order', field_name: 'orders_user_id_fkey (index)' }",
        "Foreign key constraint violated: `orders_user_id_fkey (index)`",
        "Foreign key constraint violated: `orders_user_id_fkey`",
        "Foreign key constraint failed on the field: `orders_user_id_fkey`",
        r#"{"code":"P2003","meta":{"modelName":"Order","constraint":"orders_user_id_fkey"},"clientVersion":"6.2.0"}"#,
    ] {
        let told = Told::read(text);
        assert_eq!(told.constraints, ["orders_user_id_fkey"], "{text}");
        assert!(told.is_violation && told.key.is_none(), "{text}");
    }
}

#[test]
fn what_a_page_shows() {
    expect_order(
        "ERROR:  insert or update on table &quot;orders&quot; violates foreign key constraint \
         &quot;orders_user_id_fkey&quot;\nDETAIL:  Key (user_id)=(ID) is not present in table &#34;users&#34;.",
    );
}

#[test]
fn what_stands_in_the_midst_of_a_long_log() {
    let filler =
        "2026-11-20 10:00:00 UTC [99] LOG:  é nothing but a line of a log, as long as they are, \
                  \"quoted\" and so on and so on\n"
            .repeat(4000);
    let error = "ERROR:  insert or update on table \"orders\" violates foreign key constraint \
                 \"orders_user_id_fkey\"\nDETAIL:  Key (user_id)=(ID) is not present in table \"users\".\n";
    for text in [
        format!("{filler}{error}{filler}"),
        format!("{filler}{error}"),
        format!("{error}{filler}"),
    ] {
        assert!(text.len() > LONGEST);
        expect_order(&text);
        assert!(Told::read(&text).is_cut);
    }
    // Without the words, its end is read.
    let told = Told::read(&format!("{filler}Schlüssel (user_id)=(7)"));
    assert_eq!(told.key.unwrap().values, ["7"]);
    assert!(!Told::read(error).is_cut);
}

#[test]
fn what_python_raises() {
    expect_order(
        "sqlalchemy.exc.IntegrityError: (psycopg2.errors.ForeignKeyViolation) insert or update on table \
         \"orders\" violates foreign key constraint \"orders_user_id_fkey\"\n\
         DETAIL:  Key (user_id)=(ID) is not present in table \"users\".\n\n\
         [SQL: INSERT INTO orders (user_id, total) VALUES (%(user_id)s, %(total)s) RETURNING orders.id]\n\
         [parameters: {'user_id': UUID('ID'), 'total': 12}]\n\
         (Background on this error at: https://sqlalche.me/e/20/gkpj)",
    );
    expect_order(
        "asyncpg.exceptions.ForeignKeyViolationError: insert or update on table \"orders\" violates \
         foreign key constraint \"orders_user_id_fkey\"\n\
         DETAIL:  Key (user_id)=(ID) is not present in table \"users\".",
    );
}

#[test]
fn what_other_drivers_show() {
    expect_order(
        "error: insert or update on table \"orders\" violates foreign key constraint \"orders_user_id_fkey\"\n  \
         at Parser.parseErrorMessage (node_modules/pg-protocol/dist/parser.js:287:98) {\n  \
         severity: 'ERROR',\n  code: '23503',\n  \
         detail: 'Key (user_id)=(ID) is not present in table \"users\".',\n  \
         schema: 'public',\n  table: 'orders',\n  constraint: 'orders_user_id_fkey'\n}",
    );
    expect_order(
        r#"Database(PgDatabaseError { severity: Error, code: "23503", message: "insert or update on table \"orders\" violates foreign key constraint \"orders_user_id_fkey\"", detail: Some("Key (user_id)=(ID) is not present in table \"users\"."), schema: Some("public"), table: Some("orders"), constraint: Some("orders_user_id_fkey") })"#,
    );
    // Of the fields alone.
    let told = Told::read(
        "{ code: '23503', schema: 'shop', table: 'orders', constraint: 'orders_user_id_fkey' }",
    );
    assert_eq!(told.constraints, ["orders_user_id_fkey"]);
    assert_eq!(told.child.as_deref(), Some("orders"));
    assert_eq!(told.schema.as_deref(), Some("shop"));
    let go = "ERROR: insert or update on table \"orders\" violates foreign key constraint \
              \"orders_user_id_fkey\" (SQLSTATE 23503)";
    expect(go, "orders_user_id_fkey", "orders", "", Side::Child, "");
}

#[test]
fn what_a_log_has() {
    expect_order(
        "2026-11-20 16:03:26.715 UTC [206] authenticator@postgres ERROR:  insert or update on table \
         \"orders\" violates foreign key constraint \"orders_user_id_fkey\"\n\
         2026-11-20 16:03:26.715 UTC [206] authenticator@postgres DETAIL:  Key (user_id)=(ID) is not \
         present in table \"users\".\n\
         2026-11-20 16:03:26.715 UTC [206] authenticator@postgres STATEMENT:  INSERT INTO \
         \"public\".\"orders\"(\"user_id\") VALUES ($1)",
    );
    // Once more the same is no other one.
    let line = "ERROR:  insert or update on table \"orders\" violates foreign key constraint \
                \"orders_user_id_fkey\"\nDETAIL:  Key (user_id)=(ID) is not present in table \"users\".\n";
    expect_order(&line.repeat(3));
    let two = format!("{line}{}", line.replace("orders", "chats"));
    let told = Told::read(&two);
    assert_eq!(
        (told.child.as_deref(), told.has_more),
        (Some("orders"), true)
    );
}

#[test]
fn the_parent_s_side() {
    for text in [
        "ERROR:  update or delete on table \"users\" violates foreign key constraint \
         \"orders_user_id_fkey\" on table \"orders\"\n\
         DETAIL:  Key (id)=(ID) is still referenced from table \"orders\".",
        "ERROR:  update or delete on table \"users\" violates RESTRICT setting of foreign key constraint \
         \"orders_user_id_fkey\" on table \"orders\"\n\
         DETAIL:  Key (id)=(ID) is referenced from table \"orders\".",
        r#"{"code":"23503","details":"Key (id)=(ID) is still referenced from table \"orders\".","message":"update or delete on table \"users\" violates foreign key constraint \"orders_user_id_fkey\" on table \"orders\""}"#,
    ] {
        expect(
            text,
            "orders_user_id_fkey",
            "orders",
            "users",
            Side::Parent,
            "ID",
        );
    }
}

#[test]
fn a_detail_that_hides_the_key() {
    expect(
        "ERROR:  insert or update on table \"orders\" violates foreign key constraint \
         \"orders_user_id_fkey\"\nDETAIL:  Key is not present in table \"users\".",
        "orders_user_id_fkey",
        "orders",
        "users",
        Side::Child,
        "",
    );
}

#[test]
fn names_with_everything_in_them() {
    expect(
        "insert or update on table \"My \"Orders\".v2\" violates foreign key constraint \
         \"fk \"My\".x\"\nDETAIL:  Key (\"User Id\")=(ID) is not present in table \"Pro.files\".",
        "fk \"My",
        "My \"Orders\".v2",
        "Pro.files",
        Side::Child,
        "ID",
    );
    // The catalog says which one it is.
    let told = Told::read("x violates foreign key constraint \"fk \"My\".x\"");
    assert!(
        told.constraints.contains(&"fk \"My\".x".to_owned()),
        "{told:?}"
    );
}

#[test]
fn several_columns_go_by_their_names() {
    let told = Told::read(
        "insert or update on table \"seats\" violates foreign key constraint \"seats_fkey\"\n\
         DETAIL:  Key (org_id, user_id)=(7, abc) is not present in table \"members\".",
    );
    let key = told.key.unwrap();
    assert_eq!(
        (key.value("user_id"), key.value("org_id")),
        (Some("abc"), Some("7"))
    );
    let key = Key::of("org, user_id", "a, b, abc");
    assert_eq!(key.value("user_id"), None, "a comma in a value of several");
    assert_eq!(Key::of("name", "Doe, Jo").value("name"), Some("Doe, Jo"));
}

#[test]
fn other_languages_have_the_names_and_the_key() {
    for text in [
        "FEHLER:  Einfügen oder Aktualisieren in Tabelle »orders« verletzt Fremdschlüssel-Constraint \
         »orders_user_id_fkey«\nDETAIL:  Schlüssel (user_id)=(ID) ist nicht in Tabelle »users« vorhanden.",
        "ERREUR:  une instruction insert ou update sur la table « orders » viole la contrainte de clé \
         étrangère « orders_user_id_fkey »\nDÉTAIL : La clé (user_id)=(ID) n'est pas présente dans la \
         table « users ».",
        "FEHLER: … Tabelle „orders“ … „orders_user_id_fkey“ … (user_id)=(ID) … „users“",
        "テーブル\"orders\"への挿入、更新は外部キー制約\"orders_user_id_fkey\"に違反しています 詳細: \
         (user_id)=(ID) \"users\"",
    ] {
        let told = Told::read(&text.replace("ID", ID));
        for name in ["orders", "orders_user_id_fkey", "users"] {
            assert!(
                told.names.iter().any(|known| known == name),
                "{name}: {told:?}"
            );
        }
        let key = told.key.unwrap();
        assert_eq!(key.value("user_id"), Some(ID), "{text}");
        assert_eq!(told.side, None);
    }
}

#[test]
fn a_text_of_nothing_but_quotes_is_read_to_its_end() {
    for quote in ["«", "\"", "\"x", "\\\"", "„", "`a`", ")=(", "Key ("] {
        let told = Told::read(&quote.repeat(50_000));
        assert!(!told.is_violation && told.constraints.is_empty(), "{quote}");
    }
}

#[test]
fn what_is_none_is_not_taken_for_one() {
    for text in [
        "",
        "ERROR:  duplicate key value violates unique constraint \"users_email_key\"",
        "the user_id is wrong",
        "\"\"\"\" »«»« `` )=( (",
    ] {
        let told = Told::read(text);
        assert!(!told.is_violation, "{text}");
        assert_eq!((told.constraints.len(), told.side), (0, None), "{text}");
    }
}

#[test]
fn as_much_as_is_enough_tells_the_same_as_the_whole_log() {
    let text = "update or delete on table \"users\" violates foreign key constraint \"x_fkey\" on table \"x\"";
    let line = "LOG:  connection authorized: user=authenticator\n";
    for (before, after) in [
        (0, 0),
        (9, 20_000),
        (20_000, 20_000),
        (20_000, 0),
        (4_000, 9),
    ] {
        let log = format!("{}{text}\n{}", line.repeat(before), line.repeat(after));
        for log in [log.replace(text, ""), log] {
            assert!(enough(&log).len() <= 2 * LONGEST);
            assert_eq!(part(enough(&log)), part(&log));
            assert_eq!(Told::read(enough(&log)).is_cut, Told::read(&log).is_cut);
        }
    }
}
