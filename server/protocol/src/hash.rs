//! The 128-bit hash of a row, and the checksum of a stream that is the sum of them.
//!
//! xxh3-128 over a tagged, length-prefixed form: it guards against loss, order and damage, not
//! against forgery (cursors and tokens carry their own HMAC).

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use xxhash_rust::xxh3::Xxh3;

/// Hash of one bundle or documentation row (`row_hash`), or the sum of such hashes mod 2^128
/// (`checksum`). On the wire: 32 lower-case hex digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RowHash(pub u128);

impl RowHash {
    /// The checksum with one more row in it.
    #[must_use]
    pub fn plus(self, row: RowHash) -> RowHash {
        RowHash(self.0.wrapping_add(row.0))
    }

    /// The checksum with one row fewer in it.
    #[must_use]
    pub fn minus(self, row: RowHash) -> RowHash {
        RowHash(self.0.wrapping_sub(row.0))
    }

    /// Big-endian bytes, for a database column.
    pub fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// From what [`RowHash::to_bytes`] gave; `None` if the length is not 16.
    pub fn from_slice(bytes: &[u8]) -> Option<RowHash> {
        Some(RowHash(u128::from_be_bytes(bytes.try_into().ok()?)))
    }
}

impl fmt::Display for RowHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl std::str::FromStr for RowHash {
    type Err = String;

    fn from_str(text: &str) -> Result<RowHash, String> {
        if text.len() != 32 {
            return Err(format!("{text:?} is no hash: 32 hex digits are needed"));
        }
        u128::from_str_radix(text, 16)
            .map(RowHash)
            .map_err(|e| format!("{text:?} is no hash: {e}"))
    }
}

impl Serialize for RowHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RowHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<RowHash, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

impl schemars::JsonSchema for RowHash {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "RowHash".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "pattern": "^[0-9a-f]{32}$"})
    }
}

/// Feeds typed fields to the hash; every field is tagged and length-prefixed, so that two
/// different rows never feed the same bytes.
pub struct RowHasher(Xxh3);

impl RowHasher {
    /// A hasher for rows of one kind; the kind is part of the hash.
    pub fn new(kind: &str) -> RowHasher {
        let mut hasher = RowHasher(Xxh3::new());
        hasher.text(kind);
        hasher
    }

    /// A text field.
    pub fn text(&mut self, value: &str) {
        self.0.update(&[1]);
        self.0.update(&(value.len() as u64).to_le_bytes());
        self.0.update(value.as_bytes());
    }

    /// A text field that may be absent; absent and empty differ.
    pub fn optional(&mut self, value: Option<&str>) {
        match value {
            Some(text) => self.text(text),
            None => self.0.update(&[0]),
        }
    }

    /// A number.
    pub fn number(&mut self, value: u64) {
        self.0.update(&[2]);
        self.0.update(&value.to_le_bytes());
    }

    /// A number that may be absent.
    pub fn optional_number(&mut self, value: Option<u64>) {
        match value {
            Some(number) => self.number(number),
            None => self.0.update(&[0]),
        }
    }

    /// An id that may be absent.
    pub fn id(&mut self, value: Option<uuid::Uuid>) {
        match value {
            Some(id) => {
                self.0.update(&[3]);
                self.0.update(id.as_bytes());
            }
            None => self.0.update(&[0]),
        }
    }

    /// Any JSON value; members of objects are fed in the order of their names, whatever map type
    /// serde_json was built with.
    pub fn json(&mut self, value: &serde_json::Value) {
        use serde_json::Value;
        match value {
            Value::Null => self.0.update(&[4]),
            Value::Bool(flag) => self.0.update(&[5, u8::from(*flag)]),
            Value::Number(number) => {
                self.0.update(&[6]);
                self.text(&number.to_string());
            }
            Value::String(text) => self.text(text),
            Value::Array(items) => {
                self.0.update(&[7]);
                self.number(items.len() as u64);
                items.iter().for_each(|item| self.json(item));
            }
            Value::Object(members) => {
                self.0.update(&[8]);
                self.number(members.len() as u64);
                let mut names: Vec<&String> = members.keys().collect();
                names.sort_unstable();
                for name in names {
                    self.text(name);
                    self.json(&members[name]);
                }
            }
        }
    }

    /// The hash of all that was fed.
    pub fn finish(self) -> RowHash {
        RowHash(self.0.digest128())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_empty_and_neighbouring_fields_differ() {
        let hash = |feed: &dyn Fn(&mut RowHasher)| {
            let mut hasher = RowHasher::new("t");
            feed(&mut hasher);
            hasher.finish()
        };
        let all = [
            hash(&|h| h.optional(None)),
            hash(&|h| h.optional(Some(""))),
            hash(&|h| {
                h.text("ab");
                h.text("c");
            }),
            hash(&|h| {
                h.text("a");
                h.text("bc");
            }),
            hash(&|h| h.json(&serde_json::json!({"a": 1}))),
            hash(&|h| h.json(&serde_json::json!({"a": "1"}))),
        ];
        for (i, a) in all.iter().enumerate() {
            for b in &all[i + 1..] {
                assert_ne!(a, b);
            }
        }
    }

    #[test]
    fn text_form_round_trips_with_leading_zeros() {
        let hash = RowHash(0xabc);
        assert_eq!(hash.to_string().len(), 32);
        assert_eq!(hash.to_string().parse::<RowHash>().unwrap(), hash);
        assert!("xyz".parse::<RowHash>().is_err());
        assert_eq!(
            RowHash(5).plus(RowHash(u128::MAX)).minus(RowHash(u128::MAX)),
            RowHash(5)
        );
    }
}
