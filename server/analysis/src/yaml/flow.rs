//! Flow style of YAML: `{a: 1, b: [x, "y"]}`.

use super::node::{Entry, MAX_NESTING, Node};
use super::scalar::quoted;
use crate::span::Span;

/// Flow style: `{a: 1, b: [x, "y"]}`.
pub(super) struct Flow<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
}

impl Flow<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while let Some(byte) = self.peek() {
            if byte == b'#' {
                while self.peek().is_some_and(|byte| byte != b'\n') {
                    self.at += 1;
                }
            } else if byte.is_ascii_whitespace() {
                self.at += 1;
            } else {
                break;
            }
        }
    }

    pub(super) fn node(&mut self, depth: usize) -> Node {
        self.space();
        let start = self.at;
        match self.peek() {
            Some(b'{') if depth < MAX_NESTING => {
                self.at += 1;
                let mut entries = Vec::new();
                loop {
                    self.space();
                    match self.peek() {
                        None => break,
                        Some(b'}') => {
                            self.at += 1;
                            break;
                        }
                        Some(b',' | b']' | b':') => {
                            self.at += 1;
                            continue;
                        }
                        Some(_) => {}
                    }
                    let Node::Scalar {
                        text: key,
                        span: key_span,
                        ..
                    } = self.scalar()
                    else {
                        break;
                    };
                    self.space();
                    let value = if self.peek() == Some(b':') {
                        self.at += 1;
                        self.node(depth + 1)
                    } else {
                        Node::Null {
                            span: Span::new(self.at, self.at),
                        }
                    };
                    entries.push(Entry { key, key_span, value });
                }
                Node::Map {
                    entries,
                    span: Span::new(start, self.at),
                }
            }
            Some(b'[') if depth < MAX_NESTING => {
                self.at += 1;
                let mut items = Vec::new();
                loop {
                    self.space();
                    match self.peek() {
                        None => break,
                        Some(b']') => {
                            self.at += 1;
                            break;
                        }
                        Some(b',' | b'}' | b':') => {
                            self.at += 1;
                            continue;
                        }
                        Some(_) => items.push(self.node(depth + 1)),
                    }
                }
                Node::List {
                    items,
                    span: Span::new(start, self.at),
                }
            }
            Some(b',' | b'}' | b']') | None => Node::Null {
                span: Span::new(start, start),
            },
            Some(_) => self.scalar(),
        }
    }

    fn scalar(&mut self) -> Node {
        let start = self.at;
        if let Some(quote @ (b'"' | b'\'')) = self.peek() {
            let (text, span, end) = quoted(self.text, start, quote);
            self.at = end.max(start + 1);
            return Node::Scalar {
                text,
                span,
                quoted: true,
            };
        }
        while let Some(byte) = self.peek() {
            let colon = byte == b':'
                && self
                    .text
                    .as_bytes()
                    .get(self.at + 1)
                    .is_none_or(|next| next.is_ascii_whitespace() || matches!(next, b',' | b'}' | b']'));
            if colon
                || matches!(byte, b',' | b'}' | b']' | b'\n')
                || (byte == b'{' || byte == b'[') && self.at > start
            {
                break;
            }
            self.at += 1;
        }
        if self.at == start {
            self.at += 1;
        }
        let raw = self
            .text
            .get(start..self.at.min(self.text.len()))
            .unwrap_or("")
            .trim_end();
        Node::Scalar {
            text: raw.to_owned(),
            span: Span::new(start, start + raw.len()),
            quoted: false,
        }
    }
}
