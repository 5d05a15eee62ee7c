//! The feed: pages of what changed since a position (sync-protocol.md).
//!
//! A client with a cursor walks the streams in [`pass`]; one without takes pages of a key list in
//! [`listing`] and comes back with the timestamp of a sync point ([`points`]).

mod compaction;
mod cursor;
mod entries;
mod etag;
mod listing;
mod lists;
mod pass;
mod points;
mod read;
mod rows;
mod scope;

pub use etag::Standing;
use jiff::Timestamp;
use metasync_protocol::{Channel, Page};
use uuid::Uuid;

use self::cursor::Cursor;
use crate::{
    Store,
    error::{Result, StoreError},
    estimate,
};

/// Objects on a page where nothing else is asked for.
pub const DEFAULT_LIMIT: u32 = 1_000;
/// Most objects on a page.
pub const MAX_LIMIT: u32 = 10_000;
/// Bytes of a page's uncompressed JSON where nothing else is asked for.
pub const DEFAULT_MAX_BYTES: u64 = 8 << 20;
/// Fewer bytes than this count as this.
pub const MIN_MAX_BYTES: u64 = 64 << 10;
/// Most rows on a page, of all kinds.
const MAX_ROWS: u64 = 20_000;

/// What is asked for. The caller has found that the user is a member.
#[derive(Clone, Debug)]
pub struct PageRequest {
    /// The organization.
    pub org: Uuid,
    /// The token's `sub`: a cursor is good for its own user only.
    pub user: String,
    /// What tells several clients of one user apart (session id, address, program), as far as it is
    /// known: `offset` pages of one don't mix with those of another. May be empty.
    pub client: String,
    /// Only these connections; all of the organization's if `None`. Others than its own are left out.
    pub connections: Option<Vec<Uuid>>,
    /// Whether documentation comes along.
    pub include_documentation: bool,
    /// Objects on a page, 1 to [`MAX_LIMIT`].
    pub limit: u32,
    /// Bytes of the page's uncompressed JSON, from [`MIN_MAX_BYTES`].
    pub max_bytes: u64,
    /// Where the client stands.
    pub from: PageFrom,
    /// How the page is to be put together.
    pub form: PageForm,
}

/// How a page is put together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PageForm {
    /// Rows with all their ids, as JSON carries them.
    #[default]
    Rows,
    /// The compact form.
    Compact,
}

/// Where a client stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PageFrom {
    /// It has nothing, and will go on with the cursor (`protocol=2`).
    Start,
    /// It has what the page with this cursor left it with.
    Cursor(String),
    /// A plain client of the seed.
    Timestamp {
        /// `last_sync_timestamp`.
        at: Option<String>,
        /// `offset`, which rises by `limit`.
        offset: u64,
    },
}

/// What the feed answers.
#[derive(Clone, Debug, PartialEq)]
pub enum PageAnswer {
    /// A page, in the form that was asked for.
    Page(Page),
    /// 400 `invalid_cursor`: forged, malformed, another user's or organization's.
    InvalidCursor,
    /// 410 `resync_required`.
    ResyncRequired {
        /// `epoch`, `schema` or `expired`.
        reason: &'static str,
    },
}

impl Store {
    /// A page of the feed.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for a timestamp that is none, else the database's.
    pub async fn page(&self, request: &PageRequest) -> Result<PageAnswer> {
        match &request.from {
            PageFrom::Start => self.pass_page(request, None).await,
            PageFrom::Cursor(text) => {
                match self
                    .decode(text)
                    .await?
                    .filter(|c| c.belongs_to(request.org, &request.user))
                {
                    None => Ok(PageAnswer::InvalidCursor),
                    Some(c) if c.epoch != self.epoch() => Ok(PageAnswer::ResyncRequired { reason: "epoch" }),
                    Some(c) if c.schema != metasync_protocol::SCHEMA => {
                        Ok(PageAnswer::ResyncRequired { reason: "schema" })
                    }
                    Some(c) => self.pass_page(request, Some(c)).await,
                }
            }
            PageFrom::Timestamp { at, offset } => {
                let at = at.as_deref().map(parse_time).transpose()?;
                if *offset == 0 {
                    self.first_of_list(request, at).await
                } else {
                    self.next_of_list(request, at, *offset).await
                }
            }
        }
    }
}

impl Store {
    /// What a cursor says. Another node may have signed it with a key, or stamped it with an epoch,
    /// that is new here: then this one looks before it refuses.
    async fn decode(&self, text: &str) -> Result<Option<Cursor>> {
        let read = || Cursor::decode(text, &self.cursor_keys());
        match read() {
            Some(cursor) if cursor.epoch == self.epoch() => Ok(Some(cursor)),
            other if self.database().shared().is_none() => Ok(other),
            _ => {
                self.0.identity.refresh(self.database()).await?;
                Ok(read())
            }
        }
    }
}

fn parse_time(text: &str) -> Result<Timestamp> {
    text.parse()
        .map_err(|e| StoreError::Invalid(format!("last_sync_timestamp {text:?} is no RFC 3339 time: {e}")))
}

/// What fits on a page (sync-protocol.md, "Request").
struct Budget {
    objects: u64,
    rows: u64,
    bytes: u64,
    limit: u64,
    max_bytes: u64,
}

/// What a bundle takes of a page.
#[derive(Clone, Copy, Debug)]
struct Weight {
    /// 1 for a live object, else 0.
    objects: u64,
    rows: u64,
    bytes: u64,
}

impl Budget {
    fn new(request: &PageRequest, streams: usize) -> Budget {
        Budget {
            objects: 0,
            rows: 0,
            bytes: estimate::ENVELOPE + estimate::STREAM * streams as u64,
            limit: u64::from(request.limit.clamp(1, MAX_LIMIT)),
            max_bytes: request.max_bytes.max(MIN_MAX_BYTES),
        }
    }

    /// Takes a bundle on the page if it fits; the first one always does.
    fn take(&mut self, weight: Weight) -> bool {
        let fits = self.objects + weight.objects <= self.limit
            && self.rows + weight.rows <= MAX_ROWS
            && self.bytes + weight.bytes <= self.max_bytes;
        if !fits && self.rows > 0 {
            return false;
        }
        self.objects += weight.objects;
        self.rows += weight.rows;
        self.bytes += weight.bytes;
        true
    }

    /// An empty page of the same size.
    fn next_page(&self, streams: usize) -> Budget {
        Budget {
            objects: 0,
            rows: 0,
            bytes: estimate::ENVELOPE + estimate::STREAM * streams as u64,
            ..*self
        }
    }
}

/// Whether a channel is served to this request.
fn wants(request: &PageRequest, channel: Channel) -> bool {
    match channel {
        Channel::Core => true,
        Channel::Documentation => request.include_documentation,
        // whether both of its connections are: see `scope::chosen`
        Channel::Pair => true,
    }
}
