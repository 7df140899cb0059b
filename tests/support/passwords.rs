//! Roles that the server asks for a password, as it asks everybody on the service.

use std::{
    fs,
    time::{Duration, Instant},
};

use sqlx::{Connection, PgConnection};
use tokio::sync::Mutex;

use crate::{World, server};

/// Whoever is a member of it has to know the password, by SCRAM.
const GROUP: &str = "passworded";

/// Held while the server learns to ask.
static ASKS: Mutex<bool> = Mutex::const_new(false);

impl World {
    /// Makes a role of its own that has the rights of `role` and has to say a password; the name.
    pub async fn passworded(&self, role: &str, password: &str) -> String {
        let mut asks = ASKS.lock().await;
        if !*asks {
            self.ask_for_passwords().await;
            *asks = true;
        }
        drop(asks);
        let name = format!("{role}_of_{}", self.name());
        let create = format!("create role {name} login in role {role}, {GROUP}");
        self.run("supabase_admin", &create).await;
        self.change_password(&name, password).await;
        name
    }

    /// Gives the role another password; sessions that are there stay.
    pub async fn change_password(&self, role: &str, password: &str) {
        let alter = format!(
            "set password_encryption = 'scram-sha-256'; alter role {role} password '{password}'"
        );
        self.run("supabase_admin", &alter).await;
    }

    /// Ends the sessions of a role, as when the sandbox is a new one.
    pub async fn end_sessions(&self, role: &str) {
        let sql = format!(
            "select count(pg_terminate_backend(pid, 5000)) from pg_stat_activity
             where usename = '{role}'"
        );
        self.ask(&sql).await;
    }

    async fn ask_for_passwords(&self) {
        let create = format!("create role {GROUP}; create role asked login in role {GROUP}");
        self.run("supabase_admin", &create).await;
        let path = server().socket_dir().join("data/pg_hba.conf");
        let before = fs::read_to_string(&path).expect("its rules");
        let rules = format!("local all +{GROUP} scram-sha-256\n{before}");
        // In place: the file stays the server's own.
        fs::write(&path, rules).expect("its rules");
        self.ask("select pg_reload_conf()").await;
        let begun = Instant::now();
        while PgConnection::connect(&self.url("asked")).await.is_ok() {
            assert!(begun.elapsed() < Duration::from_secs(20), "it does not ask");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}
