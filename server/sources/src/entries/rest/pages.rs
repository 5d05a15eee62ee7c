//! Which page comes next, and where reading stands.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;
use xxhash_rust::xxh3::xxh3_64;

use super::{
    super::json::text,
    options::{Pagination, Paging},
};

/// Where reading stands: what a next attempt begins with.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Position {
    /// Pages that are done with.
    pub(super) pages: u64,
    /// Items of the next page that are done with.
    pub(super) items: usize,
    /// Items of all pages.
    pub(super) offset: u64,
    /// The cursor or address of the next page, where the one before named it.
    pub(super) next: Option<String>,
    /// Whether a page was as full as it was asked to be.
    pub(super) was_full: bool,
    /// Which page came a while ago: whoever comes by again goes round in circles.
    pub(super) round: Round,
    /// Likewise of what names the next page.
    pub(super) named: Round,
}

/// Finds that something comes again after any number of others, in constant memory (R. P. Brent, 1980): it is
/// compared with one that stays the same for twice as long each time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Round {
    kept: Option<u64>,
    since: u64,
    until: u64,
}

impl Round {
    /// Notes the next one; whether it is the one that was kept.
    fn again(&mut self, next: u64) -> bool {
        if self.kept == Some(next) {
            return true;
        }
        self.since += 1;
        if self.since >= self.until {
            (self.kept, self.since, self.until) = (Some(next), 0, (self.until * 2).max(1));
        }
        false
    }
}

/// What follows a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// Another page.
    Next,
    /// Nothing: all was read.
    End,
    /// Not all was read, because ….
    Stop(String),
}

impl Position {
    /// The parameters of the next request.
    pub(super) fn parameters(&self, pagination: &Pagination) -> Vec<(String, Value)> {
        let mut parameters = Vec::new();
        // The address of a next page says all of it.
        if matches!(pagination.kind, Paging::Link { .. }) && self.next.is_some() {
            return parameters;
        }
        if let Some(limit) = &pagination.limit_param {
            parameters.push((limit.clone(), pagination.limit.into()));
        }
        match &pagination.kind {
            Paging::Page { param, first } => parameters.push((param.clone(), (first + self.pages).into())),
            Paging::Offset { param } => parameters.push((param.clone(), self.offset.into())),
            Paging::Cursor { param, .. } => {
                parameters.extend(self.next.clone().map(|cursor| (param.clone(), cursor.into())));
            }
            Paging::Link { .. } => {}
        }
        parameters
    }

    /// Notes a page that was read, and says what follows. `next`: what the body names; `link`: what the header
    /// names; `url`: where the page came from.
    pub(super) fn turn(
        &mut self,
        pagination: Option<&Pagination>,
        items: &[&str],
        next: Option<&Value>,
        link: Option<&str>,
        url: &Url,
    ) -> Then {
        let count = items.len() as u64;
        let hash = items
            .iter()
            .fold(count, |hash, item| hash.rotate_left(5) ^ xxh3_64(item.as_bytes()));
        let is_repeated = count > 0 && self.round.again(hash);
        self.pages += 1;
        self.items = 0;
        self.offset += count;
        let Some(pagination) = pagination else {
            return Then::End;
        };
        if is_repeated {
            return Then::Stop("the source sends the same pages again and again; each was read".into());
        }
        self.next = None;
        self.next = match &pagination.kind {
            Paging::Page { .. } | Paging::Offset { .. } => None,
            Paging::Cursor { .. } => next.and_then(text),
            Paging::Link { path } => {
                let named = match path {
                    Some(_) => next.and_then(text),
                    None => link.and_then(next_link).map(str::to_owned),
                };
                named.and_then(|named| url.join(&named).ok()).map(String::from)
            }
        };
        let is_over = match &pagination.kind {
            Paging::Cursor { .. } | Paging::Link { .. } => {
                if let Some(next) = &self.next
                    && self.named.again(xxh3_64(next.as_bytes()))
                {
                    return Then::Stop("the source names the same next pages again and again".into());
                }
                self.next.is_none()
            }
            // A page that is not full is the last one, unless none ever was: then pages may be smaller than asked.
            _ => {
                let is_full = count >= pagination.limit;
                let is_short = pagination.limit_param.is_some() && !is_full && self.was_full;
                self.was_full |= is_full;
                count == 0 || is_short
            }
        };
        if is_over {
            return Then::End;
        }
        if self.pages >= pagination.max_pages {
            return Then::Stop(format!(
                "{} pages were read, as many as options.pagination.maxPages allows; there may be more",
                self.pages
            ));
        }
        Then::Next
    }
}

