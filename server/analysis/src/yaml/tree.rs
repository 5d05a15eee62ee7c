//! A tolerant reader of block and flow YAML that knows where everything stands and never gives up: half-typed
//! files are its normal case. Aliases, tags and merges are left to the real parser.

use serde_json::Value;

use super::flow::Flow;
use crate::span::Span;

/// How deep nodes may be nested; what lies deeper is skipped.
pub(super) const MAX_NESTING: usize = 60;

/// A piece of YAML and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    Map { entries: Vec<Entry>, span: Span },
    List { items: Vec<Node>, span: Span },
    Scalar { text: String, span: Span, quoted: bool },
    Null { span: Span },
}

/// A key of a map and its value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) key_span: Span,
    pub(crate) value: Node,
}

impl Node {
    pub(crate) const fn span(&self) -> Span {
        match self {
            Self::Map { span, .. }
            | Self::List { span, .. }
            | Self::Scalar { span, .. }
            | Self::Null { span } => *span,
        }
    }

    /// The value of a key of a map.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        self.entries()
            .iter()
            .find(|entry| entry.key == key)
            .map(|entry| &entry.value)
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        match self {
            Self::Map { entries, .. } => entries,
            _ => &[],
        }
    }

    pub(crate) fn items(&self) -> &[Self] {
        match self {
            Self::List { items, .. } => items,
            _ => &[],
        }
    }

    /// The text of a scalar and where it stands, without its quotes.
    pub(crate) fn scalar(&self) -> Option<(&str, Span)> {
        match self {
            Self::Scalar { text, span, .. } => Some((text, *span)),
            _ => None,
        }
    }

    /// The text of the scalar under `key`.
    pub(crate) fn text(&self, key: &str) -> Option<(&str, Span)> {
        self.get(key)?.scalar()
    }

    /// The same as JSON, for files that the real parser refuses.
    pub(crate) fn to_json(&self) -> Value {
        match self {
            Self::Map { entries, .. } => entries
                .iter()
                .map(|entry| (entry.key.clone(), entry.value.to_json()))
                .collect(),
            Self::List { items, .. } => items.iter().map(Self::to_json).collect(),
            Self::Scalar {
                text, quoted: true, ..
            } => Value::String(text.clone()),
            Self::Scalar { text, .. } => match text.as_str() {
                "true" | "True" => Value::Bool(true),
                "false" | "False" => Value::Bool(false),
                "null" | "~" | "" => Value::Null,
                other => other
                    .parse::<i64>()
                    .map_or_else(|_| Value::String(other.to_owned()), Value::from),
            },
            Self::Null { .. } => Value::Null,
        }
    }
}

/// Reads a text; whatever it is, something comes out.
pub(crate) fn parse(text: &str) -> Node {
    let mut reader = Reader {
        text,
        lines: lines(text),
        at: 0,
    };
    let mut root = Node::Null {
        span: Span::new(0, 0),
    };
    while reader.at < reader.lines.len() {
        let before = reader.at;
        let indent = reader.lines[reader.at].indent;
        let node = reader.block(indent, 0);
        root = match (root, node) {
            (
                Node::Map { mut entries, span },
                Node::Map {
                    entries: more,
                    span: last,
                },
            ) => {
                entries.extend(more);
                Node::Map {
                    entries,
                    span: Span::new(span.start, last.end),
                }
            }
            (first @ Node::Map { .. }, _) => first,
            (_, node) => node,
        };
        if reader.at == before {
            reader.at += 1;
        }
    }
    root
}

#[derive(Debug, Clone, Copy)]
struct Line {
    indent: usize,
    /// Where its content begins.
    start: usize,
    /// Where it ends, without the line break.
    end: usize,
    /// Blank, a comment, or a document mark: skipped except in block scalars.
    empty: bool,
}

