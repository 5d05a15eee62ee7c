//! Which macro's arguments are being written.

use crate::jinja::lex::{TagKind, tags};

/// The call around a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallAt {
    /// The package before the dot, if there is one.
    pub package: Option<String>,
    /// The macro.
    pub name: String,
    /// Which argument the place lies in, from 0.
    pub argument: usize,
    /// The name before `=`, where the argument is given by name.
    pub keyword: Option<String>,
}

/// The innermost call in a Jinja tag around byte `offset`, finished or not.
pub fn call_at(text: &str, offset: usize) -> Option<CallAt> {
    let inside = |tag: &&crate::jinja::lex::Tag| {
        tag.kind != TagKind::Comment && tag.inner_start <= offset && offset <= tag.inner_end
    };
    let tags = tags(text);
    let tag = tags.iter().find(inside)?;
    let before = text.get(tag.inner_start..offset)?;
    let mut open: Vec<Open> = Vec::new();
    let mut quote = None;
    for (at, c) in before.char_indices() {
        match (quote, c) {
            (Some(end), c) if c == end => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '(') => open.push(Open {
                callee: callee(&before[..at]),
                start: at + 1,
                commas: 0,
            }),
            (None, '[' | '{') => open.push(Open {
                callee: None,
                start: at + 1,
                commas: 0,
            }),
            (None, ')' | ']' | '}') => {
                open.pop();
            }
            (None, ',') => {
                if let Some(innermost) = open.last_mut() {
                    innermost.commas += 1;
                    innermost.start = at + 1;
                }
            }
            (None, _) => {}
        }
    }
    let found = open.iter().rev().find(|open| open.callee.is_some())?;
    let (package, name) = found.callee.clone()?;
    let written = before.get(found.start..).unwrap_or("");
    let keyword = written
        .split_once('=')
        .map(|(name, _)| name.trim())
        .filter(|name| is_name(name))
        .map(str::to_owned);
    Some(CallAt {
        package,
        name,
        argument: found.commas,
        keyword,
    })
}

/// An open bracket.
struct Open {
    /// Whose arguments stand in it.
    callee: Option<(Option<String>, String)>,
    /// Where the argument that is being written begins.
    start: usize,
    commas: usize,
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// The dotted name right before a parenthesis.
fn callee(before: &str) -> Option<(Option<String>, String)> {
    let start = before
        .rfind(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.'))
        .map_or(0, |found| {
            found + before[found..].chars().next().map_or(1, char::len_utf8)
        });
    let mut parts = before.get(start..)?.rsplit('.');
    let name = parts.next().filter(|name| is_name(name))?.to_owned();
    Some((parts.next().map(str::to_owned), name))
}
