//! Calls that tell somebody of something: one POST, no redirects, within a time; what is answered counts
//! only by its status (security.md 10).

use crate::{
    Reach, SourceError,
    limits::{MAX_LOOK_UP_TIME, MAX_WEBHOOK_TIME},
    published_keys::{innermost, install_provider},
};

/// Why a call was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// For people; nothing of the answer stands in it.
    pub reason: String,
    /// Whether another attempt may do better.
    pub is_retryable: bool,
    /// Seconds that the other side asked for, until the next attempt.
    pub retry_after: Option<u64>,
}

/// Calls addresses.
#[derive(Clone, Copy, Debug)]
pub struct Webhooks {
    reach: Reach,
}

impl Webhooks {
    /// Calls within reach.
    pub fn new(reach: Reach) -> Webhooks {
        Webhooks { reach }
    }

    /// Whether an address may be called, as far as that can be told soon.
    pub async fn check(&self, url: &str) -> Result<(), SourceError> {
        let url = self.reach.check(url)?;
        match tokio::time::timeout(MAX_LOOK_UP_TIME, self.reach.resolve(&url)).await {
            Ok(Err(error @ SourceError::Configuration(_))) => Err(error),
            // Who can't be found now may be there later; it is looked at again before each call.
            _ => Ok(()),
        }
    }

    /// Calls an address with a JSON body and one more header.
    pub async fn call(&self, url: &str, body: String, header: (&'static str, String)) -> Result<(), Refusal> {
        let refused = |error: &SourceError| Refusal {
            reason: error.to_string(),
            is_retryable: !matches!(error, SourceError::Configuration(_)),
            retry_after: None,
        };
        let url = self.reach.check(url).map_err(|e| refused(&e))?;
        let addresses = self.reach.resolve(&url).await.map_err(|e| refused(&e))?;
        let failed = |error: &reqwest::Error| Refusal {
            reason: match error.is_timeout() {
                true => format!("no answer within {} s", MAX_WEBHOOK_TIME.as_secs()),
                false => innermost(error),
            },
            is_retryable: true,
            retry_after: None,
        };
        install_provider();
        let http = reqwest::Client::builder()
            .user_agent(concat!("metasync/", env!("CARGO_PKG_VERSION")))
            .timeout(MAX_WEBHOOK_TIME)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            // A proxy would look the name up by itself.
            .no_proxy()
            // What was looked at is where it goes.
            .resolve_to_addrs(url.host_str().unwrap_or_default(), &addresses)
            .build()
            .map_err(|e| failed(&e))?;
        let (name, value) = header;
        let answer = http
            .post(url)
            .header(name, value)
            .header("content-type", "application/json")
            .body(body)
            .send()
            .await
            .map_err(|e| failed(&e))?;
        let status = answer.status();
        if status.is_success() {
            return Ok(());
        }
        let retry_after = answer.headers().get("retry-after");
        let retry_after = retry_after.and_then(|v| v.to_str().ok()?.trim().parse().ok());
        Err(Refusal {
            reason: format!("the answer was {}", status.as_u16()),
            is_retryable: status.is_server_error() || matches!(status.as_u16(), 408 | 429),
            retry_after,
        })
    }
}
