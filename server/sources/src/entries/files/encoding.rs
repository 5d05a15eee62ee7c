//! In which encoding a file is written: as somebody says, else by its byte order mark, else by its bytes.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::super::EntryError;

/// How bytes become text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decoding {
    /// The lines are UTF-8, after so many bytes of a mark.
    Utf8 { mark: usize },
    /// Not known yet: as long as all is ASCII both are right; the first line that is not decides between
    /// UTF-8 and Windows-1252.
    Undecided,
    /// One byte is one character, whatever it is: lines can be told before they are decoded.
    Bytes(&'static Encoding),
    /// All has to be decoded before lines can be told.
    Stream(&'static Encoding),
}

/// The encoding of a name.
pub(super) fn named(name: &str, sample: &[u8]) -> Result<Decoding, EntryError> {
    let plain = name.trim().to_ascii_lowercase();
    let plain = match plain.as_str() {
        "utf-8-bom" | "utf8-bom" | "utf-8-sig" | "utf_8_sig" => "utf-8",
        "latin-1" | "latin_1" => "latin1",
        "utf16" | "utf_16" => "utf-16",
        "utf16le" | "utf_16_le" => "utf-16le",
        "utf16be" | "utf_16_be" => "utf-16be",
        other => other,
    };
    if plain == "utf-16" {
        let big = sample.starts_with(&[0xfe, 0xff]) || looks_like(sample) == Some(UTF_16BE);
        return Ok(Decoding::Stream(if big { UTF_16BE } else { UTF_16LE }));
    }
    let encoding = Encoding::for_label(plain.as_bytes())
        .filter(|encoding| *encoding != encoding_rs::REPLACEMENT)
        .ok_or_else(|| {
            EntryError::option(
                "encoding",
                format!("{name:?} is not known; known are utf-8, utf-16, utf-16le, utf-16be, latin-1, windows-1252 and the other labels of the WHATWG's list"),
            )
        })?;
    if encoding == UTF_8 {
        return Ok(Decoding::Utf8 { mark: mark(sample) });
    }
    if encoding.is_single_byte() {
        return Ok(Decoding::Bytes(encoding));
    }
    Ok(Decoding::Stream(encoding))
}

fn mark(sample: &[u8]) -> usize {
    if sample.starts_with(&[0xef, 0xbb, 0xbf]) {
        3
    } else {
        0
    }
}

/// The encoding of a file by its beginning; an error where it is no text.
pub(super) fn detected(sample: &[u8]) -> Result<Decoding, EntryError> {
    if mark(sample) > 0 {
        return Ok(Decoding::Utf8 { mark: 3 });
    }
    if sample.starts_with(&[0xff, 0xfe, 0, 0]) || sample.starts_with(&[0, 0, 0xfe, 0xff]) {
        return Err(EntryError::option(
            "encoding",
            "the file is UTF-32, which is not read; save it as UTF-8",
        ));
    }
    if sample.starts_with(&[0xff, 0xfe]) {
        return Ok(Decoding::Stream(UTF_16LE));
    }
    if sample.starts_with(&[0xfe, 0xff]) {
        return Ok(Decoding::Stream(UTF_16BE));
    }
    if let Some(encoding) = looks_like(sample) {
        return Ok(Decoding::Stream(encoding));
    }
    let mut lines = (0, 0);
    for line in sample.split(|byte| *byte == b'\n') {
        if !line.is_ascii() {
            match std::str::from_utf8(line) {
                Ok(_) => lines.0 += 1,
                // the sample may end within a character
                Err(e) if e.error_len().is_none() => {}
                Err(_) => lines.1 += 1,
            }
        }
    }
    Ok(match lines {
        (0, 0) => Decoding::Undecided,
        (good, bad) if good >= bad => Decoding::Utf8 { mark: 0 },
        _ => Decoding::Bytes(WINDOWS_1252),
    })
}

/// UTF-16 without a mark: of mostly western text every second byte is zero.
fn looks_like(sample: &[u8]) -> Option<&'static Encoding> {
    let pairs = sample.len() / 2;
    if pairs < 4 {
        return None;
    }
    let zeros = |first: usize| sample.iter().skip(first).step_by(2).filter(|b| **b == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    if odd * 10 > pairs * 4 && even * 20 < pairs {
        Some(UTF_16LE)
    } else if even * 10 > pairs * 4 && odd * 20 < pairs {
        Some(UTF_16BE)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_told_by_marks_and_bytes() {
        let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
        assert_eq!(
            detected(b"\xef\xbb\xbftitle").unwrap(),
            Decoding::Utf8 { mark: 3 }
        );
        assert_eq!(
            detected("título\n".as_bytes()).unwrap(),
            Decoding::Utf8 { mark: 0 }
        );
        assert_eq!(detected(b"t\xedtulo\n").unwrap(), Decoding::Bytes(WINDOWS_1252));
        assert_eq!(detected(b"title\n").unwrap(), Decoding::Undecided);
        assert_eq!(
            detected(&utf16("\u{feff}title")).unwrap(),
            Decoding::Stream(UTF_16LE)
        );
        assert_eq!(
            detected(&utf16("title,artist")).unwrap(),
            Decoding::Stream(UTF_16LE)
        );
        assert!(detected(b"\xff\xfe\0\0t\0\0\0").is_err());
        assert_eq!(named("Latin-1", b"").unwrap(), Decoding::Bytes(WINDOWS_1252));
        assert_eq!(named("UTF-8", b"").unwrap(), Decoding::Utf8 { mark: 0 });
        assert_eq!(
            named("shift_jis", b"").unwrap(),
            Decoding::Stream(encoding_rs::SHIFT_JIS)
        );
        assert!(named("klingon", b"").is_err());
    }
}
