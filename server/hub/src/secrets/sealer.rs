//! Sealing what must be kept and must not be read in the database: ChaCha20-Poly1305 with the organization
//! as additional data, so that nobody else's can be put in its place.

use base64::Engine as _;
use rand::RngCore as _;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use uuid::Uuid;

const BASE64: base64::engine::GeneralPurpose = base64::engine::general_purpose::STANDARD_NO_PAD;

/// Seals and opens.
pub(crate) struct Sealer(Option<LessSafeKey>);

impl Sealer {
    pub(crate) fn new(key: &[u8; 32]) -> Sealer {
        // A key of this length always fits.
        Sealer(
            UnboundKey::new(&CHACHA20_POLY1305, key)
                .ok()
                .map(LessSafeKey::new),
        )
    }

    /// Seals for an organization.
    pub(crate) fn seal(&self, org: Uuid, plain: &[u8]) -> String {
        let mut nonce = [0; NONCE_LEN];
        rand::rng().fill_bytes(&mut nonce);
        let mut sealed = plain.to_vec();
        let done = self.0.as_ref().map(|key| {
            key.seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(org.as_bytes()),
                &mut sealed,
            )
        });
        match done {
            Some(Ok(())) => BASE64.encode([nonce.as_slice(), &sealed].concat()),
            // nothing is better than what is not sealed
            _ => String::new(),
        }
    }

    /// What was sealed for an organization; `None`: not with this key, or not for it.
    pub(crate) fn open(&self, org: Uuid, sealed: &str) -> Option<Vec<u8>> {
        let bytes = BASE64.decode(sealed).ok()?;
        let (nonce, rest) = bytes.split_at_checked(NONCE_LEN)?;
        let mut rest = rest.to_vec();
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let plain = self
            .0
            .as_ref()?
            .open_in_place(nonce, Aad::from(org.as_bytes()), &mut rest)
            .ok()?;
        Some(plain.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_for_its_organization_with_its_key_only() {
        let (sealer, other) = (Sealer::new(&[1; 32]), Sealer::new(&[2; 32]));
        let org = Uuid::from_u128(7);
        let sealed = sealer.seal(org, b"s3cret");
        assert!(!sealed.contains("s3cret"));
        assert_ne!(sealed, sealer.seal(org, b"s3cret"));
        assert_eq!(sealer.open(org, &sealed).as_deref(), Some(b"s3cret".as_slice()));
        assert_eq!(sealer.open(Uuid::nil(), &sealed), None);
        assert_eq!(other.open(org, &sealed), None);
        assert_eq!(sealer.open(org, "nonsense"), None);
        assert_eq!(sealer.open(org, ""), None);
    }
}
