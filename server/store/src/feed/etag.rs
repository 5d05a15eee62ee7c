//! "Nothing changed", from the stream rows alone (sync-protocol.md, "Nothing changed").

use std::collections::HashMap;

use metasync_protocol::{SCHEMA, hash::RowHasher};
use uuid::Uuid;

use super::{PageFrom, PageRequest, scope};
use crate::{Store, database::Scope, error::Result, streams};

/// Where the streams that a request is served stand.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Changes with every change that the client would see.
    pub etag: String,
    /// By the number of the stream.
    heads: HashMap<u64, u64>,
}

impl Store {
    /// The ETag of what a request is served now: it changes with every change that the client would
    /// see, and its cost does not grow with the number of rows.
    ///
    /// It is true of a page only if that page is a checkpoint (`has_more` false).
    pub async fn etag(
        &self,
        org: Uuid,
        user: &str,
        connections: Option<&[Uuid]>,
        include_documentation: bool,
        format: &str,
    ) -> Result<String> {
        let request = PageRequest {
            org,
            user: user.to_owned(),
            client: String::new(),
            connections: connections.map(<[Uuid]>::to_vec),
            include_documentation,
            limit: super::DEFAULT_LIMIT,
            max_bytes: super::DEFAULT_MAX_BYTES,
            from: PageFrom::Start,
            form: super::PageForm::Rows,
        };
        Ok(self.standing(&request, format).await?.etag)
    }

    /// Whether a request is to be answered with 304: see [`Store::is_current`].
    pub async fn no_change(&self, request: &PageRequest, if_none_match: &str, format: &str) -> Result<bool> {
        let standing = self.standing(request, format).await?;
        self.is_current(request, &standing, if_none_match).await
    }

    /// Whether a client has all that there is: its ETag is that of now, and its cursor, if it has one,
    /// has reached every head (in the middle of a pass more is to come).
    pub async fn is_current(
        &self,
        request: &PageRequest,
        standing: &Standing,
        if_none_match: &str,
    ) -> Result<bool> {
        if !if_none_match.contains(&standing.etag) {
            return Ok(false);
        }
        let PageFrom::Cursor(text) = &request.from else {
            return Ok(true);
        };
        let cursor = self.decode(text).await?.filter(|c| {
            c.belongs_to(request.org, &request.user) && c.epoch == self.epoch() && c.schema == SCHEMA
        });
        Ok(cursor.is_some_and(|c| {
            c.positions.len() == standing.heads.len()
                && c.positions
                    .iter()
                    .all(|p| standing.heads.get(&p.stream) == Some(&p.pos))
        }))
    }

    /// Where a request stands now.
    pub async fn standing(&self, request: &PageRequest, format: &str) -> Result<Standing> {
        let all = {
            let mut tx = self.database().look(Scope::Org(request.org)).await?;
            streams::of_organization(&mut tx, request.org).await?
        };
        let mut h = RowHasher::new("etag");
        h.id(Some(request.org));
        h.text(&request.user);
        h.id(Some(self.epoch()));
        h.number(u64::from(SCHEMA));
        h.number(u64::from(request.include_documentation));
        h.text(format);
        let mut filter = request.connections.clone().unwrap_or_default();
        filter.sort_unstable();
        filter.dedup();
        h.number(u64::from(request.connections.is_some()));
        filter.into_iter().for_each(|id| h.id(Some(id)));
        let mut heads = HashMap::new();
        for stream in scope::chosen(request, all) {
            h.number(stream.number);
            h.number(stream.head);
            h.text(&stream.state);
            heads.insert(stream.number, stream.head);
        }
        Ok(Standing {
            etag: format!("W/\"{}\"", h.finish()),
            heads,
        })
    }
}
