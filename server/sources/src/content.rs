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
    let text = python_text(path, &bytes)
        .map_or_else(|| String::from_utf8(bytes), Ok)
        .map_err(|e| {
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

/// A Python file whose first lines name another encoding than UTF-8 (PEP 263).
fn python_text(path: &str, bytes: &[u8]) -> Option<String> {
    if !path.ends_with(".py") {
        return None;
    }
    let first_two = bytes.splitn(3, |b| *b == b'\n').take(2);
    let mut lines = first_two
        .map(|line| line.trim_ascii())
        .take_while(|line| line.is_empty() || line.starts_with(b"#"));
    let label = lines.find_map(|line| {
        let at = line.windows(6).position(|word| word == b"coding")? + 6;
        let name = line
            .get(at..)?
            .strip_prefix(b":")
            .or_else(|| line.get(at..)?.strip_prefix(b"="))?
            .trim_ascii_start();
        let end = name
            .iter()
            .position(|b| !(b.is_ascii_alphanumeric() || b"-_.".contains(b)))
            .unwrap_or(name.len());
        std::str::from_utf8(&name[..end]).ok()
    })?;
    // Python knows names that nobody else does: `latin-1`, `iso_8859_1`
    let label = label
        .to_ascii_lowercase()
        .replace('_', "-")
        .replace("latin-", "latin");
    let encoding = encoding_rs::Encoding::for_label(label.as_bytes())?;
    if encoding == encoding_rs::UTF_8 {
        return None;
    }
    encoding
        .decode_without_bom_handling_and_without_replacement(bytes)
        .map(std::borrow::Cow::into_owned)
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
        read.push(
            "test_a.py",
            b"#!/x\n# -*- coding: latin-1 -*-\nx = '\xe9'".to_vec(),
        );
        read.push("test_b.py", b"x = 1\n# coding: latin-1\ny = '\xe9'".to_vec());
        assert_eq!(
            read.files
                .iter()
                .map(|f| (f.path.as_str(), f.text.as_str(), f.size))
                .collect::<Vec<_>>(),
            [
                ("ok.sql", "select 1", 11),
                ("empty.sql", "", 0),
                ("test_a.py", "#!/x\n# -*- coding: latin-1 -*-\nx = 'é'", 38)
            ]
        );
        assert_eq!(
            read.errors
                .iter()
                .map(|e| (e.kind.as_str(), e.line))
                .collect::<Vec<_>>(),
            [("encoding", Some(2)), ("binary", None), ("encoding", Some(3))]
        );
    }
}
