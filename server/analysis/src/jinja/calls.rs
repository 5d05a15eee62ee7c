//! Calls inside Jinja tags: `ref('x')`, `source('a', 'b')`, `config(tags=['x'])`, `package.macro(…)`.

use crate::span::Span;

/// An argument of a call, as far as it is a literal.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Argument {
    /// The name before `=`, if any.
    pub(crate) name: Option<String>,
    /// What the argument says; `None` when it is no literal.
    pub(crate) value: Option<Literal>,
    /// Of a string: what is between the quotes; of others: the whole argument.
    pub(crate) span: Span,
}

/// A literal of Jinja.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Literal {
    String(String),
    Number(String),
    Bool(bool),
    Null,
    List(Vec<Literal>),
    Map(Vec<(String, Literal)>),
}

impl Literal {
    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The literal as JSON.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        match self {
            Self::String(text) => text.clone().into(),
            Self::Number(number) => serde_json::from_str(number).unwrap_or_else(|_| number.clone().into()),
            Self::Bool(bool) => (*bool).into(),
            Self::Null => serde_json::Value::Null,
            Self::List(items) => items.iter().map(Self::to_json).collect(),
            Self::Map(items) => items.iter().map(|(k, v)| (k.clone(), v.to_json())).collect(),
        }
    }
}

/// A call, or a bare dotted name when `has_arguments` is false.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Call {
    /// The dotted name, by parts with their spans: `dbt_utils`, `star`.
    pub(crate) path: Vec<(String, Span)>,
    pub(crate) arguments: Vec<Argument>,
    pub(crate) has_arguments: bool,
    /// From the first letter of the name up to the closing parenthesis.
    pub(crate) span: Span,
}

impl Call {
    /// The name of a call that has no dots in it.
    pub(crate) fn simple(&self) -> Option<&str> {
        match self.path.as_slice() {
            [(name, _)] => Some(name),
            // `builtins.ref(…)` is the plain one …
            // … and Python models say `dbt.ref(…)`.
            [(owner, _), (name, _)] if owner == "builtins" || owner == "dbt" => Some(name),
            _ => None,
        }
    }

    /// The nth positional argument as a string.
    pub(crate) fn text(&self, nth: usize) -> Option<&str> {
        self.arguments
            .iter()
            .filter(|a| a.name.is_none())
            .nth(nth)?
            .value
            .as_ref()?
            .as_str()
    }
}

/// How deep calls and lists may be nested; deeper ones are not looked into.
const MAX_NESTING: usize = 40;

/// All calls and dotted names between `start` and `end` of `text`, outer ones before those in their arguments.
pub(crate) fn calls(text: &str, start: usize, end: usize) -> Vec<Call> {
    let end = end.min(text.len());
    let mut reader = Reader {
        bytes: &text.as_bytes()[..end],
        text,
        at: start.min(end),
        found: Vec::new(),
    };
    while reader.at < reader.bytes.len() {
        reader.expression(0);
        // A closing bracket that nobody opened, or a comma: step over it.
        reader.at += 1;
    }
    reader.found
}