fn lines(text: &str) -> Vec<Line> {
    let mut found = Vec::new();
    let mut at = 0;
    for raw in text.split_inclusive('\n') {
        let line = raw.trim_end_matches(['\n', '\r']);
        let bom = if at == 0 && line.starts_with('\u{feff}') {
            '\u{feff}'.len_utf8()
        } else {
            0
        };
        let body = line.get(bom..).unwrap_or("");
        let content = body.trim_start_matches([' ', '\t']);
        let indent = body.len() - content.len();
        let empty =
            content.is_empty() || content.starts_with('#') || content == "---" || content.starts_with('%');
        found.push(Line {
            indent,
            start: at + bom + indent,
            end: at + line.len(),
            empty,
        });
        at += raw.len();
    }
    found
}

struct Reader<'a> {
    text: &'a str,
    lines: Vec<Line>,
    at: usize,
}

impl<'a> Reader<'a> {
    /// The next line that says something.
    fn line(&mut self) -> Option<Line> {
        while let Some(line) = self.lines.get(self.at) {
            if !line.empty {
                return Some(*line);
            }
            self.at += 1;
        }
        None
    }

    fn slice(&self, start: usize, end: usize) -> &'a str {
        self.text.get(start..end).unwrap_or("")
    }

    fn block(&mut self, indent: usize, depth: usize) -> Node {
        let Some(line) = self.line() else {
            return Node::Null {
                span: Span::new(self.text.len(), self.text.len()),
            };
        };
        if depth > MAX_NESTING {
            self.at += 1;
            return Node::Null {
                span: Span::new(line.start, line.end),
            };
        }
        let content = self.slice(line.start, line.end);
        if is_item(content) {
            self.list(line.indent, depth)
        } else if key_end(content).is_some() {
            self.map(line.indent, depth)
        } else {
            self.at += 1;
            self.value(line.start, line.end, indent, depth)
        }
    }

    fn list(&mut self, indent: usize, depth: usize) -> Node {
        let mut items = Vec::new();
        let (mut start, mut end) = (None, 0);
        while let Some(line) = self.line() {
            let content = self.slice(line.start, line.end);
            if line.indent != indent || !is_item(content) {
                break;
            }
            start.get_or_insert(line.start);
            let rest = content[1..].trim_start();
            let shift = content.len() - rest.len();
            if rest.is_empty() || rest.starts_with('#') {
                self.at += 1;
                match self.line() {
                    Some(next) if next.indent > indent => items.push(self.block(next.indent, depth + 1)),
                    _ => items.push(Node::Null {
                        span: Span::new(line.end, line.end),
                    }),
                }
            } else {
                // The rest of the line is the first line of the item.
                let inner = Line {
                    indent: indent + shift,
                    start: line.start + shift,
                    ..line
                };
                self.lines[self.at] = inner;
                items.push(self.block(inner.indent, depth + 1));
            }
            end = items
                .last()
                .map_or(line.end, |node| node.span().end)
                .max(line.start);
            // Lines that fit nowhere (bad indentation) are passed over.
            while let Some(stray) = self.line() {
                if stray.indent > indent {
                    self.at += 1;
                } else {
                    break;
                }
            }
        }
        Node::List {
            items,
            span: Span::new(start.unwrap_or(end), end),
        }
    }

    fn map(&mut self, indent: usize, depth: usize) -> Node {
        let mut entries = Vec::new();
        let (mut start, mut end) = (None, 0);
        while let Some(line) = self.line() {
            let content = self.slice(line.start, line.end);
            if line.indent != indent || is_item(content) {
                break;
            }
            let Some((key_len, colon)) = key_end(content) else {
                // Half-typed key: `descr` without a colon yet.
                self.at += 1;
                continue;
            };
            start.get_or_insert(line.start);
            let (key, key_span) = unquote(content.get(..key_len).unwrap_or(""), line.start);
            let rest = content.get(colon + 1..).unwrap_or("");
            let value_start = line.start + colon + 1 + (rest.len() - rest.trim_start().len());
            self.at += 1;
            let rest = strip_comment(rest.trim_start());
            let rest = strip_properties(rest);
            let value = if rest.is_empty() {
                match self.line() {
                    Some(next)
                        if next.indent > indent
                            || (next.indent == indent && is_item(self.slice(next.start, next.end))) =>
                    {
                        self.block(next.indent, depth + 1)
                    }
                    _ => Node::Null {
                        span: Span::new(value_start.min(line.end), value_start.min(line.end)),
                    },
                }
            } else {
                let at = value_start
                    + (self.slice(value_start, line.end).len() - {
                        let all = self.slice(value_start, line.end);
                        strip_properties(all).len()
                    });
                self.value(at, line.end, indent, depth + 1)
            };
            end = value.span().end.max(key_span.end);
            entries.push(Entry { key, key_span, value });
            while let Some(stray) = self.line() {
                if stray.indent > indent {
                    self.at += 1;
                } else {
                    break;
                }
            }
        }
        Node::Map {
            entries,
            span: Span::new(start.unwrap_or(end), end),
        }
    }

    /// A value that begins at `start` in the line before the current one, whose key or dash is indented by `indent`.
    fn value(&mut self, start: usize, line_end: usize, indent: usize, depth: usize) -> Node {
        let raw = self.slice(start, line_end);
        match raw.bytes().next() {
            Some(b'|' | b'>') => self.block_scalar(raw.starts_with('>'), line_end, indent),
            Some(b'{' | b'[') => {
                let mut flow = Flow {
                    text: self.text,
                    at: start,
                };
                let node = flow.node(depth);
                self.skip_to(flow.at);
                node
            }
            Some(quote @ (b'"' | b'\'')) => {
                let (text, inside, end) = quoted(self.text, start, quote);
                self.skip_to(end);
                Node::Scalar {
                    text,
                    span: inside,
                    quoted: true,
                }
            }
            _ => self.plain(start, line_end, indent),
        }
    }

    fn plain(&mut self, start: usize, line_end: usize, indent: usize) -> Node {
        let first = strip_comment(self.slice(start, line_end)).trim_end();
        let mut text = first.to_owned();
        let mut end = start + first.len();
        while let Some(line) = self.lines.get(self.at) {
            if !line.empty && line.indent <= indent || line.empty && line.start != line.end {
                break;
            }
            if line.empty {
                // A blank line belongs to the scalar only if more of it follows.
                let more = self.lines[self.at..].iter().find(|line| !line.empty);
                if more.is_none_or(|line| line.indent <= indent) {
                    break;
                }
                text.push('\n');
                self.at += 1;
                continue;
            }
            let content = self.slice(line.start, line.end);
            if key_end(content).is_some() {
                break;
            }
            let content = strip_comment(content).trim_end();
            if !text.ends_with('\n') {
                text.push(' ');
            }
            text.push_str(content);
            end = line.start + content.len();
            self.at += 1;
        }
        Node::Scalar {
            text,
            span: Span::new(start, end),
            quoted: false,
        }
    }

    fn block_scalar(&mut self, folded: bool, line_end: usize, indent: usize) -> Node {
        let mut base = None;
        let mut text = String::new();
        let mut span = Span::new(line_end, line_end);
        while let Some(line) = self.lines.get(self.at) {
            let blank = line.start == line.end;
            if !blank && line.indent <= indent {
                break;
            }
            if !blank {
                let base = *base.get_or_insert(line.indent);
                let extra = line.indent.saturating_sub(base);
                if span.start == line_end {
                    span.start = line.start;
                }
                span.end = line.end;
                text.push_str(self.slice(line.start - extra.min(line.start), line.end));
            }
            text.push(if folded && !blank { ' ' } else { '\n' });
            self.at += 1;
        }
        Node::Scalar {
            text: text.trim_end().to_owned(),
            span,
            quoted: true,
        }
    }

    /// Goes on with the first line that begins after `offset`.
    fn skip_to(&mut self, offset: usize) {
        while self.lines.get(self.at).is_some_and(|line| line.start < offset) {
            self.at += 1;
        }
    }
}

