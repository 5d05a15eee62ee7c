//! The hub's endpoints that an editor uses (contract.md, seeds 002 and 004).

use metasync_protocol::{
    CompactPage, HEADER_SESSION, MEDIA_TYPE_COMPACT, Page, SyncPackage,
    connections::{Connection, ConnectionList, MatchAnswer, MatchRequest, OrganizationList},
    package::PackageQuery,
    repositories::{Job, SyncRequest},
    sessions::{RegisterSession, SessionRegistered},
};
use reqwest::{
    Method, StatusCode,
    header::{ACCEPT, CONTENT_TYPE, ETAG, IF_NONE_MATCH},
};
use uuid::Uuid;

use crate::{
    answer::parse,
    connect::Client,
    error::ClientError,
    limits::{CURSOR_IN_URL_MAX, PACKAGE_MAX},
};

/// The compact form, or JSON from a hub that has none.
const PACKAGE_FORMS: &str = "application/vnd.metasync.package+msgpack, application/json;q=0.5";

/// Answer to a request for a page.
#[derive(Clone, Debug, PartialEq)]
pub enum PackageAnswer {
    /// A page.
    Page {
        /// The page.
        page: Page,
        /// To be sent back as `If-None-Match`.
        etag: Option<String>,
        /// Size of its body, uncompressed.
        bytes: usize,
    },
    /// 304: nothing changed since the ETag.
    NotModified,
}

impl Client {
    /// The organizations that the token's user belongs to.
    pub async fn organizations(&self) -> Result<OrganizationList, ClientError> {
        let request = self.request(Method::GET, &["api", "metadata-sync", "organizations"]);
        self.json(self.send(request).await?).await
    }

    /// All connections of the organization (`org`: id or name).
    pub async fn connections(&self, org: &str) -> Result<Vec<Connection>, ClientError> {
        let request = self.request(Method::GET, &organization(org, &["connections"]));
        let list: ConnectionList = self.json(self.send(request).await?).await?;
        Ok(list.connections)
    }

    /// Which connections belong to a workspace such as `company/jaffle_shop`.
    pub async fn match_workspace(&self, org: &str, identifier: &str) -> Result<MatchAnswer, ClientError> {
        let request = self
            .request(
                Method::POST,
                &organization(org, &["connections", "match-workspace"]),
            )
            .json(&MatchRequest {
                workspace_identifier: identifier.to_owned(),
            });
        self.json(self.send(request).await?).await
    }

    /// Registers this workspace; a repeat answers with the same session.
    pub async fn register_session(
        &self,
        org: &str,
        session: &RegisterSession,
    ) -> Result<SessionRegistered, ClientError> {
        let request = self
            .request(Method::POST, &organization(org, &["ide-sessions"]))
            .json(session);
        self.json(self.send(request).await?).await
    }

    /// One page of the feed. `etag` is that of the last page of the same filter; `session` lets the
    /// hub keep that session's statistics.
    pub async fn package(
        &self,
        org: &str,
        query: &PackageQuery,
        etag: Option<&str>,
        session: Option<Uuid>,
    ) -> Result<PackageAnswer, ClientError> {
        let long = query.cursor.as_ref().is_some_and(|c| c.len() > CURSOR_IN_URL_MAX)
            || query.connection_ids.as_ref().is_some_and(|ids| ids.len() > 20);
        let mut request = if long {
            self.request(Method::POST, &organization(org, &["sync-package", "query"]))
                .json(query)
        } else {
            self.request(Method::GET, &organization(org, &["sync-package"]))
                .query(&parameters(query))
        };
        request = request.header(ACCEPT, PACKAGE_FORMS);
        if let Some(etag) = etag {
            request = request.header(IF_NONE_MATCH, etag);
        }
        if let Some(session) = session {
            request = request.header(HEADER_SESSION, session.to_string());
        }
        let response = self.send(request).await?;
        if response.status() == StatusCode::NOT_MODIFIED {
            return Ok(PackageAnswer::NotModified);
        }
        let response = self.no_page(response).await?;
        let etag = response
            .headers()
            .get(ETAG)
            .and_then(|v| v.to_str().ok())
            .map(str::to_owned);
        let compact = response
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|v| v.to_str().ok())
            .is_some_and(|v| v.split(';').next().unwrap_or("").trim() == MEDIA_TYPE_COMPACT);
        let body = self.body(response, PACKAGE_MAX).await?;
        let bytes = body.len();
        // Megabytes of rows would hold up every other task of this thread.
        let page = tokio::task::spawn_blocking(move || page(&body, compact))
            .await
            .map_err(|e| ClientError::BadAnswer {
                what: format!("reading it failed ({e})"),
            })??;
        Ok(PackageAnswer::Page { page, etag, bytes })
    }

    /// Asks for a sync of a repository (its connection's id or name).
    pub async fn trigger_index(&self, repository: &str, request: &SyncRequest) -> Result<Job, ClientError> {
        let request = self
            .request(Method::POST, &["api", "repositories", repository, "sync"])
            .json(request);
        self.json(self.send(request).await?).await
    }

    /// How far a job is.
    pub async fn job(&self, repository: &str, job: Uuid) -> Result<Job, ClientError> {
        let request = self.request(
            Method::GET,
            &["api", "repositories", repository, "sync", &job.to_string()],
        );
        self.json(self.send(request).await?).await
    }

    /// Cancels a job.
    pub async fn cancel_job(&self, repository: &str, job: Uuid) -> Result<(), ClientError> {
        let request = self.request(
            Method::DELETE,
            &["api", "repositories", repository, "sync", &job.to_string()],
        );
        self.successful(self.send(request).await?).await?;
        Ok(())
    }
}

/// A page in the form that its media type says.
fn page(body: &[u8], compact: bool) -> Result<Page, ClientError> {
    if compact {
        let page = CompactPage::decode(body).map_err(|e| ClientError::BadAnswer { what: e.to_string() })?;
        return Ok(Page::Compact(Box::new(page)));
    }
    parse::<Box<SyncPackage>>(body).map(Page::Rows)
}

/// Segments of a path below an organization.
pub(crate) fn organization<'a>(org: &'a str, rest: &[&'a str]) -> Vec<&'a str> {
    let mut segments = vec!["api", "metadata-sync", "organizations", org];
    segments.extend_from_slice(rest);
    segments
}

/// The query of the GET form; what is absent is left out.
fn parameters(query: &PackageQuery) -> Vec<(&'static str, String)> {
    let mut list = Vec::new();
    let mut add = |name, value: Option<String>| {
        if let Some(value) = value {
            list.push((name, value));
        }
    };
    add(
        "connection_ids",
        query.connection_ids.as_ref().map(|ids| ids.join(",")),
    );
    add("last_sync_timestamp", query.last_sync_timestamp.clone());
    add(
        "include_documentation",
        query.include_documentation.then(|| "true".to_owned()),
    );
    add("limit", query.limit.map(|n| n.to_string()));
    add("offset", query.offset.map(|n| n.to_string()));
    add("cursor", query.cursor.clone());
    add("max_bytes", query.max_bytes.map(|n| n.to_string()));
    add("protocol", query.protocol.map(|n| n.to_string()));
    list
}
