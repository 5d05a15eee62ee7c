//! Open documents, as the editor has them: text, version, and the places of its lines. Positions
//! come in UTF-16, UTF-8 or UTF-32 units, as was agreed at `initialize`; everything behind this
//! module counts bytes.

use std::{collections::HashMap, sync::Arc};

use parking_lot::RwLock;
use tower_lsp::ls_types::{Position, PositionEncodingKind, Range, TextDocumentContentChangeEvent, Uri};

/// Units in which the editor counts characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// Bytes.
    Utf8,
    /// The protocol's default.
    #[default]
    Utf16,
    /// Unicode scalar values.
    Utf32,
}

impl Encoding {
    /// The best one that the client offers.
    pub fn choose(offered: Option<&[PositionEncodingKind]>) -> Encoding {
        let offered = offered.unwrap_or_default();
        // byte offsets need no counting at all
        if offered.contains(&PositionEncodingKind::UTF8) {
            Encoding::Utf8
        } else {
            Encoding::Utf16
        }
    }

    /// Its name on the wire.
    pub fn kind(self) -> PositionEncodingKind {
        match self {
            Encoding::Utf8 => PositionEncodingKind::UTF8,
            Encoding::Utf16 => PositionEncodingKind::UTF16,
            Encoding::Utf32 => PositionEncodingKind::UTF32,
        }
    }

    fn width(self, c: char) -> u32 {
        match self {
            Encoding::Utf8 => c.len_utf8() as u32,
            Encoding::Utf16 => c.len_utf16() as u32,
            Encoding::Utf32 => 1,
        }
    }
}

/// A text with the starts of its lines. Lines end with `\n`, `\r\n` or a lone `\r`.
#[derive(Clone, Debug)]
pub struct Text {
    /// The text.
    pub text: Arc<str>,
    starts: Vec<usize>,
}

impl Text {
    /// Indexes a text.
    pub fn new(text: impl Into<Arc<str>>) -> Text {
        let text = text.into();
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        for at in memchr::memchr2_iter(b'\n', b'\r', bytes) {
            if bytes[at] == b'\n' || bytes.get(at + 1) != Some(&b'\n') {
                starts.push(at + 1);
            }
        }
        Text { text, starts }
    }

    /// The byte offset of a position. Beyond the end of a line: its end; beyond the last line: the
    /// end of the text, as the protocol asks.
    pub fn offset(&self, position: Position, encoding: Encoding) -> usize {
        let Some(&start) = self.starts.get(position.line as usize) else {
            return self.text.len();
        };
        let mut units = 0;
        for (at, c) in self.text[start..].char_indices() {
            if units >= position.character || c == '\n' || c == '\r' {
                return start + at;
            }
            units += encoding.width(c);
        }
        self.text.len()
    }

    /// The byte offset of a position, `None` where the text has no such place.
    pub fn offset_within(&self, position: Position, encoding: Encoding) -> Option<usize> {
        let offset = self.offset(position, encoding);
        (self.position(offset, encoding) == position).then_some(offset)
    }

    /// The position of a byte offset.
    pub fn position(&self, offset: usize, encoding: Encoding) -> Position {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.starts.partition_point(|start| *start <= offset) - 1;
        let character = self.text[self.starts[line]..offset]
            .chars()
            .map(|c| encoding.width(c))
            .sum();
        Position {
            line: line as u32,
            character,
        }
    }

    /// The range of a span of bytes.
    pub fn range(&self, start: usize, end: usize, encoding: Encoding) -> Range {
        Range {
            start: self.position(start, encoding),
            end: self.position(end, encoding),
        }
    }
}

/// An open document.
#[derive(Clone, Debug)]
pub struct Document {
    /// Its text.
    pub text: Text,
    /// The editor's version of it.
    pub version: i32,
}

/// All open documents.
#[derive(Default)]
pub struct Documents {
    open: RwLock<HashMap<Uri, Document>>,
}

impl Documents {
    /// A document was opened, or its text replaced.
    pub fn open(&self, uri: Uri, version: i32, text: String) {
        self.open.write().insert(
            uri,
            Document {
                text: Text::new(text),
                version,
            },
        );
    }

