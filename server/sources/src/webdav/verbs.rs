//! The verbs of WebDAV that the shared folder needs.

use std::{sync::Arc, time::Duration};

use futures_util::stream::BoxStream;
use reqwest::{
    Response,
    header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue, IF_NONE_MATCH},
};

use super::{
    client::{ATTEMPTS, Dav, failed, pause},
    error::DavError,
    multistatus::{self, Member},
};

/// Most bytes of a listing.
const MAX_LISTING_BYTES: usize = 256 * 1024 * 1024;

const PROPFIND_BODY: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?><propfind xmlns=\"DAV:\"><prop><resourcetype/>\
<getcontentlength/><getlastmodified/></prop></propfind>";

/// Whether what is at the target may be replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overwrite {
    /// It may.
    Yes,
    /// Then nothing happens, and the answer is 412.
    No,
}

/// What is sent: it can be opened again for another attempt.
#[derive(Clone)]
pub enum Payload {
    /// In memory.
    Bytes(Arc<[u8]>),
    /// As it comes.
    Stream {
        /// Bytes in all.
        size: u64,
        /// Begins anew.
        open: Arc<dyn Fn() -> BoxStream<'static, std::io::Result<Vec<u8>>> + Send + Sync>,
    },
}

impl From<Vec<u8>> for Payload {
    fn from(bytes: Vec<u8>) -> Payload {
        Payload::Bytes(bytes.into())
    }
}

impl Payload {
    fn size(&self) -> u64 {
        match self {
            Payload::Bytes(bytes) => bytes.len() as u64,
            Payload::Stream { size, .. } => *size,
        }
    }

    fn body(&self) -> reqwest::Body {
        match self {
            Payload::Bytes(bytes) => bytes.to_vec().into(),
            Payload::Stream { open, .. } => reqwest::Body::wrap_stream(open()),
        }
    }
}

/// A file that is being read.
pub struct Download {
    response: Response,
    what: String,
    /// Bytes in all, where the server says so.
    pub size: Option<u64>,
}

impl Download {
    fn of(response: Response, what: String) -> Download {
        Download {
            size: response.content_length(),
            response,
            what,
        }
    }

    /// The next piece; `None` at the end.
    pub async fn chunk(&mut self) -> Result<Option<Vec<u8>>, DavError> {
        match self.response.chunk().await {
            Ok(chunk) => Ok(chunk.map(|bytes| bytes.to_vec())),
            Err(error) => Err(failed(&self.what, &error)),
        }
    }
}

/// A lock that is held.
#[derive(Clone, Debug)]
pub struct Lock {
    path: String,
    token: String,
}

impl Lock {
    /// A lock that is known by its token.
    pub fn known(path: &str, token: &str) -> Lock {
        Lock {
            path: path.to_owned(),
            token: token.to_owned(),
        }
    }

    /// What it is known by.
    pub fn token(&self) -> &str {
        &self.token
    }
}

impl Dav {
    /// A file, as it comes.
    pub async fn get(&self, path: &str) -> Result<Download, DavError> {
        let what = format!("GET {path}");
        let response = self.again(&what, &[200], || self.request("GET", path)).await?;
        Ok(Download::of(response, what))
    }

