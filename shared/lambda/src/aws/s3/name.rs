//! Names of buckets.

/// What no name begins with: AWS keeps these for itself.
const RESERVED_PREFIXES: [&str; 3] = ["xn--", "sthree-", "amzn-s3-demo-"];
/// What no name ends with.
const RESERVED_SUFFIXES: [&str; 5] = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];

/// Whether S3 would let somebody have a bucket of this name.
pub(super) fn is_valid(name: &str) -> bool {
    let is_end = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = name.as_bytes();
    (3..=63).contains(&bytes.len())
        && bytes.iter().all(|b| is_end(b) || *b == b'.' || *b == b'-')
        && bytes.first().is_some_and(is_end)
        && bytes.last().is_some_and(is_end)
        && !name.contains("..")
        && name.parse::<std::net::Ipv4Addr>().is_err()
        && !RESERVED_PREFIXES.iter().any(|word| name.starts_with(word))
        && !RESERVED_SUFFIXES.iter().any(|word| name.ends_with(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_what_s3_takes_for_one() {
        for name in ["abc", "rollcall-exports", "a.b-c.1", &"a".repeat(63)] {
            assert!(is_valid(name), "{name}");
        }
        for name in [
            "",
            "ab",
            "Exports",
            "my_exports",
            "-exports",
            "exports-",
            ".exports",
            "my..exports",
            "my/exports",
            "s3://exports",
            "192.168.5.4",
            "xn--exports",
            "amzn-s3-demo-exports",
            "exports-s3alias",
            "exports--x-s3",
            "expört",
            &"a".repeat(64),
        ] {
            assert!(!is_valid(name), "{name}");
        }
    }
}
