//! What it takes to find out that a source did not change: of each page of the last complete read by what it
//! is told (`ETag`, `Last-Modified`) and how it was asked for. Only what is exact counts: a page without any, or
//! one that had just changed when it was read, makes the whole source one that is read again.

use reqwest::header::{DATE, ETAG, HeaderMap, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED};
use serde::{Deserialize, Serialize};

use super::{
    super::limits::{MAX_REMEMBERED_PAGES, RACY_WINDOW},
    http::Answer,
    pages::Position,
};

/// By what a page tells that it did not change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Validators {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    etag: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_modified: Option<String>,
}

/// A page of a complete read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SeenPage {
    pub(super) validators: Validators,
    /// Items before it.
    offset: u64,
    /// The cursor or address by which it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// All pages of a complete read, those without items too: that the last one is the last is to be asked as well.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Memory {
    pub(super) pages: Vec<SeenPage>,
}

impl Validators {
    fn of(answer: &Answer) -> Validators {
        let text = |name| answer.header(name).map(str::to_owned);
        Validators {
            etag: text(ETAG),
            last_modified: text(LAST_MODIFIED).filter(|modified| is_settled(modified, answer)),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.etag.is_none() && self.last_modified.is_none()
    }

    /// The conditions of a request.
    pub(super) fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let conditions = [
            (IF_NONE_MATCH, &self.etag),
            (IF_MODIFIED_SINCE, &self.last_modified),
        ];
        for (name, value) in conditions {
            if let Some(value) = value.as_deref().and_then(|v| HeaderValue::from_str(v).ok()) {
                headers.insert(name, value);
            }
        }
        headers
    }
}

/// Whether a change after this answer would get another time: times are told in whole seconds.
fn is_settled(modified: &str, answer: &Answer) -> bool {
    let Ok(modified) = httpdate::parse_http_date(modified) else {
        return false;
    };
    let told = answer
        .header(DATE)
        .and_then(|date| httpdate::parse_http_date(date).ok());
    let now = told.unwrap_or_else(std::time::SystemTime::now);
    now.duration_since(modified).is_ok_and(|age| age >= RACY_WINDOW)
}

impl SeenPage {
    /// The page that is asked for at this position.
    pub(super) fn new(position: &Position, answer: &Answer) -> SeenPage {
        SeenPage {
            validators: Validators::of(answer),
            offset: position.offset,
            next: position.next.clone(),
        }
    }

    /// Where it was asked for.
    pub(super) fn position(&self, number: usize) -> Position {
        Position {
            pages: number as u64,
            offset: self.offset,
            next: self.next.clone(),
            ..Position::default()
        }
    }
}

impl Memory {
    /// With one more page; `None`: it can't be found out any more.
    pub(super) fn with(mut self, page: SeenPage) -> Option<Memory> {
        let has_room = self.pages.len() < MAX_REMEMBERED_PAGES;
        (has_room && !page.validators.is_empty()).then(|| {
            self.pages.push(page);
            self
        })
    }
}