    /// A small file as a whole.
    pub async fn read(&self, path: &str, most: usize) -> Result<Vec<u8>, DavError> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            match self.read_once(path, most).await {
                Err(error) if error.is_passing() && attempt < ATTEMPTS => pause(attempt, &error).await,
                settled => return settled,
            }
        }
    }

    async fn read_once(&self, path: &str, most: usize) -> Result<Vec<u8>, DavError> {
        let what = format!("GET {path}");
        let response = self.once(&what, self.request("GET", path), &[200]).await?;
        let mut download = Download::of(response, what);
        let mut bytes = Vec::new();
        while let Some(chunk) = download.chunk().await? {
            if bytes.len() + chunk.len() > most {
                return Err(DavError::Untrusted(format!(
                    "{path} on the share is larger than {most} bytes"
                )));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }

    /// Size of a file; `None`: there is none.
    pub async fn size(&self, path: &str) -> Result<Option<u64>, DavError> {
        let what = format!("HEAD {path}");
        match self.again(&what, &[200], || self.request("HEAD", path)).await {
            Ok(response) => {
                let length = response
                    .headers()
                    .get(CONTENT_LENGTH)
                    .and_then(|v| v.to_str().ok()?.parse().ok());
                match length {
                    Some(length) => Ok(Some(length)),
                    // A server that does not say: count.
                    None => self.counted(path).await,
                }
            }
            Err(DavError::NotFound(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn counted(&self, path: &str) -> Result<Option<u64>, DavError> {
        let mut download = self.get(path).await?;
        let mut size = 0;
        while let Some(chunk) = download.chunk().await? {
            size += chunk.len() as u64;
        }
        Ok(Some(size))
    }

    /// Stores a file; with [`Overwrite::No`] a server that honours it answers 412 where there is one.
    pub async fn put(&self, path: &str, payload: &Payload, overwrite: Overwrite) -> Result<(), DavError> {
        let what = format!("PUT {path}");
        let make = || {
            let request = self
                .request("PUT", path)
                .header(CONTENT_LENGTH, payload.size())
                .header(CONTENT_TYPE, "application/octet-stream")
                .body(payload.body());
            match overwrite {
                Overwrite::Yes => request,
                Overwrite::No => request.header(IF_NONE_MATCH, "*"),
            }
        };
        // 207 is how one server tells that it did not (shared-folder.md, "More traps").
        self.again(&what, &[200, 201, 204], make).await.map(drop)
    }

    /// Makes a folder, whose parent must be there; [`DavError::Conflict`] with 405 where it is there.
    pub async fn make_folder(&self, path: &str) -> Result<(), DavError> {
        let request = self.request("MKCOL", path).header(CONTENT_LENGTH, 0);
        self.once(&format!("MKCOL {}", self.named(path)), request, &[201])
            .await
            .map(drop)
    }

    /// Makes a folder unless it is there.
    pub async fn ensure_folder(&self, path: &str) -> Result<(), DavError> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            match self.make_folder(path).await {
                Ok(()) => return Ok(()),
                Err(DavError::Conflict { status: 405, .. } | DavError::Status { status: 301, .. }) => {
                    return Ok(());
                }
                // Somebody else is just making it: some servers lock it meanwhile.
                Err(error @ DavError::Locked(_)) if attempt < ATTEMPTS => pause(attempt, &error).await,
                Err(error) if error.is_passing() && attempt < ATTEMPTS => pause(attempt, &error).await,
                Err(error) => return Err(error),
            }
        }
    }

    /// Makes the root and the folders on the way to it.
    pub async fn ensure_root(&self) -> Result<(), DavError> {
        let mut dav = self.clone();
        // What is there need not be made, and often may not be.
        loop {
            match dav.list("", 0).await {
                Ok(Some(_)) => break,
                Ok(None) => {}
                Err(DavError::Refused(_)) if dav.root.len() < self.root.len() => break,
                Err(error) => return Err(error),
            }
            if dav.root.pop().is_none() {
                break;
            }
        }
        for part in &self.root[dav.root.len()..] {
            dav.root.push(part.clone());
            dav.ensure_folder("").await?;
        }
        Ok(())
    }

    /// Gives a file another name.
    pub async fn rename(&self, from: &str, to: &str, overwrite: Overwrite) -> Result<(), DavError> {
        let what = format!("MOVE {from} to {to}");
        let flag = if overwrite == Overwrite::Yes { "T" } else { "F" };
        let target = self.address(to).to_string();
        let make = || {
            self.request("MOVE", from)
                .header("destination", &target)
                .header("overwrite", flag)
        };
        self.again(&what, &[201, 204], make).await.map(drop)
    }

    /// Copies a file on the server, over what is there.
    pub async fn copy(&self, from: &str, to: &str) -> Result<(), DavError> {
        let what = format!("COPY {from} to {to}");
        let target = self.address(to).to_string();
        let make = || {
            self.request("COPY", from)
                .header("destination", &target)
                .header("overwrite", "T")
                .header("depth", "0")
        };
        self.again(&what, &[201, 204], make).await.map(drop)
    }

    /// Removes a file or a folder; none is as good.
    pub async fn delete(&self, path: &str) -> Result<(), DavError> {
        let what = format!("DELETE {path}");
        match self
            .again(&what, &[200, 204], || self.request("DELETE", path))
            .await
        {
            Ok(_) | Err(DavError::NotFound(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// What is in a folder (`depth` 1), or the folder alone (0); `None`: there is none.
    pub async fn list(&self, path: &str, depth: u8) -> Result<Option<Vec<Member>>, DavError> {
        let what = format!("PROPFIND {}", self.named(path));
        let make = || {
            self.request("PROPFIND", path)
                .header("depth", depth.to_string())
                .header(CONTENT_TYPE, "application/xml")
                .body(PROPFIND_BODY)
        };
        let mut response = match self.again(&what, &[207], make).await {
            Ok(response) => response,
            Err(DavError::NotFound(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|e| failed(&what, &e))? {
            if bytes.len() + chunk.len() > MAX_LISTING_BYTES {
                return Err(DavError::Untrusted(format!(
                    "the list of {path} on the share is too long"
                )));
            }
            bytes.extend_from_slice(&chunk);
        }
        multistatus::parse(&String::from_utf8_lossy(&bytes))
            .map(|members| {
                Some(
                    members
                        .into_iter()
                        .filter(|m| depth == 0 || !m.name.is_empty())
                        .collect(),
                )
            })
            .map_err(|why| {
                DavError::Untrusted(format!("the list of {path} on the share can't be read: {why}"))
            })
    }

    /// Whether the server answers at all.
    pub async fn answers(&self) -> bool {
        self.list("", 0).await.is_ok()
    }

    /// Takes a write lock; [`DavError::Locked`] where somebody has it.
    pub async fn lock(&self, path: &str, owner: &str, timeout: Duration) -> Result<Lock, DavError> {
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><lockinfo xmlns=\"DAV:\"><lockscope><exclusive/></lockscope>\
             <locktype><write/></locktype><owner><href>{owner}</href></owner></lockinfo>"
        );
        let request = self
            .request("LOCK", path)
            .header("depth", "0")
            .header("timeout", format!("Second-{}", timeout.as_secs()))
            .header(CONTENT_TYPE, "application/xml")
            .body(body);
        let response = self.once(&format!("LOCK {path}"), request, &[200, 201]).await?;
        let token = response
            .headers()
            .get(HeaderName::from_static("lock-token"))
            .and_then(|v| v.to_str().ok());
        let token = token
            .map(|t| t.trim().trim_matches(['<', '>']).to_owned())
            .filter(|t| !t.is_empty());
        match token {
            Some(token) => Ok(Lock {
                path: path.to_owned(),
                token,
            }),
            None => Err(DavError::Untrusted(format!(
                "the share locks {path} and gives no token"
            ))),
        }
    }

    /// Makes a lock last longer.
    pub async fn refresh(&self, lock: &Lock, timeout: Duration) -> Result<(), DavError> {
        let request = self
            .request("LOCK", &lock.path)
            .header("depth", "0")
            .header("timeout", format!("Second-{}", timeout.as_secs()))
            .header("if", header(&format!("(<{}>)", lock.token)));
        self.once(&format!("LOCK {}", lock.path), request, &[200])
            .await
            .map(drop)
    }

    /// Gives a lock back.
    pub async fn unlock(&self, lock: &Lock) -> Result<(), DavError> {
        let request = self
            .request("UNLOCK", &lock.path)
            .header("lock-token", header(&format!("<{}>", lock.token)));
        self.once(&format!("UNLOCK {}", lock.path), request, &[200, 204])
            .await
            .map(drop)
    }
}

/// Tokens come from the server; one that can't stand in a header can't be sent back.
fn header(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}
