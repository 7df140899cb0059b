//! What people do on the local stack: sign up, order, leave.

use chrono::{TimeDelta, Utc};
use rollcall_local::sender::Sender;
use serde_json::{Value, json};
use sqlx::{PgConnection, Row};

use crate::{
    clock::{new_id, now},
    failure::Failure,
    stack::{database, local},
};

/// Signs a person up as GoTrue does: an insert and, in the same transaction, its completion.
/// Returns the user's id.
pub(crate) async fn sign_up(auth: &mut PgConnection, number: usize) -> Result<String, Failure> {
    let id = new_id();
    let age = TimeDelta::minutes(i64::try_from(number).unwrap_or_default());
    let mut transaction = sqlx::Connection::begin(&mut *auth)
        .await
        .map_err(database)?;
    sqlx::query(
        "insert into auth.users
            (id, email, role, aud, created_at, updated_at, raw_user_meta_data, raw_app_meta_data)
         values ($1, $2, '', 'authenticated', $3, $3, $4, '{\"provider\": \"email\"}')",
    )
    .bind(id)
    .bind(email(number))
    .bind::<chrono::DateTime<Utc>>(now() - age)
    .bind(json!({ "full_name": format!("Person {number}") }))
    .execute(&mut *transaction)
    .await
    .map_err(database)?;
    sqlx::query(
        "update auth.users set role = 'authenticated', email_confirmed_at = now() where id = $1",
    )
    .bind(id)
    .execute(&mut *transaction)
    .await
    .map_err(database)?;
    transaction.commit().await.map_err(database)?;
    Ok(id.to_string())
}

/// Sends the webhook of a signup.
pub(crate) async fn deliver(sender: &Sender, user_id: &str) -> Result<(u16, Value), Failure> {
    let event = json!({ "type": "INSERT", "schema": "auth", "table": "users", "id": user_id });
    sender
        .send(&format!("msg_{user_id}"), now().timestamp(), &event)
        .await
        .map_err(local)
}

/// Deletes an account, and returns its id.
pub(crate) async fn delete_user(auth: &mut PgConnection, number: usize) -> Result<String, Failure> {
    sqlx::query_scalar("delete from auth.users where email = $1 returning id::text")
        .bind(email(number))
        .fetch_one(auth)
        .await
        .map_err(database)
}

/// A profile that belongs to nobody, and holds the address of somebody who will sign up.
pub(crate) async fn stray_profile(app: &mut PgConnection, number: usize) -> Result<(), Failure> {
    sqlx::query("insert into public.users (id, email, name) values ($1, $2, 'Stray')")
        .bind(new_id())
        .bind(email(number))
        .execute(app)
        .await
        .map(drop)
        .map_err(database)
}

/// Orders something, and returns the database's error if it is refused.
pub(crate) async fn order_for(
    app: &mut PgConnection,
    user_id: &str,
) -> Result<Option<String>, Failure> {
    let stored = sqlx::query("insert into public.orders (user_id, item) values ($1::uuid, 'tea')")
        .bind(user_id)
        .execute(app)
        .await;
    match stored {
        Ok(_) => Ok(None),
        Err(sqlx::Error::Database(error)) => {
            let code = error.code().unwrap_or_default().into_owned();
            Ok(Some(format!("ERROR {code}: {}", error.message())))
        }
        Err(error) => Err(database(error)),
    }
}

/// Some people, in both tables: id, e-mail, name, and whether the profile is there.
pub(crate) async fn rows_of<const N: usize>(
    app: &mut PgConnection,
    numbers: [usize; N],
) -> Result<Vec<[String; 4]>, Failure> {
    let emails = numbers.map(email).to_vec();
    let rows = sqlx::query(
        "select u.id::text, u.email::text, coalesce(p.name, '-'), \
            coalesce(p.email_verified::text, '-')
         from auth.users u
         left join public.users p on p.id = u.id
         where u.email = any ($1)
         order by u.created_at desc",
    )
    .bind(emails)
    .fetch_all(app)
    .await
    .map_err(database)?;
    rows.iter()
        .map(|row| {
            Ok([
                row.try_get(0).map_err(database)?,
                row.try_get(1).map_err(database)?,
                row.try_get(2).map_err(database)?,
                row.try_get(3).map_err(database)?,
            ])
        })
        .collect()
}

fn email(number: usize) -> String {
    format!("person{number}@example.com")
}
