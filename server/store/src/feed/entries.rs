//! Keys of a list, and the form in which a part of them is stored.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::read::Kind;
use crate::error::{Result, StoreError};

/// A row of a list. `slot` is its place in what `offset` counts; a page that is full of bytes or rows
/// before it has `limit` objects leaves slots empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) slot: u64,
    pub(super) kind: Kind,
    pub(super) id: Uuid,
    /// Number of its stream, and place there.
    pub(super) stream: u64,
    pub(super) seq: u64,
}

/// Bytes of a stored key: kind, id, and three numbers.
const STORED: usize = 1 + 16 + 3 * 8;

/// A part of a list.
pub(super) struct Part {
    pub(super) last_slot: u64,
    pub(super) keys: Vec<u8>,
    /// The first place in each stream among the keys of all later parts.
    pub(super) lacking: Vec<(u64, u64)>,
}

/// Cuts a list, which is in the order of slots.
pub(super) fn in_parts(keys: &[Entry], size: usize) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut lacking: Vec<(u64, u64)> = Vec::new();
    for chunk in keys.chunks(size).rev() {
        parts.push(Part {
            last_slot: chunk.last().map_or(0, |e| e.slot),
            keys: chunk.iter().flat_map(encode).collect(),
            lacking: lacking.clone(),
        });
        lacking = first_of_each_stream(chunk, lacking);
    }
    parts.reverse();
    parts
}

/// The first place in each stream, of these keys and of what is known already.
pub(super) fn first_of_each_stream(keys: &[Entry], known: Vec<(u64, u64)>) -> Vec<(u64, u64)> {
    let mut first: BTreeMap<u64, u64> = known.into_iter().collect();
    for key in keys {
        first
            .entry(key.stream)
            .and_modify(|seq| *seq = (*seq).min(key.seq))
            .or_insert(key.seq);
    }
    first.into_iter().collect()
}

fn encode(key: &Entry) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(STORED);
    bytes.push(key.kind.number());
    bytes.extend_from_slice(key.id.as_bytes());
    for number in [key.slot, key.stream, key.seq] {
        bytes.extend_from_slice(&number.to_be_bytes());
    }
    bytes
}

/// The keys of a part.
pub(super) fn decode(bytes: &[u8]) -> Result<Vec<Entry>> {
    let damaged = || StoreError::row("offset_list_parts", "keys", "not whole");
    let (keys, rest) = bytes.as_chunks::<STORED>();
    if !rest.is_empty() {
        return Err(damaged());
    }
    keys.iter()
        .map(|key| {
            let number = |n: usize| -> Option<u64> {
                let at = 17 + 8 * n;
                Some(u64::from_be_bytes(key.get(at..at + 8)?.try_into().ok()?))
            };
            Some(Entry {
                kind: Kind::of_number(key[0])?,
                id: Uuid::from_slice(&key[1..17]).ok()?,
                slot: number(0)?,
                stream: number(1)?,
                seq: number(2)?,
            })
        })
        .map(|key| key.ok_or_else(damaged))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(slot: u64, stream: u64, seq: u64) -> Entry {
        Entry {
            slot,
            kind: Kind::Object,
            id: Uuid::from_u128(seq.into()),
            stream,
            seq,
        }
    }

    #[test]
    fn parts_hold_all_keys_and_know_what_comes_later() {
        let keys = [
            entry(0, 1, 9),
            entry(0, 2, 4),
            entry(1, 1, 3),
            entry(2, 1, 5),
            entry(7, 2, 2),
        ];
        let parts = in_parts(&keys, 2);
        let read: Vec<Entry> = parts.iter().flat_map(|p| decode(&p.keys).unwrap()).collect();
        assert_eq!(read, keys);
        let later: Vec<_> = parts.iter().map(|p| p.lacking.as_slice()).collect();
        assert_eq!(later, [&[(1, 3), (2, 2)][..], &[(2, 2)], &[]]);
        assert_eq!(parts.iter().map(|p| p.last_slot).collect::<Vec<_>>(), [0, 2, 7]);
        assert!(in_parts(&[], 2).is_empty());
        assert!(decode(&parts[0].keys[1..]).is_err());
    }
}