struct Reader<'a> {
    bytes: &'a [u8],
    text: &'a str,
    at: usize,
    found: Vec<Call>,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn space(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    /// Reads up to a comma or closing bracket of this level; says what it read when that was one literal.
    fn expression(&mut self, depth: usize) -> (Option<Literal>, Span) {
        self.space();
        let begin = self.at;
        let mut literal = None;
        let mut span = Span::new(begin, begin);
        let mut parts = 0;
        while let Some(byte) = self.peek() {
            let from = self.at;
            match byte {
                b',' | b')' | b']' | b'}' | b':' => break,
                b'\'' | b'"' => {
                    let inside = self.string();
                    span = inside;
                    let raw = self.text.get(inside.start..inside.end).unwrap_or("");
                    literal = Some(Literal::String(unescape(raw)));
                    parts += 1;
                }
                b'(' | b'[' | b'{' => {
                    let items = self.bracket(depth);
                    literal = items;
                    span = Span::new(from, self.at);
                    parts += 1;
                }
                b'0'..=b'9' => {
                    while self
                        .peek()
                        .is_some_and(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'_')
                    {
                        self.at += 1;
                    }
                    literal = self
                        .text
                        .get(from..self.at)
                        .map(|n| Literal::Number(n.to_owned()));
                    span = Span::new(from, self.at);
                    parts += 1;
                }
                b if is_word(b) => {
                    literal = self.name(depth);
                    span = Span::new(from, self.at);
                    parts += 1;
                }
                b if b.is_ascii_whitespace() => self.at += 1,
                _ => {
                    parts += 2;
                    self.at += 1;
                }
            }
        }
        if parts == 1 {
            (literal, span)
        } else {
            (None, Span::new(begin, self.at))
        }
    }

    /// Reads a string; its span is what is between the quotes.
    fn string(&mut self) -> Span {
        let quote = self.bytes[self.at];
        self.at += 1;
        let start = self.at;
        while let Some(byte) = self.peek() {
            if byte == b'\\' {
                self.at += 2;
                continue;
            }
            if byte == quote {
                let span = Span::new(start, self.at);
                self.at += 1;
                return span;
            }
            self.at += 1;
        }
        self.at = self.bytes.len();
        Span::new(start.min(self.at), self.at)
    }

    /// Reads `( … )`, `[ … ]` or `{ … }`.
    fn bracket(&mut self, depth: usize) -> Option<Literal> {
        let open = self.bytes[self.at];
        self.at += 1;
        if depth >= MAX_NESTING {
            return None;
        }
        let mut items = Vec::new();
        let mut pairs = Vec::new();
        let mut known = true;
        loop {
            self.space();
            match self.peek() {
                None => return None,
                Some(b')' | b']' | b'}') => {
                    self.at += 1;
                    break;
                }
                Some(b',') => {
                    self.at += 1;
                    continue;
                }
                Some(_) => {}
            }
            let (value, _) = self.expression(depth + 1);
            if self.peek() == Some(b':') {
                self.at += 1;
                let (second, _) = self.expression(depth + 1);
                match (value, second) {
                    (Some(Literal::String(key)), Some(value)) => pairs.push((key, value)),
                    _ => known = false,
                }
                continue;
            }
            match value {
                Some(value) => items.push(value),
                None => known = false,
            }
        }
        match open {
            _ if !known => None,
            b'{' => Some(Literal::Map(pairs)),
            b'(' if items.len() == 1 => items.pop(),
            _ => Some(Literal::List(items)),
        }
    }

    /// Reads a dotted name and the arguments behind it.
    fn name(&mut self, depth: usize) -> Option<Literal> {
        let begin = self.at;
        let mut path = Vec::new();
        loop {
            let start = self.at;
            while self.peek().is_some_and(is_word) {
                self.at += 1;
            }
            path.push((
                self.text.get(start..self.at).unwrap_or("").to_owned(),
                Span::new(start, self.at),
            ));
            if self.peek() == Some(b'.') && self.bytes.get(self.at + 1).copied().is_some_and(is_word) {
                self.at += 1;
            } else {
                break;
            }
        }
        if let [(word, _)] = path.as_slice() {
            match word.as_str() {
                "true" | "True" => return Some(Literal::Bool(true)),
                "false" | "False" => return Some(Literal::Bool(false)),
                "none" | "None" | "null" => return Some(Literal::Null),
                _ => {}
            }
        }
        let place = self.found.len();
        self.found.push(Call {
            path,
            arguments: Vec::new(),
            has_arguments: false,
            span: Span::new(begin, self.at),
        });
        let after_name = self.at;
        self.space();
        if self.peek() != Some(b'(') {
            self.at = after_name;
            return None;
        }
        self.at += 1;
        if depth >= MAX_NESTING {
            return None;
        }
        let mut arguments = Vec::new();
        loop {
            self.space();
            match self.peek() {
                None => break,
                Some(b')') => {
                    self.at += 1;
                    break;
                }
                Some(b',' | b']' | b'}' | b':') => {
                    self.at += 1;
                    continue;
                }
                Some(_) => {}
            }
            let name = self.argument_name();
            let (value, span) = self.expression(depth + 1);
            arguments.push(Argument { name, value, span });
        }
        let end = self.at;
        if let Some(call) = self.found.get_mut(place) {
            call.arguments = arguments;
            call.has_arguments = true;
            call.span.end = end;
        }
        None
    }

    /// `name =` before an argument.
    fn argument_name(&mut self) -> Option<String> {
        let start = self.at;
        let mut at = start;
        while self.bytes.get(at).copied().is_some_and(is_word) {
            at += 1;
        }
        let name_end = at;
        while self.bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
            at += 1;
        }
        if name_end > start && self.bytes.get(at) == Some(&b'=') && self.bytes.get(at + 1) != Some(&b'=') {
            self.at = at + 1;
            return self.text.get(start..name_end).map(str::to_owned);
        }
        None
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

fn unescape(raw: &str) -> String {
    if !raw.contains('\\') {
        return raw.to_owned();
    }
    let mut text = String::with_capacity(raw.len());
    let mut chars = raw.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => text.push('\n'),
            Some('t') => text.push('\t'),
            Some(other) => text.push(other),
            None => {}
        }
    }
    text
}