fn is_item(content: &str) -> bool {
    content == "-" || content.starts_with("- ") || content.starts_with("-\t")
}

/// The length of the key that a line begins with, and where its colon is.
fn key_end(content: &str) -> Option<(usize, usize)> {
    let bytes = content.as_bytes();
    let first = *bytes.first()?;
    if matches!(
        first,
        b'{' | b'[' | b'|' | b'>' | b'#' | b'*' | b'%' | b'@' | b'`'
    ) {
        return None;
    }
    let ends =
        |at: usize| bytes.get(at) == Some(&b':') && bytes.get(at + 1).is_none_or(u8::is_ascii_whitespace);
    if first == b'"' || first == b'\'' {
        let (_, _, end) = quoted(content, 0, first);
        let colon = end + content.get(end..)?.find(|c: char| c != ' ')?;
        return ends(colon).then_some((end, colon));
    }
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'#' && at > 0 && bytes[at - 1] == b' ' {
            return None;
        }
        if ends(at) {
            let key = content.get(..at)?.trim_end();
            return (!key.is_empty()).then_some((key.len(), at));
        }
        at += 1;
    }
    None
}

fn unquote(raw: &str, start: usize) -> (String, Span) {
    match raw.bytes().next() {
        Some(quote @ (b'"' | b'\'')) => {
            let (text, inside, _) = quoted(raw, 0, quote);
            (text, Span::new(start + inside.start, start + inside.end))
        }
        _ => (raw.to_owned(), Span::new(start, start + raw.len())),
    }
}

