//! Whether the reader of an open event stream still may read it: until the token ends, and while the
//! organization still has that member (security.md 4: within 60 s).

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::App;
use crate::auth::Access;

/// How often it is looked; tests have less patience.
const INTERVAL: Duration = if cfg!(test) {
    Duration::from_millis(100)
} else {
    Duration::from_secs(20)
};

/// The reader of a stream.
pub(super) struct Membership {
    access: Access,
    check_at: Instant,
}

impl Membership {
    pub(super) fn of(access: Access) -> Membership {
        Membership {
            access,
            check_at: Instant::now() + INTERVAL,
        }
    }

    /// When it is to be looked again.
    pub(super) fn check_at(&self) -> Instant {
        self.check_at
    }

    /// When the token ends.
    pub(super) fn expires_at(&self) -> Timestamp {
        self.access.identity.expires_at
    }

    /// Whether membership was taken back; looks only when it is time to.
    pub(super) async fn was_revoked(&mut self, app: &App) -> bool {
        if Instant::now() < self.check_at {
            return false;
        }
        self.check_at = Instant::now() + INTERVAL;
        match app.store.role(self.access.org(), self.access.user()).await {
            Ok(role) => role.is_none(),
            // The database is away: the stream stays, and it is looked again.
            Err(error) => {
                tracing::warn!(%error, "membership can't be checked");
                false
            }
        }
    }
}
