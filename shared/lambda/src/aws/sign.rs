//! Signature Version 4.

use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{
        PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningError,
        SigningInstructions, SigningSettings, UriPathNormalizationMode, sign as calculate,
    },
    sign::v4::SigningParams,
};
use chrono::{DateTime, Utc};
use http::Request;
use hyper::body::Bytes;

use super::S3;

/// Adds the headers that say who sends the request, and that it was not changed on its way.
pub(super) fn sign(
    request: &mut Request<Bytes>,
    service: &str,
    region: &str,
    credentials: &Credentials,
    now: DateTime<Utc>,
) -> Result<(), SigningError> {
    let instructions = instructions(request, service, region, credentials, now)?;
    instructions.apply_to_request_http1x(request);
    Ok(())
}

fn instructions(
    request: &Request<Bytes>,
    service: &str,
    region: &str,
    credentials: &Credentials,
    now: DateTime<Utc>,
) -> Result<SigningInstructions, SigningError> {
    let identity = credentials.clone().into();
    let parameters = SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(service)
        .time(now.into())
        .settings(settings(service))
        .build()
        .expect("every parameter is given")
        .into();
    let uri = request.uri().to_string();
    // A header that is not text is left out of the signature, and is sent all the same.
    let headers = request.headers().iter();
    let headers = headers.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    let body = SignableBody::Bytes(request.body());
    let signable = SignableRequest::new(request.method().as_str(), &uri, headers, body)?;
    Ok(calculate(signable, &parameters)?.into_parts().0)
}

/// S3 takes a path for what it is, and wants the body's digest as a header; the others do not.
fn settings(service: &str) -> SigningSettings {
    let mut settings = SigningSettings::default();
    if service == S3.name {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    settings
}
