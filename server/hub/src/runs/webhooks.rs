//! Tells whoever asked for it of a run's states: signed, tried again with growing pauses, once for each
//! state, also after a restart. What is to be told stands in the store; here it is sent.

use std::{sync::Arc, time::Duration};

use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::{SignedDuration, Timestamp};
use metasync_store::{DueWebhook, WebhookEnd};
use sha2::Sha256;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{Runs, retry};

/// The header with the signature (contract.md, "Seed 004").
const SIGNATURE_HEADER: &str = "x-metasync-signature";

/// Attempts of a call in all.
const MOST_ATTEMPTS: u32 = 6;

/// Calls that are under way at once: slow ones must not keep the others.
const AT_ONCE: usize = 16;

/// How long a call is this process's; longer than one may take.
const LEASE: Duration = Duration::from_secs(30);

/// How often it is looked for calls that nobody rang for: those that are due again, and other nodes'.
const POLL: Duration = Duration::from_secs(1);

/// Signs what is told.
pub(super) fn signature(secret: &[u8], at: i64, body: &str) -> String {
    let mut text = at.to_string();
    text.push('.');
    text.push_str(body);
    // A key may have any length.
    let code = Hmac::<Sha256>::new_from_slice(secret).map(|mut mac| {
        mac.update(text.as_bytes());
        hex::encode(mac.finalize().into_bytes())
    });
    format!("t={at},v1={}", code.unwrap_or_default())
}

impl Runs {
    /// Sends what is to be told, until `shutdown`.
    pub(crate) async fn tell_webhooks(self: Arc<Self>, shutdown: CancellationToken) {
        let mut calling = JoinSet::new();
        while !shutdown.is_cancelled() {
            let room = AT_ONCE - calling.len();
            let claimed = self
                .store
                .webhooks_claim(u32::try_from(room).unwrap_or(1), LEASE)
                .await;
            let due = claimed.unwrap_or_else(|error| {
                tracing::warn!(%error, "it can't be seen whether webhooks are due");
                Vec::new()
            });
            for webhook in due {
                calling.spawn(Arc::clone(&self).call(webhook));
            }
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = self.outgoing.notified(), if calling.len() < AT_ONCE => {}
                () = tokio::time::sleep(POLL), if calling.len() < AT_ONCE => {}
                Some(_) = calling.join_next() => {}
            }
        }
        // What is under way and not noted is sent again by the next start.
    }

    async fn call(self: Arc<Self>, webhook: DueWebhook) {
        let at = Timestamp::now().as_second();
        let signed = signature(&self.webhook_secret, at, &webhook.body);
        let called = self
            .webhooks
            .call(&webhook.url, webhook.body, (SIGNATURE_HEADER, signed))
            .await;
        let attempt = webhook.attempts + 1;
        let end = match called {
            Ok(()) => WebhookEnd::Delivered,
            Err(refusal) if refusal.is_retryable && attempt < MOST_ATTEMPTS => {
                let pause = retry::pause(attempt, refusal.retry_after.map(Duration::from_secs));
                let pause = SignedDuration::try_from(pause).unwrap_or(SignedDuration::ZERO);
                WebhookEnd::Retry(Timestamp::now() + pause, refusal.reason)
            }
            Err(refusal) => WebhookEnd::GivenUp(refusal.reason),
        };
        match &end {
            WebhookEnd::Delivered => tracing::debug!(run = %webhook.run, "webhook delivered"),
            WebhookEnd::Retry(at, reason) => {
                tracing::info!(run = %webhook.run, attempt, reason, %at, "webhook not taken; trying again");
            }
            WebhookEnd::GivenUp(reason) => {
                tracing::warn!(run = %webhook.run, attempt, reason, "webhook given up");
            }
        }
        self.metrics.webhook(match &end {
            WebhookEnd::Delivered => "delivered",
            WebhookEnd::Retry(..) => "retried",
            WebhookEnd::GivenUp(_) => "given_up",
        });
        if let Err(error) = self.store.webhook_ended(webhook.id, &end).await {
            tracing::warn!(%error, "how a webhook went can't be noted; it is sent again");
        }
    }

    /// Why an address may not be told of a run's states.
    pub(crate) async fn check_webhook(&self, url: &str) -> Result<(), String> {
        self.webhooks.check(url).await.map_err(|e| e.to_string())
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_signature_is_that_of_time_and_body() {
        // printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac secret
        assert_eq!(
            super::signature(b"secret", 1_700_000_000, "{\"a\":1}"),
            "t=1700000000,v1=49f24e537407743fa4a0242bb63b94b9a47ee99cbbe071ccd8a22550ae411686"
        );
    }
}
