//! From an HTTP answer to a value or a [`ClientError`], within limits.

use std::time::{Duration, SystemTime};

use metasync_protocol::error::{ErrorBody, codes};
use reqwest::{
    Response, StatusCode,
    header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER},
};
use serde::de::DeserializeOwned;

use crate::{
    connect::Client,
    error::ClientError,
    limits::{ANSWER_MAX, DETAIL_MAX, ERROR_MAX, RETRY_AFTER_DEFAULT, RETRY_AFTER_MAX},
};

impl Client {
    /// The JSON of a successful answer, or the error that the answer is.
    pub(crate) async fn json<T: DeserializeOwned>(&self, response: Response) -> Result<T, ClientError> {
        let response = self.no_page(response).await?;
        let body = self.body(response, ANSWER_MAX).await?;
        parse(&body)
    }

    /// The same answer if it is a success, else the error that it is.
    pub(crate) async fn successful(&self, response: Response) -> Result<Response, ClientError> {
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        if status.is_redirection() {
            return Err(ClientError::BadAnswer {
                what: format!(
                    "it is a redirect ({}) that leads away from the hub",
                    status.as_u16()
                ),
            });
        }
        let headers = response.headers().clone();
        // A refusal counts even if its text is cut off or too long.
        let body = self.prefix(response, ERROR_MAX).await;
        Err(refusal(status, &headers, &body))
    }

    /// As [`Client::successful`]; a web page is none, as sign-in pages and proxies send them with 200.
    pub(crate) async fn no_page(&self, response: Response) -> Result<Response, ClientError> {
        let response = self.successful(response).await?;
        if is_web_page(response.headers()) {
            return Err(ClientError::BadAnswer {
                what: "it is a web page, as sign-in pages and proxies send them".to_owned(),
            });
        }
        Ok(response)
    }

    /// The whole body; more than `limit` bytes after decompression are an error.
    pub(crate) async fn body(&self, mut response: Response, limit: usize) -> Result<Vec<u8>, ClientError> {
        let announced = response.content_length().unwrap_or(0);
        if announced > limit as u64 {
            return Err(too_large(limit));
        }
        let mut body = Vec::with_capacity(announced as usize);
        while let Some(chunk) = response.chunk().await.map_err(|e| self.body_error(&e))? {
            if body.len() + chunk.len() > limit {
                return Err(too_large(limit));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    async fn prefix(&self, mut response: Response, limit: usize) -> Vec<u8> {
        let mut body = Vec::new();
        while let Ok(Some(chunk)) = response.chunk().await {
            body.extend_from_slice(&chunk[..chunk.len().min(limit - body.len())]);
            if body.len() == limit {
                break;
            }
        }
        body
    }

    fn body_error(&self, error: &reqwest::Error) -> ClientError {
        match self.transport_error(error) {
            ClientError::Unreachable { url, why } => ClientError::Unreachable {
                url,
                why: format!("the answer broke off: {why}"),
            },
            other => other,
        }
    }
}

/// Whether something for browsers came.
fn is_web_page(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("text/html"))
}

/// A value from JSON; the error names the place, never the content.
pub(crate) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ClientError> {
    serde_json::from_slice(body).map_err(|e| ClientError::BadAnswer {
        what: if e.is_data() {
            format!("a field is missing or of another type ({e})")
        } else {
            format!("it is no JSON ({e})")
        },
    })
}

fn too_large(limit: usize) -> ClientError {
    ClientError::BadAnswer {
        what: format!("it is larger than {} MiB", limit >> 20),
    }
}

/// What a refusing answer means (sync-protocol.md, "Request").
pub(crate) fn refusal(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> ClientError {
    let parsed: Option<ErrorBody> = serde_json::from_slice(body).ok();
    let code = parsed.as_ref().map(|b| clean(&b.code)).unwrap_or_default();
    let detail = match &parsed {
        Some(error) if !error.detail.is_empty() => clean(&error.detail),
        // A proxy's page or nothing at all: the status is all there is to tell.
        _ => status.canonical_reason().unwrap_or("no reason given").to_owned(),
    };
    match status.as_u16() {
        400 if code == codes::INVALID_CURSOR => ClientError::InvalidCursor,
        401 => ClientError::Unauthenticated { detail },
        403 if code == codes::ORG_ACCESS_REVOKED => ClientError::Revoked { detail },
        403 => ClientError::Forbidden { detail },
        404 if parsed.is_none() => ClientError::NotFound {
            detail: "the address answers, but not as a metasync hub; check the hub's address".to_owned(),
        },
        404 => ClientError::NotFound { detail },
        409 => {
            let job_id = parsed
                .as_ref()
                .and_then(|b| b.more.get("job_id"))
                .and_then(|id| id.as_str()?.parse().ok());
            if job_id.is_some() || code == codes::SYNC_IN_PROGRESS {
                ClientError::AlreadyRunning { job_id, detail }
            } else {
                ClientError::Hub {
                    status: 409,
                    detail,
                    code,
                }
            }
        }
        410 => ClientError::ResyncRequired { detail },
        429 | 503 => ClientError::Busy {
            retry_after: retry_after(headers, SystemTime::now()),
        },
        status => ClientError::Hub { status, detail, code },
    }
}

/// `Retry-After` in seconds or as a date, within limits.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Duration {
    let Some(text) = headers.get(RETRY_AFTER).and_then(|v| v.to_str().ok()) else {
        return RETRY_AFTER_DEFAULT;
    };
    let text = text.trim();
    let wait = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => match httpdate::parse_http_date(text) {
            Ok(date) => date.duration_since(now).unwrap_or_default(),
            Err(_) => RETRY_AFTER_DEFAULT,
        },
    };
    wait.min(RETRY_AFTER_MAX)
}

/// The hub's words, on one line, without control characters, and not too many.
fn clean(text: &str) -> String {
    let mut out: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(DETAIL_MAX)
        .collect();
    if text.chars().count() > DETAIL_MAX {
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_understood_in_both_forms_and_capped() {
        let now = httpdate::parse_http_date("Wed, 21 Oct 2015 07:28:00 GMT").unwrap();
        let wait = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, text.parse().unwrap());
            retry_after(&headers, now).as_secs()
        };
        assert_eq!(wait("7"), 7);
        assert_eq!(wait("Wed, 21 Oct 2015 07:28:30 GMT"), 30);
        assert_eq!(wait("Wed, 21 Oct 2015 07:00:00 GMT"), 0);
        assert_eq!(wait("99999999"), RETRY_AFTER_MAX.as_secs());
        assert_eq!(wait("soon"), RETRY_AFTER_DEFAULT.as_secs());
    }

    #[test]
    fn the_hubs_words_are_cut_and_cleaned() {
        assert_eq!(clean("a\x1b[31m\nb"), "a [31m b");
        assert_eq!(clean(&"x".repeat(9_999)).chars().count(), DETAIL_MAX + 1);
    }
}
