//! Hashes as bytes instead of hex digits.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use uuid::Uuid;

/// Bytes of a SHA-256.
const SHA256_BYTES: usize = 32;

/// Hash of a file's content: SHA-256 as bytes, whatever else as it stands.
#[derive(Clone, Debug, PartialEq)]
pub enum ContentHash {
    /// 64 lower-case hex digits in a row.
    Sha256([u8; SHA256_BYTES]),
    /// Anything else.
    Text(String),
}

impl ContentHash {
    /// From the text in a row.
    pub fn of(text: &str) -> ContentHash {
        let mut bytes = [0; SHA256_BYTES];
        let digits = text.as_bytes();
        if digits.len() != 2 * SHA256_BYTES {
            return ContentHash::Text(text.to_owned());
        }
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let (Some(high), Some(low)) = (digit(pair[0]), digit(pair[1])) else {
                return ContentHash::Text(text.to_owned());
            };
            *byte = high << 4 | low;
        }
        ContentHash::Sha256(bytes)
    }
}

/// Value of a lower-case hex digit.
fn digit(letter: u8) -> Option<u8> {
    match letter {
        b'0'..=b'9' => Some(letter - b'0'),
        b'a'..=b'f' => Some(letter - b'a' + 10),
        _ => None,
    }
}

/// The text in a row.
impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ContentHash::Sha256(bytes) => bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}")),
            ContentHash::Text(text) => f.write_str(text),
        }
    }
}

impl Serialize for ContentHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            ContentHash::Sha256(bytes) => serializer.serialize_bytes(bytes),
            ContentHash::Text(text) => serializer.serialize_str(text),
        }
    }
}

impl<'de> Deserialize<'de> for ContentHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<ContentHash, D::Error> {
        struct Either;

        impl de::Visitor<'_> for Either {
            type Value = ContentHash;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("32 bytes or a text")
            }

            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<ContentHash, E> {
                let bytes = bytes
                    .try_into()
                    .map_err(|_| E::invalid_length(bytes.len(), &self))?;
                Ok(ContentHash::Sha256(bytes))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<ContentHash, E> {
                Ok(ContentHash::Text(text.to_owned()))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// Many ids as one run of bytes, 16 each.
#[derive(Default)]
pub(super) struct Ids(pub(super) Vec<Uuid>);

impl<'de> Deserialize<'de> for Ids {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Ids, D::Error> {
        struct Visitor;

        impl de::Visitor<'_> for Visitor {
            type Value = Ids;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("16 bytes for each id")
            }

            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Ids, E> {
                let ids = bytes.chunks(size_of::<Uuid>()).map(Uuid::from_slice);
                let ids = ids.collect::<Result<_, _>>();
                ids.map(Ids).map_err(|_| E::invalid_length(bytes.len(), &self))
            }
        }
        deserializer.deserialize_bytes(Visitor)
    }
}

/// The same, over ids of others.
pub(super) struct IdsRef<'a>(pub(super) &'a [Uuid]);

impl Serialize for IdsRef<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let bytes: Vec<u8> = self.0.iter().flat_map(|id| *id.as_bytes()).collect();
        serializer.serialize_bytes(&bytes)
    }
}

/// A row's hash as 16 bytes.
pub(super) mod hash_bytes {
    use std::fmt;

    use serde::{Deserializer, Serializer, de};

    use crate::RowHash;

    pub fn serialize<S: Serializer>(hash: &RowHash, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&hash.to_bytes())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<RowHash, D::Error> {
        struct Visitor;

        impl de::Visitor<'_> for Visitor {
            type Value = RowHash;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("16 bytes")
            }

            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<RowHash, E> {
                RowHash::from_slice(bytes).ok_or_else(|| E::invalid_length(bytes.len(), &self))
            }
        }
        deserializer.deserialize_bytes(Visitor)
    }
}