    /// Applies changes in order; a change of an unknown document is ignored.
    pub fn change(
        &self,
        uri: &Uri,
        version: i32,
        changes: Vec<TextDocumentContentChangeEvent>,
        encoding: Encoding,
    ) {
        let mut open = self.open.write();
        let Some(document) = open.get_mut(uri) else { return };
        for change in changes {
            document.text = match change.range {
                None => Text::new(change.text),
                Some(range) => {
                    let start = document.text.offset(range.start, encoding);
                    let end = document.text.offset(range.end, encoding).max(start);
                    let mut text = document.text.text.to_string();
                    text.replace_range(start..end, &change.text);
                    Text::new(text)
                }
            };
        }
        document.version = version;
    }

    /// A document was closed.
    pub fn close(&self, uri: &Uri) {
        self.open.write().remove(uri);
    }

    /// Snapshots of all documents.
    pub fn all(&self) -> Vec<(Uri, Document)> {
        let open = self.open.read();
        open.iter()
            .map(|(uri, document)| (uri.clone(), document.clone()))
            .collect()
    }

    /// A snapshot of a document.
    pub fn get(&self, uri: &Uri) -> Option<Document> {
        self.open.read().get(uri).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(line: u32, character: u32) -> Position {
        Position { line, character }
    }

    #[test]
    fn positions_count_in_the_agreed_units() {
        let text = Text::new("a😀é\r\nb\rc\n");
        assert_eq!(text.offset(at(0, 3), Encoding::Utf16), 5);
        assert_eq!(text.offset(at(0, 5), Encoding::Utf8), 5);
        assert_eq!(text.offset(at(0, 2), Encoding::Utf32), 5);
        assert_eq!(text.position(5, Encoding::Utf16), at(0, 3));
        assert_eq!(text.offset(at(1, 0), Encoding::Utf16), 9);
        assert_eq!(text.offset(at(2, 0), Encoding::Utf16), 11);
        assert_eq!(text.position(11, Encoding::Utf16), at(2, 0));
        // beyond a line: its end; beyond the text: its end
        assert_eq!(text.offset(at(0, 99), Encoding::Utf16), 7);
        assert_eq!(text.offset(at(99, 0), Encoding::Utf16), 13);
        assert_eq!(text.offset_within(at(0, 99), Encoding::Utf16), None);
        assert_eq!(text.offset_within(at(3, 0), Encoding::Utf16), Some(13));
    }

    #[test]
    fn every_offset_round_trips() {
        let text = Text::new("x\n\n  äöü😀\r\n\rend");
        for encoding in [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32] {
            for (offset, c) in text.text.char_indices().filter(|(_, c)| *c != '\n' && *c != '\r') {
                assert_eq!(
                    text.offset(text.position(offset, encoding), encoding),
                    offset,
                    "{c:?}"
                );
            }
        }
    }

    #[test]
    fn changes_apply_in_order() {
        let documents = Documents::default();
        let uri: Uri = "file:///a.sql".parse().unwrap();
        documents.open(uri.clone(), 1, "select ä\nfrom b".into());
        let change = |range: Option<Range>, text: &str| TextDocumentContentChangeEvent {
            range,
            range_length: None,
            text: text.into(),
        };
        let edits = vec![
            change(
                Some(Range {
                    start: at(0, 7),
                    end: at(0, 8),
                }),
                "xy",
            ),
            change(
                Some(Range {
                    start: at(1, 5),
                    end: at(9, 9),
                }),
                "c\n",
            ),
        ];
        documents.change(&uri, 2, edits, Encoding::Utf16);
        assert_eq!(&*documents.get(&uri).unwrap().text.text, "select xy\nfrom c\n");
        documents.change(&uri, 3, vec![change(None, "new")], Encoding::Utf16);
        assert_eq!(&*documents.get(&uri).unwrap().text.text, "new");
        documents.close(&uri);
        assert!(documents.get(&uri).is_none());
    }
}
