//! Names in the shared folder (seed 001, "WebDAV Structure"; shared-folder.md).

use uuid::Uuid;

/// The latest snapshot, for readers of the seed's kind.
pub const METADATA: &str = "metadata.db";
/// The number of the latest publication.
pub const VERSION: &str = "version.txt";
/// What publishers lock; advisory.
pub const LOCK: &str = "version.txt.lock";
/// Folder of the publications.
pub const TICKETS: &str = "v/";
/// Folder of what is still on its way.
pub const TMP: &str = "tmp/";
/// Folder of a published catalogue, below an address that is given to `publish`.
pub const CATALOGUE: &str = "catalogue";

/// Most bytes of `version.txt`.
pub const MAX_VERSION_BYTES: usize = 64;
/// Most bytes of a manifest.
pub const MAX_MANIFEST_BYTES: usize = 256 * 1024;
/// Most bytes of a beat.
pub const MAX_BEAT_BYTES: usize = 4 * 1024;

/// Digits of a ticket's number, at least.
const DIGITS: usize = 8;
/// The highest number that is one: above it somebody plays tricks.
const MAX_NUMBER: u64 = 999_999_999_999_999;

/// Folder of a publication.
pub fn ticket(n: u64) -> String {
    format!("{TICKETS}{n:0DIGITS$}/")
}

/// The number that a folder of `v/` stands for.
pub fn number(name: &str) -> Option<u64> {
    let digits = name.len() >= DIGITS && name.bytes().all(|b| b.is_ascii_digit());
    name.parse()
        .ok()
        .filter(|n| digits && (1..=MAX_NUMBER).contains(n) && ticket(*n) == format!("{TICKETS}{name}/"))
}

/// The commit point of a publication.
pub fn manifest(n: u64) -> String {
    format!("{}manifest.json", ticket(n))
}

/// The sign of life of a publication that is not committed.
pub fn beat(n: u64) -> String {
    format!("{}beat.json", ticket(n))
}

/// First letters of the files by which publishers see that they are alone in a folder.
pub const CLAIM: &str = "claim-";

/// Whether a text is a SHA-256 in lower-case hex.
pub fn is_sha256(text: &str) -> bool {
    text.len() == 64
        && text
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// Folder of a data file.
pub fn prefix(sha256: &str) -> String {
    format!("{}/", sha256.get(..2).unwrap_or(sha256))
}

/// A data file.
pub fn content(sha256: &str) -> String {
    format!("{}{sha256}", prefix(sha256))
}

/// A name for something on its way; `hub` first, so that what was left behind is found again.
pub fn temporary(hub: Uuid) -> String {
    format!("{TMP}{}-{}", hub.simple(), Uuid::new_v4().simple())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_they_are_written() {
        assert_eq!(ticket(7), "v/00000007/");
        assert_eq!(number("00000007"), Some(7));
        assert_eq!(number("123456789"), Some(123_456_789));
        for odd in [
            "7",
            "0000007",
            "00000000",
            "000000007",
            "0000000x",
            "+0000007",
            "",
        ] {
            assert_eq!(number(odd), None, "{odd}");
        }
        assert!(is_sha256(&"a1".repeat(32)) && !is_sha256(&"A1".repeat(32)) && !is_sha256(&"é".repeat(32)));
    }
}