/// Reads a quoted scalar; its text, the place between the quotes, and where it ends. Never closed: with its line.
pub(super) fn quoted(text: &str, start: usize, quote: u8) -> (String, Span, usize) {
    let bytes = text.as_bytes();
    let mut at = start + 1;
    let mut line_end = None;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if quote == b'"' => at += 1,
            b'\'' if quote == b'\'' && bytes.get(at + 1) == Some(&b'\'') => at += 1,
            byte if byte == quote => {
                let raw = text.get(start + 1..at).unwrap_or("");
                return (decode(raw, quote), Span::new(start + 1, at), at + 1);
            }
            b'\n' => {
                line_end.get_or_insert(at);
            }
            _ => {}
        }
        at += 1;
    }
    let end = line_end.unwrap_or(bytes.len());
    let raw = text.get((start + 1).min(end)..end).unwrap_or("").trim_end();
    (
        raw.to_owned(),
        Span::new((start + 1).min(end), (start + 1).min(end) + raw.len()),
        end,
    )
}

fn decode(raw: &str, quote: u8) -> String {
    let joined = if raw.contains('\n') {
        raw.lines().map(str::trim).collect::<Vec<_>>().join(" ")
    } else {
        raw.to_owned()
    };
    if quote == b'\'' {
        return joined.replace("''", "'");
    }
    let mut text = String::with_capacity(joined.len());
    let mut chars = joined.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n') => text.push('\n'),
                Some('t') => text.push('\t'),
                Some(other) => text.push(other),
                None => {}
            },
            other => text.push(other),
        }
    }
    text
}

fn strip_comment(raw: &str) -> &str {
    if raw.starts_with('#') {
        return "";
    }
    if raw.starts_with('"') || raw.starts_with('\'') {
        return raw;
    }
    match raw.find(" #") {
        Some(at) => raw.get(..at).unwrap_or(raw).trim_end(),
        None => raw,
    }
}

/// Passes over `&anchor` and `!tag` before a value.
fn strip_properties(raw: &str) -> &str {
    let mut rest = raw;
    while rest.starts_with('&') || rest.starts_with('!') {
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        rest = rest.get(end..).unwrap_or("").trim_start();
    }
    rest
}
