//! The envelope of the seed's answers: `{success, data, message, timestamp}`.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

/// An answer with data.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Envelope<T> {
    success: bool,
    data: T,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    /// Of lists: how many there are in all.
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<u64>,
    timestamp: String,
}

/// An answer without data.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Said {
    success: bool,
    message: String,
    timestamp: String,
}

impl<T> Envelope<T> {
    pub(super) fn of(data: T) -> Envelope<T> {
        Envelope {
            success: true,
            data,
            message: None,
            total: None,
            timestamp: now(),
        }
    }

    pub(super) fn saying(mut self, message: &str) -> Envelope<T> {
        self.message = Some(message.to_owned());
        self
    }

    pub(super) fn of_total(mut self, total: u64) -> Envelope<T> {
        self.total = Some(total);
        self
    }
}

impl Said {
    pub(super) fn of(message: &str) -> Said {
        Said {
            success: true,
            message: message.to_owned(),
            timestamp: now(),
        }
    }
}

/// To the millisecond, as the seed shows it.
fn now() -> String {
    Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
