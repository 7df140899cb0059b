//! `rollcall demo`: a whole incident, from signup to proof, on a real PostgreSQL.
//!
//! Every number and every row it prints was read back from the database or came out of a
//! function. Where the story depends on a result, the result is checked, and a demo that comes
//! out otherwise says so and fails.

mod tell;

use std::time::Instant;

use rollcall_local::sender::Sender;
use serde_json::{Value, json};
use sqlx::PgConnection;

use crate::{
    failure::{Failure, Status},
    output::Output,
    people::{self, delete_user, order_for, rows_of, sign_up, stray_profile},
    stack::{SECRET, Stack, execute, invoke},
};
use tell::{Story, expect};

const BEFORE: usize = 20;
const DURING: usize = 12;

/// Tells a whole incident in under a minute: install, signups through the signed webhook, a
/// trigger that breaks, ghosts, the check's verdict, preview, backfill, proof, and the rows.
///
/// It needs PostgreSQL 15 or later, or npm or pip to obtain one, and nothing else; it touches
/// nothing outside a temporary folder. The database is one of its own: --database-url and
/// `DATABASE_URL` are for the other commands.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  rollcall demo")]
pub(crate) struct Args {}

pub(crate) async fn run(Args {}: Args, output: &mut Output) -> Result<Status, Failure> {
    let begun = Instant::now();
    let (stack, installed) = Stack::start(0, &[], &mut |text: &str| output.progress(text)).await?;
    output.end_progress();
    let mut story = Story::new(output);

    story.heading("An application on Supabase, and Rollcall installed into it")?;
    story.say(format!(
        "PostgreSQL {}: auth.users as Supabase makes it, public.users and public.orders as a \
         team would",
        stack.version
    ))?;
    story.say(format!(
        "`rollcall init` found the profile table and wrote {} lines of rollcall.toml; `rollcall \
         sql` rendered them into a migration of {} lines, applied as the role postgres",
        installed.toml.lines().count(),
        installed.migration.lines().count()
    ))?;

    let mut scene = Scene {
        auth: stack.connect("supabase_auth_admin").await?,
        app: stack.connect("postgres").await?,
        sender: Sender::new(stack.webhook.url(), SECRET).map_err(crate::stack::local)?,
        stack,
    };
    scene.all_is_well(&mut story).await?;
    let ghost = scene.the_trigger_breaks(&mut story).await?;
    scene.the_check_sees_it(&mut story).await?;
    scene
        .the_trigger_comes_back(&mut story, &installed.migration)
        .await?;
    scene.the_profiles_come_back(&mut story).await?;
    scene.the_proof(&mut story, &ghost).await?;

    story.say(format!(
        "{:.1} seconds, from no database to proof",
        begun.elapsed().as_secs_f64()
    ))?;
    story.end()?;
    Ok(Status::Done)
}

/// Who takes part.
struct Scene {
    /// GoTrue: the only one who writes `auth.users`.
    auth: PgConnection,
    /// The application, and its team.
    app: PgConnection,
    /// The database's webhook.
    sender: Sender,
    stack: Stack,
}

impl Scene {
    async fn all_is_well(&mut self, story: &mut Story<'_>) -> Result<(), Failure> {
        story.heading("Signups")?;
        let mut outcomes = vec![];
        for number in 0..BEFORE {
            let user = sign_up(&mut self.auth, number).await?;
            let (status, answer) = people::deliver(&self.sender, &user).await?;
            outcomes.push(format!("{} {}", status, text(&answer["outcome"])));
        }
        story.say(format!(
            "{BEFORE} people sign up; the trigger makes each profile in the signup's own \
             transaction, and the signed webhook looks again: {}",
            tell::tally(&outcomes)
        ))?;
        let report = self.check().await?;
        story.say(format!("the check says: {}", verdict(&report)))?;
        expect(
            report["status"] == "healthy",
            "all to be well after the signups",
        )
    }

    async fn the_trigger_breaks(&mut self, story: &mut Story<'_>) -> Result<String, Failure> {
        story.heading("Something breaks")?;
        // Every trigger: one alone would be made up for by the others.
        execute(
            &mut self.auth,
            "alter table auth.users disable trigger user",
        )
        .await?;
        stray_profile(&mut self.app, BEFORE).await?;
        let mut ghost = String::new();
        for number in BEFORE..BEFORE + DURING {
            ghost = sign_up(&mut self.auth, number).await?;
        }
        story.say(format!(
            "a restore leaves the triggers disabled and the webhook does not get through; {DURING} \
             more people sign up, and every one of them can log in"
        ))?;
        let error = order_for(&mut self.app, &ghost).await?;
        story.say("the first who orders something gets:")?;
        story.say(format!(
            "  {}",
            error.unwrap_or_else(|| "no error".to_owned())
        ))?;
        Ok(ghost)
    }

