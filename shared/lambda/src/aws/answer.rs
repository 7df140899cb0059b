//! What the services answer in XML, read no further than needed.

use http::Response;
use hyper::body::Bytes;

/// The word for why a request was refused, such as `AccessDenied`. The message beside it is left
/// alone: it may quote the account.
#[must_use]
pub fn code(answer: &Response<Bytes>) -> Option<String> {
    let body = String::from_utf8_lossy(answer.body());
    let code = element(&body, "Code").filter(|code| is_code(code))?;
    Some(code.to_owned())
}

/// The text of the first such element of a flat XML answer.
#[must_use]
pub fn element<'a>(body: &'a str, name: &str) -> Option<&'a str> {
    let (_, from) = body.split_once(&format!("<{name}>"))?;
    let (text, _) = from.split_once(&format!("</{name}>"))?;
    (!text.is_empty()).then_some(text)
}

fn is_code(text: &str) -> bool {
    text.len() <= 64
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'.')
}
