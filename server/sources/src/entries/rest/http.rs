//! Requests within reach: what a name stands for is looked at once for a run and is where requests go;
//! each redirect is looked at again, and no secret follows one to another origin (security.md 9).

use std::{collections::HashMap, io::Read as _, time::Duration};

use flate2::read::MultiGzDecoder;
use reqwest::{
    Client, Method,
    header::{
        ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION,
        RETRY_AFTER,
    },
};
use url::{Origin, Url};

use super::super::{
    EntryError, ErrorKind, blocking,
    limits::{ALWAYS_BYTES, CONNECT_TIMEOUT, MAX_RATIO, MAX_REDIRECTS, READ_TIMEOUT, REQUEST_TIMEOUT},
};
use crate::{
    Reach,
    published_keys::{innermost, install_provider},
};

/// A request.
pub(super) struct Ask {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    /// Headers that no other origin may see.
    pub(super) secrets: HeaderMap,
    pub(super) body: Option<Vec<u8>>,
    /// Most bytes of the answer.
    pub(super) most_bytes: usize,
}

/// An answer.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    /// Where it came from in the end.
    pub(super) url: Url,
}

/// Sends requests.
pub(super) struct Http {
    pub(super) reach: Reach,
    clients: HashMap<(String, u16), Client>,
}

impl Http {
    pub(super) fn new(reach: Reach) -> Http {
        Http {
            reach,
            clients: HashMap::new(),
        }
    }

    /// The answer, whatever its status.
    pub(super) async fn send(&mut self, ask: Ask) -> Result<Answer, EntryError> {
        let Ask {
            mut method,
            mut url,
            headers,
            secrets,
            mut body,
            most_bytes,
        } = ask;
        let home: Origin = url.origin();
        for _ in 0..=MAX_REDIRECTS {
            let client = self.client(&url).await?;
            let is_home = url.origin() == home;
            let mut request = client
                .request(method.clone(), url.clone())
                .header(ACCEPT, "application/json")
                .header(ACCEPT_ENCODING, "gzip");
            if is_home {
                request = request.headers(headers.clone()).headers(secrets.clone());
                if let Some(body) = &body {
                    if !headers.contains_key(CONTENT_TYPE) {
                        request = request.header(CONTENT_TYPE, "application/json");
                    }
                    request = request.body(body.clone());
                }
            }
            let answer = request.send().await.map_err(|error| away(&url, &error))?;
            let status = answer.status().as_u16();
            if !matches!(status, 301 | 302 | 303 | 307 | 308) {
                return read(answer, most_bytes).await;
            }
            let next = answer
                .headers()
                .get(LOCATION)
                .and_then(|location| location.to_str().ok())
                .and_then(|location| url.join(location).ok());
            let Some(next) = next else {
                return read(answer, most_bytes).await;
            };
            url = self.reach.check(next.as_str())?;
            if matches!(status, 301..=303) {
                method = Method::GET;
                body = None;
            } else if body.is_some() && url.origin() != home {
                return Err(EntryError::new(
                    ErrorKind::Validation,
                    "redirected",
                    format!(
                        "the source sends the request on to {}; name that address",
                        shown(&url)
                    ),
                ));
            }
        }
        Err(EntryError::new(
            ErrorKind::Network,
            "too_many_redirects",
            format!("the source redirects more than {MAX_REDIRECTS} times"),
        ))
    }

    /// A client that goes where the host was found.
    async fn client(&mut self, url: &Url) -> Result<Client, EntryError> {
        let host = url.host_str().unwrap_or_default().to_owned();
        let key = (host.clone(), url.port_or_known_default().unwrap_or_default());
        if let Some(client) = self.clients.get(&key) {
            return Ok(client.clone());
        }
        let looked = tokio::time::timeout(CONNECT_TIMEOUT, self.reach.resolve(url));
        let addresses = match looked.await {
            Ok(found) => found?,
            Err(_) => {
                return Err(EntryError::new(
                    ErrorKind::Network,
                    "source_timeout",
                    format!("the host {host} was not found in time"),
                )
                .retryable());
            }
        };
        install_provider();
        let client = Client::builder()
            .user_agent(concat!("metasync/", env!("CARGO_PKG_VERSION")))
            .timeout(REQUEST_TIMEOUT)
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            // What comes out of an answer is looked at here, beside what went in.
            .no_gzip()
            .no_zstd()
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            // A proxy would look the name up by itself.
            .no_proxy()
            .resolve_to_addrs(&host, &addresses)
            .build()
            .map_err(|error| {
                EntryError::new(
                    ErrorKind::System,
                    "http_client",
                    format!("no request can be sent: {error}"),
                )
            })?;
        self.clients.insert(key, client.clone());
        Ok(client)
    }
}

