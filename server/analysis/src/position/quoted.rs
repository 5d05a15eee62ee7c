//! Texts that a program or a query holds: what stands between quotes, or a bare word. Told by one line alone,
//! so that it works in every language and in half-typed text.

use super::Span;
use crate::Language;

/// Longest line that is looked into, in bytes.
const MAX_LINE: usize = 10_000;

/// A text at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quoted {
    /// What it says.
    pub value: String,
    /// Where it stands, without its quotes.
    pub span: Span,
    /// Whether it stands between quotes.
    pub is_quoted: bool,
}

/// The text that byte `offset` is in: between quotes, else (in YAML) a plain scalar, else a word.
pub fn quoted_at(language: Language, text: &str, offset: usize) -> Option<Quoted> {
    if offset > text.len() || !text.is_char_boundary(offset) {
        return None;
    }
    let start = text[..offset].rfind('\n').map_or(0, |found| found + 1);
    let end = text[offset..]
        .find('\n')
        .map_or(text.len(), |found| offset + found);
    let line = text.get(start..end)?.trim_end_matches('\r');
    if line.len() > MAX_LINE {
        return None;
    }
    let at = offset - start;
    let inside = between_quotes(language, line, at)
        .or_else(|| {
            (language == Language::Yaml)
                .then(|| plain_scalar(line, at))
                .flatten()
        })
        .or_else(|| word(line, at))?;
    Some(Quoted {
        span: Span::new(start + inside.span.start, start + inside.span.end),
        ..inside
    })
}

/// Between quotes, where the cursor is not behind the closing one. A quote that is not closed reaches to the end
/// of the line.
fn between_quotes(language: Language, line: &str, at: usize) -> Option<Quoted> {
    let bytes = line.as_bytes();
    let doubles = matches!(language, Language::Sql | Language::Csv | Language::Yaml);
    let mut here = 0;
    while here < bytes.len() && here <= at {
        let quote = bytes[here];
        if !matches!(quote, b'\'' | b'"' | b'`') {
            here += 1;
            continue;
        }
        // an apostrophe within a word opens nothing
        let is_apostrophe = quote == b'\''
            && here > 0
            && bytes[here - 1].is_ascii_alphanumeric()
            && bytes.get(here + 1).is_some_and(u8::is_ascii_alphanumeric);
        if is_apostrophe {
            here += 1;
            continue;
        }
        let first = here + 1;
        let mut last = first;
        while last < bytes.len() {
            match bytes[last] {
                b'\\' if !doubles => last += 2,
                byte if byte == quote && doubles && bytes.get(last + 1) == Some(&quote) => last += 2,
                byte if byte == quote => break,
                _ => last += 1,
            }
        }
        let last = last.min(bytes.len());
        if (first..=last).contains(&at) {
            let raw = line.get(first..last)?;
            let twice: String = [quote as char; 2].iter().collect();
            let value = if doubles {
                raw.replace(&twice, &twice[..1])
            } else {
                unescaped(raw)
            };
            return Some(Quoted {
                value,
                span: Span::new(first, last),
                is_quoted: true,
            });
        }
        here = last + 1;
    }
    None
}

fn unescaped(raw: &str) -> String {
    let mut plain = String::with_capacity(raw.len());
    let mut letters = raw.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => plain.extend(letters.next()),
            other => plain.push(other),
        }
    }
    plain
}

/// The value behind `key: ` or `- ` in YAML.
fn plain_scalar(line: &str, at: usize) -> Option<Quoted> {
    let mut start = line.len() - line.trim_start().len();
    while line.get(start..)?.starts_with("- ") {
        start += 2;
        start += line.get(start..)?.len() - line.get(start..)?.trim_start().len();
    }
    if let Some(colon) = line.get(start..)?.find(": ") {
        start += colon + 2;
        start += line.get(start..)?.len() - line.get(start..)?.trim_start().len();
    }
    let end = line
        .get(start..)?
        .find(" #")
        .map_or(line.len(), |found| start + found);
    let value = line.get(start..end)?.trim_end();
    let end = start + value.len();
    ((start..=end).contains(&at) && !value.is_empty() && !value.ends_with(':')).then(|| Quoted {
        value: value.to_owned(),
        span: Span::new(start, end),
        is_quoted: false,
    })
}

/// A name as most languages write it.
fn word(line: &str, at: usize) -> Option<Quoted> {
    let is_part = |c: &char| c.is_alphanumeric() || *c == '_';
    let before: usize = line
        .get(..at)?
        .chars()
        .rev()
        .take_while(is_part)
        .map(char::len_utf8)
        .sum();
    let after: usize = line
        .get(at..)?
        .chars()
        .take_while(is_part)
        .map(char::len_utf8)
        .sum();
    let span = Span::new(at - before, at + after);
    let value = line.get(span.start..span.end)?;
    let is_name = value
        .chars()
        .next()
        .is_some_and(|c| c.is_alphabetic() || c == '_');
    is_name.then(|| Quoted {
        value: value.to_owned(),
        span,
        is_quoted: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(language: Language, fixture: &str, expected: Option<&str>) {
        let offset = fixture.find("$0").unwrap();
        let text = fixture.replace("$0", "");
        let found = quoted_at(language, &text, offset);
        assert_eq!(found.as_ref().map(|q| q.value.as_str()), expected, "{fixture}");
    }

    #[test]
    fn texts_are_found_in_every_language() {
        use Language::{Json, Other, Python, Sql, Yaml};
        check(
            Sql,
            "where title = 'Bohe$0mian Rhapsody' and x = 'y'",
            Some("Bohemian Rhapsody"),
        );
        check(Sql, "where title = 'a' and x = '$0y'", Some("y"));
        check(Sql, "select\n 'Don''t $0Stop'", Some("Don't Stop"));
        check(Sql, "select 'a' $0 'b'", None);
        check(Python, r#"play("Say \"H$0i\"", 'x')"#, Some("Say \"Hi\""));
        check(Python, "# don't call despa$0cito", Some("despacito"));
        check(Json, r#"{"id": "SKU-$07"}"#, Some("SKU-7"));
        check(
            Yaml,
            "title: Bohemian Rha$0psody # a song",
            Some("Bohemian Rhapsody"),
        );
        check(Yaml, "  - 'Shape of $0You'", Some("Shape of You"));
        check(Yaml, "- Shape of $0You", Some("Shape of You"));
        check(Other, "let despa$0cito = 1", Some("despacito"));
        check(Other, "x = 1$02", None);
        check(Other, "play(\"Ima$0", Some("Ima"));
        check(Other, "é 'ü$0'", Some("ü"));
        check(Other, "$0", None);
    }
}
