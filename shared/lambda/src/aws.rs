//! Signed calls to AWS, without its SDK (docs/decisions/0011).

pub mod answer;
mod arn;
pub mod s3;
mod sign;

use std::{fmt, time::Duration};

use aws_credential_types::Credentials;
use chrono::{DateTime, Utc};
use http::{Request, Response, Uri, uri::PathAndQuery};
use hyper::body::Bytes;

pub use crate::https::NoAnswer;
pub use arn::Arn;

use crate::{
    Environment, SettingsError,
    https::{self, Https},
};

const ACCESS_KEY_ID: &str = "AWS_ACCESS_KEY_ID";
const SECRET_ACCESS_KEY: &str = "AWS_SECRET_ACCESS_KEY";
const SESSION_TOKEN: &str = "AWS_SESSION_TOKEN";
const REGION: &str = "AWS_REGION";
const DEFAULT_REGION: &str = "AWS_DEFAULT_REGION";
const ENDPOINT: &str = "AWS_ENDPOINT_URL";

/// What AWS calls one of its services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Service {
    /// In host names and signatures.
    pub name: &'static str,
    /// The variable that says where else it is, as in the SDKs.
    pub endpoint_variable: &'static str,
}

/// The Simple Notification Service.
pub const SNS: Service = Service {
    name: "sns",
    endpoint_variable: "AWS_ENDPOINT_URL_SNS",
};

/// The Simple Storage Service.
pub const S3: Service = Service {
    name: "s3",
    endpoint_variable: "AWS_ENDPOINT_URL_S3",
};

/// Where secrets are kept.
pub const SECRETS_MANAGER: Service = Service {
    name: "secretsmanager",
    endpoint_variable: "AWS_ENDPOINT_URL_SECRETS_MANAGER",
};

/// Calls one service in one region, as whoever the environment says we are.
#[derive(Clone)]
pub struct Client {
    service: Service,
    region: String,
    endpoint: Uri,
    /// Whether the endpoint is what the environment says, and not AWS's own.
    is_elsewhere: bool,
    credentials: Credentials,
    https: Https,
}

impl Client {
    /// Reads who we are and where the service is; calls nobody yet. `region` is that of an ARN, if
    /// there is one, and `limit` is for one call as a whole.
    pub fn from_environment(
        environment: &Environment,
        service: Service,
        region: Option<&str>,
        limit: Duration,
    ) -> Result<Self, SettingsError> {
        let region = match region {
            Some(region) => region.to_owned(),
            None => region_of(environment)?,
        };
        let elsewhere = elsewhere(environment, service)?;
        Ok(Self {
            is_elsewhere: elsewhere.is_some(),
            endpoint: elsewhere.map_or_else(|| of_aws(service, &region), Ok)?,
            credentials: credentials(environment)?,
            https: Https::new(limit),
            service,
            region,
        })
    }

    /// Takes answers of up to this many bytes, for a service that gives long ones.
    #[must_use]
    pub fn taking(mut self, longest: usize) -> Self {
        self.https = self.https.taking(longest);
        self
    }

    /// Signs the request as of `now` and sends it, once. Its URI is a path, and perhaps a query.
    pub async fn send(
        &self,
        mut request: Request<Bytes>,
        now: DateTime<Utc>,
    ) -> Result<Response<Bytes>, NoAnswer> {
        *request.uri_mut() = self.uri(request.uri())?;
        sign::sign(
            &mut request,
            self.service.name,
            &self.region,
            &self.credentials,
            now,
        )
        .map_err(|error| NoAnswer::Unasked(error.to_string()))?;
        self.https.exchange(request).await
    }

    /// The path at the service's endpoint, which may itself be below a path.
    fn uri(&self, path: &Uri) -> Result<Uri, NoAnswer> {
        let asked = path.path_and_query().map_or("/", PathAndQuery::as_str);
        let mut parts = self.endpoint.clone().into_parts();
        let path = format!("{}{asked}", self.endpoint.path().trim_end_matches('/'));
        parts.path_and_query = path.parse().ok();
        Uri::from_parts(parts).map_err(|error| NoAnswer::Unasked(error.to_string()))
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Client")
            .field("service", &self.service.name)
            .field("region", &self.region)
            .finish_non_exhaustive()
    }
}

fn credentials(environment: &Environment) -> Result<Credentials, SettingsError> {
    let mend = "Lambda sets it from the function's role; elsewhere set it to a key of AWS";
    let id = environment.required_secret(ACCESS_KEY_ID, mend)?;
    let secret = environment.required_secret(SECRET_ACCESS_KEY, mend)?;
    let token = environment.secret(SESSION_TOKEN)?;
    let mut credentials = Credentials::builder()
        .access_key_id(id.expose())
        .secret_access_key(secret.expose())
        .provider_name("environment");
    credentials.set_session_token(token.map(|token| token.expose().to_owned()));
    Ok(credentials.build())
}

fn region_of(environment: &Environment) -> Result<String, SettingsError> {
    for variable in [REGION, DEFAULT_REGION] {
        match environment.optional(variable)? {
            None => {}
            Some(region) if arn::is_region(&region) => return Ok(region),
            Some(_) => {
                let mend = "is not a region of AWS, such as eu-central-1";
                return Err(SettingsError::new(variable, mend));
            }
        }
    }
    let mend = "is not set: set it to the region in which to call AWS, such as eu-central-1";
    Err(SettingsError::new(REGION, mend))
}

/// Where the environment says that the service is, if it says so.
fn elsewhere(environment: &Environment, service: Service) -> Result<Option<Uri>, SettingsError> {
    for variable in [service.endpoint_variable, ENDPOINT] {
        let Some(value) = environment.optional(variable)? else {
            continue;
        };
        let uri = https::address(&value).filter(|uri| uri.query().is_none());
        return uri.map(Some).ok_or_else(|| {
            let mend = "is not the address of an endpoint, such as http://127.0.0.1:4566";
            SettingsError::new(variable, mend)
        });
    }
    Ok(None)
}

/// Where AWS has the service.
fn of_aws(service: Service, region: &str) -> Result<Uri, SettingsError> {
    let suffix = if region.starts_with("cn-") {
        "amazonaws.com.cn"
    } else {
        "amazonaws.com"
    };
    format!("https://{}.{region}.{suffix}", service.name)
        .parse()
        .map_err(|_| SettingsError::new(REGION, "is not a region of AWS, such as eu-central-1"))
}

#[cfg(test)]
mod tests;
