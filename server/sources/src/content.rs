//! Bytes to text: what is no text is a [`FileError`], never a crash.

use metasync_protocol::repositories::FileError;
use sha2::{Digest as _, Sha256};

use crate::listing::file_error;

/// How many leading bytes decide whether a file is binary, as git does it.
const BINARY_PROBE_BYTES: usize = 8_000;

/// A file that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileContent {
    /// Path from the root, with `/`.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// SHA-256 of the bytes, lower-case hex.
    pub content_hash: String,
    /// The content; a byte order mark is taken off.
    pub text: String,
}

/// What reading brought.
#[derive(Clone, Debug, Default)]
pub struct Contents {
    /// In the order of the entries.
    pub files: Vec<FileContent>,
    /// Files that are no text, vanished or could not be read.
    pub errors: Vec<FileError>,
}

impl Contents {
    pub(crate) fn push(&mut self, path: &str, bytes: Vec<u8>) {
        match decode(path, bytes) {
            Ok(file) => self.files.push(file),
            Err(error) => self.errors.push(error),
        }
    }
}

/// SHA-256, lower-case hex.
pub(crate) fn content_hash(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

fn decode(path: &str, bytes: Vec<u8>) -> Result<FileContent, FileError> {
    if bytes[..bytes.len().min(BINARY_PROBE_BYTES)].contains(&0) {
        return Err(file_error(
            path,
            "binary",
            "the file is binary; its facts stay as they were",
        ));
    }
    let content_hash = content_hash(&bytes);
    let size = bytes.len() as u64;
    let text = String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        let line = e.as_bytes()[..at].iter().filter(|b| **b == b'\n').count() + 1;
        FileError {
            line: u32::try_from(line).ok(),
            ..file_error(
                path,
                "encoding",
                format!("the file is not UTF-8 (byte {at}); save it as UTF-8"),
            )
        }
    })?;
    let text = match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    };
    Ok(FileContent {
        path: path.to_owned(),
        size,
        content_hash,
        text,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_text_is_told_with_its_line() {
        let mut read = Contents::default();
        read.push("ok.sql", b"\xef\xbb\xbfselect 1".to_vec());
        read.push("latin.sql", b"select 1;\n-- Z\xfcrich".to_vec());
        read.push("image.sql", b"PNG\0\x01".to_vec());
        read.push("empty.sql", Vec::new());
        assert_eq!(
            read.files
                .iter()
                .map(|f| (f.path.as_str(), f.text.as_str(), f.size))
                .collect::<Vec<_>>(),
            [("ok.sql", "select 1", 11), ("empty.sql", "", 0)]
        );
        assert_eq!(
            read.errors
                .iter()
                .map(|e| (e.kind.as_str(), e.line))
                .collect::<Vec<_>>(),
            [("encoding", Some(2)), ("binary", None)]
        );
    }
}
