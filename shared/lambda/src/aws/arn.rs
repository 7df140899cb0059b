//! Amazon Resource Names.

/// The parts of an ARN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arn<'a> {
    /// Whose resource it is: `sns`, `secretsmanager`, …
    pub service: &'a str,
    /// Where it is.
    pub region: &'a str,
    /// What it is; its form is the service's affair.
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    /// Reads the ARN of a resource that has a region and an account.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        let (scheme, partition) = (parts.next()?, parts.next()?);
        let (service, region) = (parts.next()?, parts.next()?);
        let (account, resource) = (parts.next()?, parts.next()?);
        let is_one = scheme == "arn"
            && (partition == "aws" || partition.starts_with("aws-"))
            && !service.is_empty()
            && is_region(region)
            && account.len() == 12
            && account.bytes().all(|byte| byte.is_ascii_digit())
            && !resource.is_empty();
        is_one.then_some(Self {
            service,
            region,
            resource,
        })
    }
}

/// Whether this may be part of a host name as a region.
pub(super) fn is_region(text: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.bytes().all(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_is_read_into_its_parts() {
        let arn = Arn::parse("arn:aws:sns:eu-central-1:123456789012:on-call").unwrap();
        assert_eq!(
            (arn.service, arn.region, arn.resource),
            ("sns", "eu-central-1", "on-call")
        );
        let secret = "arn:aws-us-gov:secretsmanager:us-gov-west-1:123456789012:secret:a:b";
        assert_eq!(Arn::parse(secret).unwrap().resource, "secret:a:b");
    }

    #[test]
    fn what_is_no_arn_is_not_read() {
        for text in [
            "",
            "on-call",
            "arn:aws:sns:eu-central-1:123456789012",
            "arn:aws:sns:eu-central-1:123456789012:",
            "arn:aws:sns::123456789012:on-call",
            "arn:aws:sns:eu-central-1:12345678901:on-call",
            "arn:aws:sns:eu-central-1:12345678901a:on-call",
            "arn:aws:sns:evil.example.com/:123456789012:on-call",
            "arn:awsome:sns:eu-central-1:123456789012:on-call",
            "urn:aws:sns:eu-central-1:123456789012:on-call",
        ] {
            assert_eq!(Arn::parse(text), None, "{text}");
        }
    }
}
