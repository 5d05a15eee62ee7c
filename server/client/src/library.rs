//! The shared library's endpoints that an editor uses (contract.md, "Seed 001").

use metasync_protocol::library::{ConflictList, ConflictResolved, ResolveConflict};
use reqwest::{Method, StatusCode};
use uuid::Uuid;

use crate::{connect::Client, error::ClientError};

/// Names the organization of routes without one in their path.
const ORGANIZATION: &str = "x-organization";

/// Most bytes of a text that is shown to be compared.
const MAX_TEXT_BYTES: usize = 1024 * 1024;

impl Client {
    /// The conflicts of an organization's library.
    pub async fn conflicts(&self, org: &str) -> Result<ConflictList, ClientError> {
        let request = self
            .request(Method::GET, &["api", "v1", "sync", "conflicts"])
            .header(ORGANIZATION, org);
        self.json(self.send(request).await?).await
    }

    /// Settles a conflict.
    pub async fn resolve_conflict(
        &self,
        org: &str,
        choice: &ResolveConflict,
    ) -> Result<ConflictResolved, ClientError> {
        let request = self
            .request(Method::POST, &["api", "v1", "sync", "resolve-conflict"])
            .header(ORGANIZATION, org)
            .json(choice);
        self.json(self.send(request).await?).await
    }

    /// Writes the content of a file, of at most `most` bytes.
    pub async fn library_content(
        &self,
        org: &str,
        file: Uuid,
        most: u64,
        into: &mut (impl std::io::Write + Send),
    ) -> Result<(), ClientError> {
        let request = self
            .request(Method::GET, &["api", "v1", "files", &file.to_string(), "content"])
            .header(ORGANIZATION, org);
        let response = self.send(request).await?;
        let mut response = self.successful(response).await?;
        let mut left = most;
        while let Some(chunk) = response.chunk().await.map_err(|e| ClientError::BadAnswer {
            what: format!("the content broke off ({e})"),
        })? {
            left = left
                .checked_sub(chunk.len() as u64)
                .ok_or_else(|| ClientError::BadAnswer {
                    what: format!("the content is longer than {most} bytes"),
                })?;
            into.write_all(&chunk).map_err(|e| ClientError::BadAnswer {
                what: format!("the content can't be kept ({e})"),
            })?;
        }
        Ok(())
    }

    /// A side of a file in conflict as text; `None` where it is none, or not there, or too long to compare.
    pub async fn library_text(
        &self,
        org: &str,
        file: Uuid,
        side: &str,
    ) -> Result<Option<String>, ClientError> {
        let request = self
            .request(Method::GET, &["api", "v1", "files", &file.to_string(), "content"])
            .query(&[("side", side)])
            .header(ORGANIZATION, org);
        let response = self.send(request).await?;
        if response.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let mut response = self.successful(response).await?;
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|e| ClientError::BadAnswer {
            what: format!("the content broke off ({e})"),
        })? {
            if bytes.len() + chunk.len() > MAX_TEXT_BYTES {
                return Ok(None);
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(String::from_utf8(bytes).ok())
    }
}