    async fn the_check_sees_it(&mut self, story: &mut Story<'_>) -> Result<(), Failure> {
        story.heading("The check")?;
        let report = self.check().await?;
        story.say(verdict(&report))?;
        story.checks(&report)?;
        story.say(format!("cause: {}", text(&report["cause"]["sentence"])))?;
        story.say(format!("next: {}", text(&report["next_step"])))?;
        expect(
            report["counts"]["ghosts"] == DURING,
            "the check to count every ghost",
        )
    }

    async fn the_trigger_comes_back(
        &mut self,
        story: &mut Story<'_>,
        migration: &str,
    ) -> Result<(), Failure> {
        story.heading("The repair")?;
        execute(&mut self.app, migration).await?;
        let report = self.check().await?;
        story.say(format!(
            "the same migration again, as postgres, which owns nothing in auth: the trigger is {}, \
             and {} ghosts are left",
            text(&report["trigger"]["state"]),
            report["counts"]["ghosts"]
        ))?;
        expect(
            report["trigger"]["state"] == "active",
            "the trigger to be active again",
        )
    }

    async fn the_profiles_come_back(&mut self, story: &mut Story<'_>) -> Result<(), Failure> {
        let plan = invoke(&self.stack.backfill, json!({ "reason": "demo" })).await?;
        story.say(format!(
            "preview, run {}: {} users planned, nobody touched",
            text(&plan["run_id"]),
            plan["planned"]
        ))?;
        // Somebody who was planned for leaves before the run.
        let gone = delete_user(&mut self.auth, BEFORE + 1).await?;
        story.say(format!("meanwhile user {gone} deletes the account"))?;
        let run = json!({ "mode": "run", "run_id": plan["run_id"] });
        let answer = invoke(&self.stack.backfill, run).await?;
        story.backfill(&answer)?;
        let sum = ["created", "present", "refused", "gone", "remaining"]
            .iter()
            .filter_map(|count| answer[count].as_i64())
            .sum::<i64>();
        expect(answer["planned"] == sum, "the counts of the run to add up")?;
        expect(
            answer["refused"] == 1,
            "the stray profile to have one user refused",
        )?;
        execute(
            &mut self.app,
            "delete from public.users where name = 'Stray'",
        )
        .await?;
        story.say(
            "the refused one's e-mail is held by a profile that belongs to nobody; the team \
             removes it, and runs again:",
        )?;
        let answer = invoke(&self.stack.backfill, json!({ "mode": "run" })).await?;
        story.backfill(&answer)
    }

    async fn the_proof(&mut self, story: &mut Story<'_>, ghost: &str) -> Result<(), Failure> {
        story.heading("The proof")?;
        let report = self.check().await?;
        story.say(verdict(&report))?;
        story.checks(&report)?;
        let error = order_for(&mut self.app, ghost).await?;
        story.say(match &error {
            None => "the order that failed before is stored now".to_owned(),
            Some(error) => error.clone(),
        })?;
        story.say("the rows, one from before, two who were ghosts:")?;
        story.rows(&rows_of(&mut self.app, [BEFORE - 1, BEFORE, BEFORE + DURING - 1]).await?)?;
        expect(error.is_none(), "the order to be stored")?;
        expect(
            report["status"] == "healthy",
            "the last check to be healthy",
        )
    }

    async fn check(&self) -> Result<Value, Failure> {
        // The story is told by hand: the check on its schedule would heal so few by itself.
        let by_hand = json!({"heal": false, "alert": false});
        invoke(&self.stack.check, by_hand).await
    }
}

/// A report in a line.
fn verdict(report: &Value) -> String {
    let counts = &report["counts"];
    let severity = report["severity"]
        .as_str()
        .map_or(String::new(), |code| format!(" {code}"));
    format!(
        "{}{severity}: {} auth users, {} live profiles, {} ghosts, trigger {}",
        text(&report["status"]),
        counts["auth_users"],
        counts["live"],
        counts["ghosts"],
        text(&report["trigger"]["state"])
    )
}

/// A text in an answer.
fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("-")
}