/// The address with `rel="next"` in a header `Link` (RFC 8288).
fn next_link(header: &str) -> Option<&str> {
    let mut rest = header;
    loop {
        let start = rest.find('<')? + 1;
        let end = start + rest[start..].find('>')?;
        let target = &rest[start..end];
        rest = &rest[end + 1..];
        let parameters = rest.split(",<").next().unwrap_or(rest);
        let parameters = parameters.split(", <").next().unwrap_or(parameters);
        let is_next = parameters.split(';').any(|parameter| {
            let Some((name, value)) = parameter.split_once('=') else {
                return false;
            };
            let value = value.trim().trim_end_matches(',').trim_matches('"');
            name.trim().eq_ignore_ascii_case("rel")
                && value
                    .split_ascii_whitespace()
                    .any(|rel| rel.eq_ignore_ascii_case("next"))
        });
        if is_next {
            return Some(target);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn next_pages_are_found_in_link_headers() {
        for (header, next) in [
            (
                r#"<https://h/a?page=2>; rel="next", <https://h/a?page=9>; rel="last""#,
                Some("https://h/a?page=2"),
            ),
            (
                r#"<https://h/a?x=1,2>; rel="prev",</b?page=3>;rel=next"#,
                Some("/b?page=3"),
            ),
            (r#"<https://h/a>; rel="first last""#, None),
            ("nonsense", None),
            ("", None),
        ] {
            assert_eq!(next_link(header), next, "{header}");
        }
    }

    fn pagination(kind: Paging, max_pages: u64) -> Pagination {
        Pagination {
            kind,
            limit: 2,
            limit_param: Some("limit".into()),
            max_pages,
            in_body: false,
            first_tells_all: false,
        }
    }

    #[test]
    fn a_short_page_ends_only_what_had_a_full_one() {
        let url = Url::parse("https://h/a").unwrap();
        let paged = pagination(
            Paging::Page {
                param: "page".into(),
                first: 1,
            },
            9,
        );
        let turn = |at: &mut Position, items: &[&str]| at.turn(Some(&paged), items, None, None, &url);
        let mut at = Position::default();
        assert_eq!(turn(&mut at, &["1", "2"]), Then::Next);
        assert_eq!(
            at.parameters(&paged),
            [("limit".into(), 2.into()), ("page".into(), 2.into())]
        );
        assert_eq!(turn(&mut at, &["3"]), Then::End);
        let mut at = Position::default();
        assert_eq!(
            turn(&mut at, &["1"]),
            Then::Next,
            "perhaps its pages are that small"
        );
        assert_eq!(turn(&mut at, &["2"]), Then::Next);
        assert_eq!(turn(&mut at, &[]), Then::End);
        let mut at = Position::default();
        turn(&mut at, &["1", "2"]);
        assert!(matches!(turn(&mut at, &["1", "2"]), Then::Stop(_)));
        // a, b, c, b, c, …
        let mut at = Position::default();
        let pages = [["1", "2"], ["3", "4"], ["5", "6"]];
        let read = (0..50).position(|n| {
            let page = if n < 3 { n } else { 1 + (n - 1) % 2 };
            matches!(turn(&mut at, &pages[page]), Then::Stop(_))
        });
        assert!(read.is_some_and(|n| n < 10), "{read:?}");
        let few = pagination(
            Paging::Offset {
                param: "offset".into(),
            },
            1,
        );
        let mut at = Position::default();
        assert!(matches!(
            at.turn(Some(&few), &["1", "2"], None, None, &url),
            Then::Stop(_)
        ));
    }

    #[test]
    fn cursors_and_addresses_lead_on_until_there_are_none() {
        let url = Url::parse("https://h/a").unwrap();
        let path = super::super::super::json::Path::new("x", "next").unwrap();
        let by_cursor = pagination(
            Paging::Cursor {
                param: "cursor".into(),
                path: path.clone(),
            },
            9,
        );
        let mut at = Position::default();
        assert_eq!(
            at.turn(Some(&by_cursor), &["1"], Some(&7.into()), None, &url),
            Then::Next
        );
        assert_eq!(at.parameters(&by_cursor)[1], ("cursor".into(), "7".into()));
        assert!(matches!(
            at.turn(Some(&by_cursor), &["2"], Some(&7.into()), None, &url),
            Then::Stop(_)
        ));
        assert_eq!(
            at.turn(Some(&by_cursor), &["3"], Some(&Value::Null), None, &url),
            Then::End
        );
        let mut at = Position::default();
        let read = (0..50).position(|n| {
            let items = [n.to_string()];
            let next = Value::from(["x", "y", "z"][n % 3]);
            let then = at.turn(Some(&by_cursor), &[items[0].as_str()], Some(&next), None, &url);
            at.pages = 0;
            matches!(then, Then::Stop(_))
        });
        assert!(read.is_some_and(|n| n < 12), "{read:?}");
        let by_link = pagination(Paging::Link { path: Some(path) }, 9);
        let mut at = Position::default();
        assert_eq!(
            at.turn(Some(&by_link), &["1"], Some(&"/b?p=2".into()), None, &url),
            Then::Next
        );
        assert_eq!(at.next.as_deref(), Some("https://h/b?p=2"));
        assert!(at.parameters(&by_link).is_empty());
    }
}
