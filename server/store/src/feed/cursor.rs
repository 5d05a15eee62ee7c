//! The cursor (sync-protocol.md, "Cursor"): where a client stands in each stream, signed so that
//! only the hub can make one. `v1.` + base64url of (payload, HMAC-SHA256 truncated to 128 bits).

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::cursor_keys::{CursorKeys, Key};

const PREFIX: &str = "v1.";
/// Bytes of the truncated HMAC.
const TAG: usize = 16;
/// Longest text that is looked at: 10,000 streams and more.
const MAX_LENGTH: usize = 1 << 20;

/// Where a client stands in one stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Position {
    /// Number of the stream.
    pub(super) stream: u64,
    /// Last sequence number that the client has.
    pub(super) pos: u64,
    /// Head at the start of the stream's first pass: tombstones up to it tell the client nothing.
    pub(super) init: u64,
}

/// What a cursor says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cursor {
    organization: Uuid,
    subject: [u8; 16],
    pub(super) epoch: Uuid,
    pub(super) schema: u32,
    /// Seconds since 1970.
    pub(super) issued_at: u64,
    /// Microseconds since 1970 of the sync point of the client's last checkpoint; 0: none yet.
    pub(super) point: u64,
    pub(super) positions: Vec<Position>,
}

impl Cursor {
    pub(super) fn new(
        organization: Uuid,
        user: &str,
        epoch: Uuid,
        point: u64,
        positions: Vec<Position>,
    ) -> Cursor {
        Cursor {
            organization,
            subject: subject(user),
            epoch,
            schema: metasync_protocol::SCHEMA,
            issued_at: jiff::Timestamp::now().as_second().unsigned_abs(),
            point,
            positions,
        }
    }

    pub(super) fn belongs_to(&self, organization: Uuid, user: &str) -> bool {
        self.organization == organization && self.subject == subject(user)
    }

    pub(super) fn encode(&self, keys: &CursorKeys) -> String {
        let mut bytes = Vec::with_capacity(80 + self.positions.len() * 8);
        bytes.extend_from_slice(self.organization.as_bytes());
        bytes.extend_from_slice(&self.subject);
        bytes.extend_from_slice(self.epoch.as_bytes());
        put(&mut bytes, u64::from(self.schema));
        put(&mut bytes, self.issued_at);
        put(&mut bytes, self.point);
        put(&mut bytes, self.positions.len() as u64);
        for position in &self.positions {
            put(&mut bytes, position.stream);
            put(&mut bytes, position.pos);
            put(&mut bytes, position.init);
        }
        if let Some(mac) = mac(&keys.current, &bytes) {
            bytes.extend_from_slice(&mac.finalize().into_bytes()[..TAG]);
        }
        format!("{PREFIX}{}", BASE64_URL_SAFE_NO_PAD.encode(bytes))
    }

    /// What a text says; `None` if this hub did not make it.
    pub(super) fn decode(text: &str, keys: &CursorKeys) -> Option<Cursor> {
        if text.len() > MAX_LENGTH {
            return None;
        }
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text.strip_prefix(PREFIX)?).ok()?;
        let (payload, tag) = bytes.split_at_checked(bytes.len().checked_sub(TAG)?)?;
        let good = std::iter::once(&keys.current)
            .chain(&keys.previous)
            .any(|key| mac(key, payload).is_some_and(|m| m.verify_truncated_left(tag).is_ok()));
        if good { parse(payload) } else { None }
    }
}

fn parse(mut payload: &[u8]) -> Option<Cursor> {
    let rest = &mut payload;
    let mut cursor = Cursor {
        organization: Uuid::from_bytes(array(rest)?),
        subject: array(rest)?,
        epoch: Uuid::from_bytes(array(rest)?),
        schema: u32::try_from(take(rest)?).ok()?,
        issued_at: take(rest)?,
        point: take(rest)?,
        positions: Vec::new(),
    };
    for _ in 0..take(rest)? {
        cursor.positions.push(Position {
            stream: take(rest)?,
            pos: take(rest)?,
            init: take(rest)?,
        });
    }
    rest.is_empty().then_some(cursor)
}

/// A user, as much as a cursor shows of one.
fn subject(user: &str) -> [u8; 16] {
    let digest = Sha256::digest(user.as_bytes());
    let mut short = [0; 16];
    short.copy_from_slice(&digest[..16]);
    short
}

fn mac(key: &Key, payload: &[u8]) -> Option<Hmac<Sha256>> {
    // HMAC takes keys of any length: never `None`
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(payload);
    Some(mac)
}

/// A number in seven bits a byte, the lowest first (LEB128).
fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

fn array(bytes: &mut &[u8]) -> Option<[u8; 16]> {
    let (first, rest) = bytes.split_first_chunk::<16>()?;
    *bytes = rest;
    Some(*first)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn keys(current: u8, previous: Option<u8>) -> CursorKeys {
        CursorKeys {
            current: [current; 32],
            previous: previous.map(|p| [p; 32]),
        }
    }

    fn cursor() -> Cursor {
        let positions = vec![Position {
            stream: 7,
            pos: 300,
            init: u64::MAX,
        }];
        Cursor::new(Uuid::from_u128(1), "alice", Uuid::from_u128(2), 5, positions)
    }

    #[test]
    fn round_trip_and_rotation() {
        let text = cursor().encode(&keys(1, None));
        assert_eq!(Cursor::decode(&text, &keys(1, None)), Some(cursor()));
        assert_eq!(Cursor::decode(&text, &keys(2, Some(1))), Some(cursor()));
        assert_eq!(Cursor::decode(&text, &keys(2, Some(3))), None);
    }

    #[test]
    fn it_is_its_users_alone() {
        assert!(cursor().belongs_to(Uuid::from_u128(1), "alice"));
        assert!(!cursor().belongs_to(Uuid::from_u128(1), "bob"));
        assert!(!cursor().belongs_to(Uuid::from_u128(3), "alice"));
    }

    proptest! {
        #[test]
        fn no_changed_byte_goes_through(at in 0..90_usize, bit in 0..8_u8) {
            let text = cursor().encode(&keys(1, None));
            let mut bytes = BASE64_URL_SAFE_NO_PAD.decode(&text[3..]).unwrap();
            let at = at % bytes.len();
            bytes[at] ^= 1 << bit;
            let forged = format!("v1.{}", BASE64_URL_SAFE_NO_PAD.encode(bytes));
            prop_assert_eq!(Cursor::decode(&forged, &keys(1, None)), None);
        }

        #[test]
        fn any_text_is_refused_without_a_panic(text in "(v1\\.)?[A-Za-z0-9_-]{0,200}") {
            prop_assert_eq!(Cursor::decode(&text, &keys(1, None)), None);
        }

        #[test]
        fn numbers_round_trip(number: u64) {
            let mut bytes = Vec::new();
            put(&mut bytes, number);
            prop_assert_eq!(take(&mut bytes.as_slice()), Some(number));
        }
    }
}
