//! Open documents, as the editor has them: text, version, and the places of its lines.

mod text;

use std::collections::{HashMap, VecDeque};

use metasync_ide::file::Names;
use parking_lot::RwLock;
use tower_lsp::ls_types::{TextDocumentContentChangeEvent, Uri};

pub use text::{Encoding, Text};

/// An open document.
#[derive(Clone, Debug)]
pub struct Document {
    /// Its text.
    pub text: Text,
    /// The editor's version of it.
    pub version: i32,
    /// The names in the text.
    pub names: Names,
}

/// Changes of a document that are remembered, for those that come late.
const RECENT_CHANGES: usize = 64;
/// Memory that a document's remembered changes may hold, in bytes.
const RECENT_BYTES: usize = 1024 * 1024;

/// An open document, and how it became so.
struct Open {
    document: Document,
    /// The last changes, in the order of their versions. Some editors send the changes of fast typing in an order that
    /// is not theirs (Helix 25.01 does): each counts its places in the text before it, so they apply by version.
    recent: VecDeque<Applied>,
    /// The highest version that is remembered no longer: what is younger can be placed.
    since: i32,
}

/// A change that was applied.
struct Applied {
    version: i32,
    before: Text,
    changes: Vec<TextDocumentContentChangeEvent>,
}

impl Open {
    fn new(version: i32, text: String) -> Open {
        let text = Text::new(text);
        Open {
            document: Document {
                text,
                version,
                names: Names::default(),
            },
            recent: VecDeque::new(),
            since: version,
        }
    }

    /// Applies changes; those of an older version go before the younger ones that came earlier.
    fn change(&mut self, version: i32, changes: Vec<TextDocumentContentChangeEvent>, encoding: Encoding) {
        if version <= self.since {
            // too late to be placed, or from an editor that does not count: as it comes
            self.recent.clear();
            self.since = self.document.version.max(version);
        }
        let at = self.recent.partition_point(|applied| applied.version <= version);
        let mut later = self.recent.split_off(at);
        let mut text = match later.front() {
            Some(next) => next.before.clone(),
            None => self.document.text.clone(),
        };
        later.push_front(Applied {
            version,
            before: text.clone(),
            changes,
        });
        for mut applied in later {
            applied.before = text.clone();
            for change in &applied.changes {
                text = text.changed(change, encoding);
            }
            self.recent.push_back(applied);
        }
        self.document.text = text;
        self.document.names = Names::default();
        self.document.version = self.document.version.max(version);
        self.forget();
    }

    fn forget(&mut self) {
        let mut held: usize = self.recent.iter().map(|applied| applied.before.size()).sum();
        while self.recent.len() > RECENT_CHANGES || held > RECENT_BYTES {
            let Some(oldest) = self.recent.pop_front() else {
                return;
            };
            held -= oldest.before.size();
            self.since = self.since.max(oldest.version);
        }
    }
}

/// All open documents.
#[derive(Default)]
pub struct Documents {
    open: RwLock<HashMap<Uri, Open>>,
}

impl Documents {
    /// A document was opened, or its text replaced.
    pub fn open(&self, uri: Uri, version: i32, text: String) {
        self.open.write().insert(uri, Open::new(version, text));
    }

    /// Applies changes in order; a change of an unknown document is ignored.
    pub fn change(
        &self,
        uri: &Uri,
        version: i32,
        changes: Vec<TextDocumentContentChangeEvent>,
        encoding: Encoding,
    ) {
        if let Some(open) = self.open.write().get_mut(uri) {
            open.change(version, changes, encoding);
        }
    }

    /// A document was closed.
    pub fn close(&self, uri: &Uri) {
        self.open.write().remove(uri);
    }

    /// Snapshots of all documents.
    pub fn all(&self) -> Vec<(Uri, Document)> {
        let open = self.open.read();
        open.iter()
            .map(|(uri, open)| (uri.clone(), open.document.clone()))
            .collect()
    }

    /// A snapshot of a document.
    pub fn get(&self, uri: &Uri) -> Option<Document> {
        self.open.read().get(uri).map(|open| open.document.clone())
    }
}

#[cfg(test)]
mod tests {
    use tower_lsp::ls_types::{Position, Range};

    use super::*;

    fn at(line: u32, character: u32) -> Position {
        Position { line, character }
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
    fn insert(at: usize, text: &str) -> Vec<TextDocumentContentChangeEvent> {
        let place = Position::new(0, at as u32);
        vec![TextDocumentContentChangeEvent {
            range: Some(Range::new(place, place)),
            range_length: None,
            text: text.into(),
        }]
    }

    /// Types the letters one by one, with their versions in this order; the text afterwards.
    fn typed(letters: &str, order: impl IntoIterator<Item = usize>) -> String {
        let documents = Documents::default();
        let uri: Uri = "file:///a.sql".parse().unwrap();
        documents.open(uri.clone(), 0, String::new());
        for at in order {
            let change = insert(at, &letters[at..=at]);
            documents.change(&uri, at as i32 + 1, change, Encoding::Utf8);
        }
        let document = documents.get(&uri).unwrap();
        assert_eq!(document.version, letters.len() as i32);
        document.text.text.to_string()
    }

    #[test]
    fn changes_that_come_late_go_where_they_belong() {
        assert_eq!(typed("abcdef", [0, 3, 4, 1, 5, 2]), "abcdef");
        assert_eq!(typed("abcdef", (0..6).rev()), "abcdef");
        // within what is remembered, a hundred times over
        let letters = "select ref ".repeat(100);
        let swapped = (0..letters.len()).map(|at| if at % 10 < 5 { at + 5 } else { at - 5 });
        assert_eq!(typed(&letters, swapped), letters);
    }

    #[test]
    fn an_editor_that_does_not_count_is_understood() {
        let documents = Documents::default();
        let uri: Uri = "file:///a.sql".parse().unwrap();
        documents.open(uri.clone(), 0, "c".into());
        for text in ["b", "a"] {
            documents.change(&uri, 0, insert(0, text), Encoding::Utf8);
        }
        assert_eq!(&*documents.get(&uri).unwrap().text.text, "abc");
    }

    #[test]
    fn what_is_remembered_of_a_document_is_limited() {
        let mut open = Open::new(0, "x".repeat(RECENT_BYTES / 10));
        for version in 1..100 {
            open.change(version, insert(0, "y"), Encoding::Utf8);
        }
        assert!(open.recent.len() < 10, "{}", open.recent.len());
        let mut open = Open::new(0, String::new());
        for version in 1..1000 {
            open.change(version, insert(0, "y"), Encoding::Utf8);
        }
        assert_eq!(open.recent.len(), RECENT_CHANGES);
    }
}
