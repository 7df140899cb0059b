//! Whatever happens between a backfill and its undo, the undo removes just the profiles to which
//! nothing has happened.

use std::collections::BTreeSet;

use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};

use super::*;

const USERS: u32 = 12;

#[derive(Debug, Clone)]
enum Event {
    Change(u32),
    ChangeNothing(u32),
    Remove(u32),
    MakeAgain(u32),
    Refer(u32),
    ReferAndForget(u32),
    SignUp(u32),
}

fn event() -> impl Strategy<Value = Event> {
    (0..7_u8, 1..=USERS).prop_map(|(kind, user)| match kind {
        0 => Event::Change(user),
        1 => Event::ChangeNothing(user),
        2 => Event::Remove(user),
        3 => Event::MakeAgain(user),
        4 => Event::Refer(user),
        5 => Event::ReferAndForget(user),
        _ => Event::SignUp(user),
    })
}

/// What the events make of the run's profiles: who stays, who is there at all.
#[derive(Default)]
struct Expected {
    touched: BTreeSet<u32>,
    gone: BTreeSet<u32>,
    referred: BTreeSet<u32>,
    others: BTreeSet<u32>,
}

impl Expected {
    /// Takes note of an event, and says it in SQL.
    fn take(&mut self, number: usize, event: &Event) -> String {
        match event {
            Event::Change(user) => {
                self.touched.insert(*user);
                format!(
                    "update public.users set name = 'n{number}' where id = '{}'",
                    id(*user)
                )
            }
            Event::ChangeNothing(user) => {
                self.touched.insert(*user);
                format!(
                    "update public.users set name = name where id = '{}'",
                    id(*user)
                )
            }
            Event::Remove(user) => {
                self.gone.insert(*user);
                self.referred.remove(user);
                format!("delete from public.users where id = '{}'", id(*user))
            }
            Event::MakeAgain(user) => {
                if self.gone.remove(user) {
                    self.touched.insert(*user);
                }
                format!(
                    "insert into public.users (id) values ('{}') on conflict do nothing",
                    id(*user)
                )
            }
            Event::Refer(user) => {
                if !self.gone.contains(user) {
                    self.referred.insert(*user);
                }
                refer(*user)
            }
            Event::ReferAndForget(user) => {
                self.referred.remove(user);
                format!(
                    "{}; delete from public.soft where user_id = '{}'",
                    refer(*user),
                    id(*user)
                )
            }
            Event::SignUp(user) => {
                self.others.insert(100 + user);
                format!(
                    "insert into auth.users (id, email) values ('{}', 'u{}@example.com')
                     on conflict do nothing",
                    id(100 + user),
                    100 + user
                )
            }
        }
    }
}

fn refer(user: u32) -> String {
    format!(
        "insert into public.soft select id from public.users where id = '{}'",
        id(user)
    )
}

#[test]
fn the_undo_removes_exactly_what_nothing_has_happened_to() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let soft = "create table public.soft (user_id uuid references public.users on delete cascade)";
    let before = runtime.block_on(backfilled(shapes::USERS, soft, USERS));
    let config = Config {
        cases: 24,
        failure_persistence: None,
        ..Config::default()
    };
    let outcome =
        TestRunner::new(config).run(&proptest::collection::vec(event(), 0..14), |events| {
            runtime.block_on(async {
                let world = before.copy().await;
                let mut expected = Expected::default();
                for (number, event) in events.iter().enumerate() {
                    let sql = expected.take(number, event);
                    world.run("supabase_admin", &sql).await;
                }
                let Expected {
                    touched,
                    gone,
                    referred,
                    others,
                } = expected;
                let stay: BTreeSet<u32> = &(&touched | &referred) - &gone;
                let rows = "select count(*) from public.soft";
                let rows_before = world.ask(rows).await;
                let undone = undo(&world).await;
                let left: BTreeSet<u32> = left(&undone).iter().map(|left| left.0).collect();
                prop_assert_eq!(&left, &stay);
                let there = profiles(&world, "public.users").await;
                let expected: Vec<_> = (&stay | &others).iter().map(u32::to_string).collect();
                let expected = if expected.is_empty() {
                    "null".to_owned()
                } else {
                    expected.join(" ")
                };
                prop_assert_eq!(there, expected);
                let [planned, done, refused, is_gone, remaining] = counts(&undone);
                prop_assert_eq!(
                    (planned, refused, is_gone, remaining),
                    (
                        i64::from(USERS),
                        i64::try_from(stay.len()).unwrap(),
                        i64::try_from(gone.len()).unwrap(),
                        0
                    )
                );
                prop_assert_eq!(done, planned - refused - is_gone);
                prop_assert_eq!(world.ask(rows).await, rows_before);
                Ok(())
            })
        });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}
