//! Keys and scalars of YAML: where they end, and what they say.

use crate::span::Span;

pub(super) fn is_item(content: &str) -> bool {
    content == "-" || content.starts_with("- ") || content.starts_with("-\t")
}

/// The length of the key that a line begins with, and where its colon is.
pub(super) fn key_end(content: &str) -> Option<(usize, usize)> {
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

pub(super) fn unquote(raw: &str, start: usize) -> (String, Span) {
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

pub(super) fn decode(raw: &str, quote: u8) -> String {
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

pub(super) fn strip_comment(raw: &str) -> &str {
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
pub(super) fn strip_properties(raw: &str) -> &str {
    let mut rest = raw;
    while rest.starts_with('&') || rest.starts_with('!') {
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        rest = rest.get(end..).unwrap_or("").trim_start();
    }
    rest
}
