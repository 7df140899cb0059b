//! Whom the server runs as: ourselves, or an unprivileged account when we are root.

use super::Error;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

/// The owner of the server's processes and files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Account {
    /// Whoever runs this process.
    Ourselves,
    /// Somebody with fewer rights than root.
    Other {
        /// The user's id.
        uid: u32,
        /// The id of the user's own group.
        gid: u32,
    },
}

impl Account {
    /// Chooses the account for what this process starts.
    pub(super) fn choose() -> Result<Self, Error> {
        // Safe Rust cannot ask for the effective user id; POSIX has a program that can.
        let ourselves = ask_id(&["-u"]).ok_or_else(|| {
            Error::program("id -u")(std::io::Error::other("it did not answer with a number"))
        })?;
        if ourselves != 0 {
            return Ok(Self::Ourselves);
        }
        ["postgres", "nobody"]
            .into_iter()
            .find_map(look_up)
            .ok_or(Error::NoAccount)
    }

    /// A command that will run as this account, with a clean environment and away from our
    /// terminal: Ctrl-C reaches us alone, and we stop what we started.
    pub(super) fn command(self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("LC_ALL", "C")
            .current_dir("/")
            .process_group(0);
        if let Self::Other { uid, gid } = self {
            command.uid(uid).gid(gid);
        }
        command
    }
}

fn look_up(name: &str) -> Option<Account> {
    Some(Account::Other {
        uid: ask_id(&["-u", name])?,
        gid: ask_id(&["-g", name])?,
    })
}

fn ask_id(question: &[&str]) -> Option<u32> {
    let answer = Command::new("id").args(question).output().ok()?;
    String::from_utf8(answer.stdout).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_that_does_not_exist_is_not_found() {
        assert_eq!(look_up("no-such-account-here"), None);
    }

    #[test]
    fn root_is_known_by_its_ids() {
        assert_eq!(ask_id(&["-u", "root"]), Some(0));
    }
}
