//! Static tokens, for senders that cannot sign: the stock database webhook only has headers.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

pub(crate) const HEADER: &str = "x-rollcall-token";

const SHORTEST_TOKEN: usize = 24;

type Tag = [u8; 32];

/// The tokens that are accepted, as tags of equal length: comparing them takes the same time
/// whatever is given.
pub(crate) struct Tokens(Vec<Tag>);

impl Tokens {
    /// Reads tokens joined by `|`. The error goes on after the variable's name and does not show
    /// the token.
    pub(crate) fn parse(joined: &str) -> Result<Self, String> {
        let tokens = joined.split('|').map(str::trim).enumerate();
        tokens
            .map(|(index, token)| match token.chars().count() {
                SHORTEST_TOKEN.. => Ok(mac(token).finalize().into_bytes().into()),
                length => Err(format!(
                    "has a token (number {}) of {length} characters: it takes at least \
                     {SHORTEST_TOKEN}, as from `openssl rand -hex 32`",
                    index + 1
                )),
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether one of the header's values is a token. A header that came in several copies is one
    /// value joined by commas, and then one of the copies has to be.
    pub(crate) fn accept<'a>(&self, values: impl Iterator<Item = &'a str>) -> bool {
        values
            .flat_map(|value| value.split(',').chain([value]))
            .fold(false, |known, given| self.knows(given.trim()) | known)
    }

    fn knows(&self, given: &str) -> bool {
        let given = mac(given);
        self.0.iter().fold(false, |known, tag| {
            given.clone().verify_slice(tag).is_ok() | known
        })
    }
}

fn mac(token: &str) -> Hmac<Sha256> {
    Hmac::new_from_slice(HEADER.as_bytes())
        .expect("HMAC takes keys of every length")
        .chain_update(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "0123456789abcdef01234567";

    #[test]
    fn each_token_is_accepted_and_nothing_near_it() {
        let tokens = Tokens::parse(&format!("{TOKEN}| a, token, with commas in it "))
            .ok()
            .unwrap();
        let accept = |value: &str| tokens.accept([value].into_iter());
        for value in [
            TOKEN,
            "a, token, with commas in it",
            &format!("{TOKEN},{TOKEN}"),
            &format!("stale, {TOKEN}"),
        ] {
            assert!(accept(value), "{value}");
        }
        for value in [
            "",
            ",",
            &TOKEN[1..],
            &TOKEN.to_uppercase(),
            &format!("{TOKEN}0"),
            "with commas in it",
        ] {
            assert!(!accept(value), "{value}");
        }
    }

    #[test]
    fn a_short_token_is_told_by_its_number_and_not_shown() {
        assert_eq!(
            Tokens::parse(&format!("{TOKEN}|hunter2")).err().unwrap(),
            "has a token (number 2) of 7 characters: it takes at least 24, as from \
             `openssl rand -hex 32`"
        );
        assert!(Tokens::parse(&TOKEN[1..]).is_err());
        assert!(Tokens::parse(&format!("{TOKEN}|")).is_err());
    }
}