/// An address without what may be secret in it.
pub(super) fn shown(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}{port}{}", url.host_str().unwrap_or_default(), url.path())
}

fn away(url: &Url, error: &reqwest::Error) -> EntryError {
    let (code, why) = if error.is_timeout() {
        ("source_timeout", "no answer came in time".to_owned())
    } else {
        ("source_unreachable", innermost(error))
    };
    EntryError::new(ErrorKind::Network, code, format!("{}: {why}", shown(url))).retryable()
}

async fn read(mut answer: reqwest::Response, most_bytes: usize) -> Result<Answer, EntryError> {
    let url = answer.url().clone();
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| away(&url, &error))? {
        if body.len() + chunk.len() > most_bytes {
            return Err(too_large(&url, most_bytes));
        }
        body.extend_from_slice(&chunk);
    }
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let body = match headers.get(CONTENT_ENCODING).map(HeaderValue::as_bytes) {
        None | Some(b"identity" | b"") => body,
        Some(b"gzip" | b"x-gzip") if body.is_empty() => body,
        Some(b"gzip" | b"x-gzip") => {
            let place = url.clone();
            blocking(move || unpacked(&body, &place, most_bytes)).await?
        }
        Some(other) => {
            return Err(EntryError::new(
                ErrorKind::Parsing,
                "unknown_encoding",
                format!(
                    "the answer of {} is packed as {}, which was not asked for",
                    shown(&url),
                    String::from_utf8_lossy(other)
                ),
            ));
        }
    };
    Ok(Answer {
        status,
        headers,
        body,
        url,
    })
}

/// What a packed answer holds, within limits (security.md 12).
fn unpacked(packed: &[u8], url: &Url, most_bytes: usize) -> Result<Vec<u8>, EntryError> {
    let by_ratio = packed.len().saturating_mul(MAX_RATIO).max(ALWAYS_BYTES);
    let most = by_ratio.min(most_bytes);
    let mut body = Vec::new();
    let mut unpacking = MultiGzDecoder::new(packed).take(most as u64 + 1);
    unpacking.read_to_end(&mut body).map_err(|error| {
        EntryError::new(
            ErrorKind::Parsing,
            "invalid_encoding",
            format!("the answer of {} can't be unpacked: {error}", shown(url)),
        )
    })?;
    if body.len() <= most {
        return Ok(body);
    }
    if by_ratio < most_bytes {
        return Err(EntryError::new(
            ErrorKind::Validation,
            "answer_too_large",
            format!(
                "the answer of {} unpacks to more than {MAX_RATIO} times its size",
                shown(url)
            ),
        ));
    }
    Err(too_large(url, most_bytes))
}

fn too_large(url: &Url, most_bytes: usize) -> EntryError {
    EntryError::new(
        ErrorKind::Validation,
        "answer_too_large",
        format!(
            "the answer of {} is larger than {} MiB; ask for smaller pages (options.pagination.limit)",
            shown(url),
            most_bytes.div_ceil(1024 * 1024)
        ),
    )
}

impl Answer {
    /// A header as text.
    pub(super) fn header(&self, name: impl reqwest::header::AsHeaderName) -> Option<&str> {
        self.headers
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
    }

    /// How long the other side asks to wait.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        let text = self.header(RETRY_AFTER)?.trim();
        if let Ok(seconds) = text.parse() {
            return Some(Duration::from_secs(seconds));
        }
        let at = httpdate::parse_http_date(text).ok()?;
        Some(
            at.duration_since(std::time::SystemTime::now())
                .unwrap_or_default(),
        )
    }

    /// The error that an unwelcome status is; `is_page`: of the source itself.
    pub(super) fn refused(&self, what: &str, is_page: bool) -> EntryError {
        let status = self.status;
        let place = shown(&self.url);
        let code = format!("http_{status}");
        let of = |kind, advice: &str| {
            EntryError::new(
                kind,
                code.clone(),
                format!("{what} ({place}) answered {status}{advice}"),
            )
        };
        match status {
            401 | 403 | 407 => of(
                ErrorKind::Authentication,
                ": the credentials are missing or not right; correct options.auth",
            ),
            400 if !is_page => of(ErrorKind::Authentication, ": it does not know the client"),
            408 | 425 | 429 | 500..=599 => EntryError {
                retry_after: self.retry_after(),
                ..of(ErrorKind::Network, "").retryable()
            },
            404 | 410 => of(ErrorKind::Network, ": there is nothing; correct the address"),
            _ => of(ErrorKind::Network, ""),
        }
    }
}
