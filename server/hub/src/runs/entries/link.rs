//! Links that start a sync of one source, for services that can send no token: who has the link may do that
//! and nothing else. It is made of the source and a code over it, so nothing of it is kept.

use hmac::{Hmac, KeyInit as _, Mac as _};
use metasync_store::{Started, StoredConnection};
use sha2::Sha256;
use uuid::Uuid;

use super::{Refusal, is_source};
use crate::runs::Runs;

/// The user in whose name it is done.
const USER: &str = "link";

/// Hex digits of an id, and of the code.
const ID_DIGITS: usize = 32;
const CODE_DIGITS: usize = 64;

impl Runs {
    /// The link of a source.
    pub(crate) fn source_link(&self, org: Uuid, connection: Uuid) -> String {
        let code = self
            .link_code(org, connection)
            .map(|code| hex::encode(code.finalize().into_bytes()));
        format!(
            "{}{}{}",
            org.simple(),
            connection.simple(),
            code.unwrap_or_default()
        )
    }

    /// Starts the source of a link again as it was asked for last; `None`: it is nobody's link.
    pub(crate) async fn follow_link(&self, link: &str) -> Result<Option<Started>, Refusal> {
        let Some((org, connection)) = self.read_link(link) else {
            return Ok(None);
        };
        let stored = self.store.connection(org, &connection.to_string()).await?;
        let stored: Option<StoredConnection> = stored.filter(is_source);
        match stored {
            Some(stored) => self.repeat_source(org, &stored, USER, "link").await.map(Some),
            None => Ok(None),
        }
    }

    fn read_link(&self, link: &str) -> Option<(Uuid, Uuid)> {
        if link.len() != 2 * ID_DIGITS + CODE_DIGITS || !link.is_ascii() {
            return None;
        }
        let org = Uuid::try_parse(&link[..ID_DIGITS]).ok()?;
        let connection = Uuid::try_parse(&link[ID_DIGITS..2 * ID_DIGITS]).ok()?;
        let code = hex::decode(&link[2 * ID_DIGITS..]).ok()?;
        // compared in constant time
        self.link_code(org, connection)?.verify_slice(&code).ok()?;
        Some((org, connection))
    }

    fn link_code(&self, org: Uuid, connection: Uuid) -> Option<Hmac<Sha256>> {
        // A key may have any length.
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.webhook_secret).ok()?;
        for part in [b"source link".as_slice(), org.as_bytes(), connection.as_bytes()] {
            mac.update(part);
        }
        Some(mac)
    }
}
