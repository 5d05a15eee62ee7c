//! A text and the places of its lines. Positions come in UTF-16, UTF-8 or UTF-32 units, as was agreed at
//! `initialize`; everything behind this module counts bytes.

use std::sync::Arc;

use tower_lsp::ls_types::{Position, PositionEncodingKind, Range, TextDocumentContentChangeEvent};

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
    /// The text as it is read: a lone `\r` is a `\n` in it, which is as long, so that every reader knows two kinds of
    /// line ends only.
    pub text: Arc<str>,
    /// The text as the editor has it, to which changes apply.
    written: Arc<str>,
    starts: Arc<[usize]>,
}

impl Text {
    /// Indexes a text.
    pub fn new(text: impl Into<Arc<str>>) -> Text {
        let written = text.into();
        let bytes = written.as_bytes();
        let mut starts = vec![0];
        let mut has_lone = false;
        for at in memchr::memchr2_iter(b'\n', b'\r', bytes) {
            if bytes[at] == b'\n' || bytes.get(at + 1) != Some(&b'\n') {
                starts.push(at + 1);
                has_lone |= bytes[at] == b'\r';
            }
        }
        Text {
            text: if has_lone {
                without_lone_returns(&written)
            } else {
                written.clone()
            },
            written,
            starts: starts.into(),
        }
    }

    /// The text after a change.
    pub(super) fn changed(&self, change: &TextDocumentContentChangeEvent, encoding: Encoding) -> Text {
        let Some(range) = change.range else {
            return Text::new(change.text.as_str());
        };
        let start = self.offset(range.start, encoding);
        let end = self.offset(range.end, encoding).max(start);
        let mut text = self.written.to_string();
        text.replace_range(start..end, &change.text);
        Text::new(text)
    }

    /// About what it holds in memory, in bytes.
    pub(super) fn size(&self) -> usize {
        self.text.len() + size_of_val(&*self.starts)
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

fn without_lone_returns(text: &str) -> Arc<str> {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(c) = letters.next() {
        let is_lone = c == '\r' && letters.peek() != Some(&'\n');
        out.push(if is_lone { '\n' } else { c });
    }
    out.into()
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
    fn a_lone_return_is_read_as_the_end_of_a_line() {
        let text = Text::new("a\rb\r\nc\r");
        assert_eq!(&*text.text, "a\nb\r\nc\n");
        // a line feed that comes behind it makes it whole
        let place = at(1, 0);
        let change = TextDocumentContentChangeEvent {
            range: Some(Range::new(place, place)),
            range_length: None,
            text: "\n".into(),
        };
        let text = text.changed(&change, Encoding::Utf16);
        assert_eq!(&*text.text, "a\r\nb\r\nc\n");
        assert_eq!(text.offset(at(1, 0), Encoding::Utf16), 3);
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
}
