//! A tolerant reader of block and flow YAML that knows where everything stands and never gives up: half-typed
//! files are its normal case. Aliases, tags and merges are left to the real parser.

use super::flow::Flow;
use super::node::MAX_NESTING;
pub(crate) use super::node::{Entry, Node};
use super::scalar::{is_item, key_end, quoted, strip_comment, strip_properties, unquote};
use crate::span::Span;

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
