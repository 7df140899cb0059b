//! What others do.

use proptest::prelude::*;
use rollcall_local::runtime_api::Function;
use rollcall_tests::World;
use serde_json::json;

use crate::backfill::{answer, id, quietly};

/// Users 1 to this are ghosts when the run is planned.
pub(super) const PLANNED: u8 = 24;

/// What somebody does, to the user of this number.
#[derive(Debug, Clone, Copy)]
pub(super) enum Act {
    SignUp(u8),
    Import(u8),
    Delete(u8),
    SoftDelete(u8),
    Restore(u8),
    Exclude(u8),
    Include(u8),
    MakeByHand(u8),
    Ensure(u8),
    TakeEmail(u8),
    Preview,
    Heal,
}

pub(super) fn act() -> impl Strategy<Value = Act> {
    let planned = || 1..=PLANNED;
    // Two may sign up with one number; one of them is told so.
    let fresh = || 100..=120_u8;
    prop_oneof![
        2 => fresh().prop_map(Act::SignUp),
        2 => fresh().prop_map(Act::Import),
        2 => planned().prop_map(Act::Delete),
        2 => planned().prop_map(Act::SoftDelete),
        1 => planned().prop_map(Act::Restore),
        2 => planned().prop_map(Act::Exclude),
        1 => planned().prop_map(Act::Include),
        2 => planned().prop_map(Act::MakeByHand),
        2 => planned().prop_map(Act::Ensure),
        2 => planned().prop_map(Act::TakeEmail),
        1 => Just(Act::Preview),
        1 => Just(Act::Heal),
    ]
}

impl Act {
    /// Which planned user this is about.
    pub(super) fn whom(self) -> Option<u32> {
        match self {
            Self::Delete(n)
            | Self::SoftDelete(n)
            | Self::Restore(n)
            | Self::Exclude(n)
            | Self::Include(n)
            | Self::MakeByHand(n)
            | Self::Ensure(n)
            | Self::TakeEmail(n) => Some(n.into()),
            Self::SignUp(_) | Self::Import(_) | Self::Preview | Self::Heal => None,
        }
    }

    pub(super) fn heals(self) -> bool {
        matches!(self, Self::Heal)
    }

    pub(super) async fn done(&self, world: &World, backfill: &Function, check: &Function) {
        let new = |n: u8| {
            format!(
                "insert into auth.users (id, email) values ('{}', 'u{n}@example.com')
                 on conflict (id) do nothing",
                id(n.into())
            )
        };
        let user = |n: u8| format!("id = '{}'", id(n.into()));
        let auth = "supabase_auth_admin";
        match *self {
            Self::SignUp(n) => world.run(auth, &new(n)).await,
            Self::Import(n) => quietly(world, &new(n)).await,
            Self::Delete(n) => {
                let sql = format!("delete from auth.users where {}", user(n));
                world.run(auth, &sql).await;
            }
            Self::SoftDelete(n) => {
                let sql = format!("update auth.users set deleted_at = now() where {}", user(n));
                world.run(auth, &sql).await;
            }
            Self::Restore(n) => {
                let sql = format!("update auth.users set deleted_at = null where {}", user(n));
                world.run(auth, &sql).await;
            }
            Self::Exclude(n) => {
                let sql = format!(
                    "insert into rollcall.exclusions (user_id) values ('{}') on conflict do nothing",
                    id(n.into())
                );
                world.run("postgres", &sql).await;
            }
            Self::Include(n) => {
                let sql = format!(
                    "delete from rollcall.exclusions where user_id = '{}'",
                    id(n.into())
                );
                world.run("postgres", &sql).await;
            }
            Self::MakeByHand(n) => {
                let sql = format!(
                    "insert into public.users (id) values ('{}') on conflict do nothing",
                    id(n.into())
                );
                world.run("postgres", &sql).await;
            }
            Self::Ensure(n) => {
                let sql = format!("select rollcall.ensure_profile('{}')", id(n.into()));
                world.run("rollcall_operator", &sql).await;
            }
            Self::TakeEmail(n) => {
                let sql = format!(
                    "insert into public.users (id, email)
                     values (gen_random_uuid(), 'u{n}@example.com') on conflict do nothing"
                );
                world.run("postgres", &sql).await;
            }
            Self::Preview => {
                answer(backfill, json!({})).await;
            }
            Self::Heal => {
                let event = json!({"heal": true, "alert": false});
                check.invoke(event).await.unwrap();
            }
        }
    }
}
