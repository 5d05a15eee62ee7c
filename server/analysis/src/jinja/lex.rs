//! The tags of a template, found without understanding them; unfinished tags end with their line or the text.

/// What a tag is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TagKind {
    /// `{{ … }}`
    Expression,
    /// `{% … %}`
    Statement,
    /// `{# … #}`
    Comment,
}

/// A tag of a template, by bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tag {
    pub(crate) kind: TagKind,
    /// Where `{{`, `{%` or `{#` stands.
    pub(crate) start: usize,
    /// The byte after the closing braces.
    pub(crate) end: usize,
    /// The inside, without braces and white-space marks.
    pub(crate) inner_start: usize,
    pub(crate) inner_end: usize,
    /// Whether its end was found.
    pub(crate) closed: bool,
}

impl Tag {
    /// The inside of the tag.
    pub(crate) fn inner<'a>(&self, text: &'a str) -> &'a str {
        text.get(self.inner_start..self.inner_end).unwrap_or("")
    }

    /// The first word inside: `set`, `if`, `macro`, … of a statement.
    pub(crate) fn keyword<'a>(&self, text: &'a str) -> &'a str {
        let inner = self.inner(text).trim_start();
        let end = inner
            .find(|c: char| !(c.is_alphanumeric() || c == '_'))
            .unwrap_or(inner.len());
        inner.get(..end).unwrap_or("")
    }
}

/// Finds all tags of `text`, in order, none inside another. What stands between `{% raw %}` and `{% endraw %}` is
/// plain text.
pub(crate) fn tags(text: &str) -> Vec<Tag> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at + 1 < bytes.len() {
        if bytes[at] != b'{' {
            at += 1;
            continue;
        }
        let kind = match bytes[at + 1] {
            b'{' => TagKind::Expression,
            b'%' => TagKind::Statement,
            b'#' => TagKind::Comment,
            _ => {
                at += 1;
                continue;
            }
        };
        let tag = read(bytes, at, kind);
        at = tag.end;
        found.push(tag);
        if kind == TagKind::Statement
            && tag.keyword(text) == "raw"
            && let Some(end) = end_of_raw(text, tag.end)
        {
            at = end;
        }
    }
    found
}

/// Where the `{% endraw %}` after `from` begins.
fn end_of_raw(text: &str, from: usize) -> Option<usize> {
    let mut at = from;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find("{%")) {
        let start = at + found;
        let rest = text.get(start + 2..)?;
        if rest
            .trim_start_matches(['-', '+'])
            .trim_start()
            .starts_with("endraw")
        {
            return Some(start);
        }
        at = start + 2;
    }
    None
}

fn read(bytes: &[u8], start: usize, kind: TagKind) -> Tag {
    let close: [u8; 2] = match kind {
        TagKind::Expression => *b"}}",
        TagKind::Statement => *b"%}",
        TagKind::Comment => *b"#}",
    };
    let mut inner_start = start + 2;
    if matches!(bytes.get(inner_start), Some(b'-' | b'+')) {
        inner_start += 1;
    }
    let mut at = inner_start;
    let mut quote = None;
    let mut nesting = 0usize;
    while at < bytes.len() {
        let byte = bytes[at];
        match quote {
            Some(_) if byte == b'\\' => at += 1,
            Some(open) if byte == open => quote = None,
            Some(_) => {}
            // A quote that is never closed (half-typed text) does not swallow the tag's end.
            None if kind != TagKind::Comment
                && matches!(byte, b'\'' | b'"')
                && closes_before_tag_end(bytes, at, close) =>
            {
                quote = Some(byte);
            }
            None if bytes.get(at..at + 2) == Some(&close[..]) && nesting == 0 => {
                let inner_end = if at > inner_start && matches!(bytes[at - 1], b'-' | b'+') {
                    at - 1
                } else {
                    at
                };
                return Tag {
                    kind,
                    start,
                    end: at + 2,
                    inner_start,
                    inner_end,
                    closed: true,
                };
            }
            None if kind == TagKind::Expression && byte == b'{' => nesting += 1,
            None if kind == TagKind::Expression && byte == b'}' => nesting = nesting.saturating_sub(1),
            // Half-typed: the next tag begins before this one ended.
            None if kind != TagKind::Comment
                && byte == b'{'
                && matches!(bytes.get(at + 1), Some(b'%' | b'#')) =>
            {
                break;
            }
            None => {}
        }
        at += 1;
    }
    // Never closed: it ends with its line, so that the rest of the text is still read.
    let limit = at.min(bytes.len());
    let end = match kind {
        TagKind::Comment => bytes.len(),
        _ => bytes[inner_start.min(limit)..limit]
            .iter()
            .position(|byte| *byte == b'\n')
            .map_or(limit, |line| inner_start + line),
    };
    let inner_start = inner_start.min(end);
    Tag {
        kind,
        start,
        end: end.max(start + 2),
        inner_start,
        inner_end: end,
        closed: false,
    }
}

fn closes_before_tag_end(bytes: &[u8], open: usize, close: [u8; 2]) -> bool {
    let quote = bytes[open];
    let mut at = open + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            byte if byte == quote => return true,
            // The quote may hold braces (`'{{ x }}'` inside a set block), but not the line's end before them.
            b'\n'
                if bytes
                    .get(open..at)
                    .is_some_and(|line| line.windows(2).any(|two| two == close)) =>
            {
                return false;
            }
            _ => {}
        }
        at += 1;
    }
    false
}
