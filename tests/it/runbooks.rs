//! The runbooks: what they tell an operator to run, run as the role `postgres`.

mod documents;
mod history;
mod orphans;
mod session;
mod words;

use rollcall_tests::{
    World,
    people::{ghosts_of_age as ghosts, id, people, quietly},
};

/// What is off in a world in which five people have signed up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Off {
    Nothing,
    /// Three more of whom no trigger heard.
    Ghosts,
    /// Two of the five are gone, and no trigger heard of it.
    Orphans,
    Trigger,
}

impl Off {
    const ALL: [Self; 4] = [Self::Nothing, Self::Ghosts, Self::Orphans, Self::Trigger];

    async fn world(self, (sql, toml): (&str, &str)) -> World {
        let world = World::with(sql, toml).await;
        people(&world, 1, 5).await;
        match self {
            Self::Nothing => {}
            Self::Ghosts => ghosts(&world, 10, 3, 1).await,
            Self::Orphans => {
                let ids = format!("'{}', '{}'", id(1), id(2));
                quietly(
                    &world,
                    &format!("delete from auth.users where id in ({ids})"),
                )
                .await;
            }
            Self::Trigger => {
                let drop = "drop trigger on_auth_user_created on auth.users";
                world.run("supabase_auth_admin", drop).await;
            }
        }
        world
    }

    /// How many there are of a class, if `self` is what makes them.
    fn only(self, off: Self, number: usize) -> usize {
        if self == off { number } else { 0 }
    }
}
