//! Requests over one base address. What passes is tried again; what changes something only where doing it
//! twice is the same as once.

use std::time::Duration;

use percent_encoding::percent_decode_str;
use rand::Rng as _;
use reqwest::{
    Method, RequestBuilder, Response, StatusCode,
    header::{LOCATION, RETRY_AFTER},
};
use url::Url;

use super::error::DavError;
use crate::published_keys::{innermost, install_provider};

/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the server may be silent. Data files have no limit in all, only in this.
const SILENCE: Duration = Duration::from_secs(30);
/// Attempts of what may be tried again.
pub(super) const ATTEMPTS: u32 = 4;
/// The first pause between attempts; it doubles.
const PAUSE: Duration = Duration::from_millis(250);
/// Longest pause that a server may ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);
/// Where a share is and who we are there.
#[derive(Clone)]
pub struct DavOptions {
    /// Address of the server (http or https).
    pub base_url: String,
    /// Folder there; its parts are made where they are missing.
    pub root: String,
    /// User name.
    pub username: Option<String>,
    /// Password.
    pub password: Option<String>,
}

/// A share on a server. Cheap to clone.
#[derive(Clone)]
pub struct Dav {
    http: reqwest::Client,
    base: Url,
    pub(super) root: Vec<String>,
    username: Option<String>,
    password: Option<String>,
}

impl Dav {
    /// Nothing is asked yet.
    pub fn new(options: DavOptions) -> Result<Dav, DavError> {
        let wrong = |why: String| DavError::Configuration(format!("the address of the share {why}"));
        let mut base = Url::parse(&options.base_url).map_err(|e| wrong(format!("can't be read: {e}")))?;
        if !matches!(base.scheme(), "http" | "https") || base.host_str().is_none() {
            return Err(wrong("must begin with https:// or http://".into()));
        }
        let decoded = |text: &str| (!text.is_empty()).then(|| percent_decoded(text));
        let username = options.username.or_else(|| decoded(base.username()));
        let password = options.password.or_else(|| base.password().and_then(decoded));
        // Neither can fail for an address with a host.
        let _ = base.set_username("");
        let _ = base.set_password(None);
        base.set_query(None);
        base.set_fragment(None);
        let root: Vec<String> = options
            .root
            .split('/')
            .filter(|p| !p.is_empty())
            .map(str::to_owned)
            .collect();
        if root.iter().any(|part| part == "." || part == "..") {
            return Err(DavError::Configuration(
                "the folder of the share must not hold `..`".into(),
            ));
        }
        install_provider();
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("metasync/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(SILENCE)
            .tcp_nodelay(true)
            // Sizes must be those of the files.
            .no_gzip()
            .no_zstd()
            .redirect(reqwest::redirect::Policy::none())
            .referer(false);
        let host = base
            .host_str()
            .unwrap_or_default()
            .trim_matches(['[', ']'])
            .to_owned();
        let loopback =
            host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
        if loopback {
            builder = builder.no_proxy();
        }
        if base.scheme() == "http" && !loopback && password.is_some() {
            tracing::warn!(
                host,
                "the share's password goes over the network in clear text: use https"
            );
        }
        let http = builder
            .build()
            .map_err(|e| wrong(format!("can't be used: {e}")))?;
        Ok(Dav {
            http,
            base,
            root,
            username,
            password,
        })
    }

    /// The same server with another folder as its root.
    pub fn within(&self, folder: &str) -> Dav {
        let mut dav = self.clone();
        dav.root
            .extend(folder.split('/').filter(|p| !p.is_empty()).map(str::to_owned));
        dav
    }

    /// Where it is, for people: no credentials.
    pub fn place(&self) -> String {
        self.address("").to_string()
    }

    /// A path as errors name it: the root has a name of its own.
    pub(super) fn named(&self, path: &str) -> String {
        match path {
            "" => format!("/{}", self.root.join("/")),
            path => path.to_owned(),
        }
    }

    pub(super) fn address(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        // An address with a host has a path.
        if let Ok(mut parts) = url.path_segments_mut() {
            parts.pop_if_empty();
            parts.extend(&self.root);
            parts.extend(path.split('/').filter(|p| !p.is_empty()));
            if path.is_empty() || path.ends_with('/') {
                parts.push("");
            }
        }
        url
    }

    pub(super) fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).unwrap_or(Method::GET);
        let request = self.http.request(method, self.address(path));
        match &self.username {
            Some(user) => request.basic_auth(user, self.password.as_deref()),
            None => request,
        }
    }

    /// One attempt; every status that is none of `good` is an error.
    pub(super) async fn once(
        &self,
        what: &str,
        request: RequestBuilder,
        good: &[u16],
    ) -> Result<Response, DavError> {
        let response = request.send().await.map_err(|e| failed(what, &e))?;
        let status = response.status();
        if good.contains(&status.as_u16()) {
            return Ok(response);
        }
        Err(refused(what, status, &response))
    }

    /// Attempts of something that may be done twice.
    pub(super) async fn again(
        &self,
        what: &str,
        good: &[u16],
        make: impl Fn() -> RequestBuilder,
    ) -> Result<Response, DavError> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            match self.once(what, make(), good).await {
                Err(error) if error.is_passing() && attempt < ATTEMPTS => pause(attempt, &error).await,
                settled => return settled,
            }
        }
    }
}

pub(super) fn failed(what: &str, error: &reqwest::Error) -> DavError {
    if error.is_timeout() {
        return DavError::TimedOut(what.to_owned());
    }
    DavError::Unreachable(format!("{what}: {}", innermost(error)))
}

fn refused(what: &str, status: StatusCode, response: &Response) -> DavError {
    let path = || what.split_once(' ').map_or(what, |(_, path)| path).to_owned();
    let what = what.to_owned();
    match status.as_u16() {
        301 | 302 | 303 | 307 | 308 => DavError::Moved {
            what,
            to: response
                .headers()
                .get(LOCATION)
                .and_then(|to| response.url().join(to.to_str().ok()?).ok())
                .filter(|to| matches!(to.scheme(), "http" | "https"))
                .map(|to| to.origin().ascii_serialization()),
        },
        401 | 403 | 407 => DavError::Refused(what),
        404 | 410 => DavError::NotFound(path()),
        status @ (405 | 409 | 412) => DavError::Conflict { what, status },
        423 => DavError::Locked(path()),
        507 => DavError::Full(path()),
        429 | 503 => DavError::Busy {
            what,
            retry_after: response
                .headers()
                .get(RETRY_AFTER)
                .and_then(|v| v.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)),
        },
        status => DavError::Status { what, status },
    }
}

/// Waits before the next attempt: as long as the server asks, else longer each time, with jitter.
pub(super) async fn pause(attempt: u32, error: &DavError) {
    let asked = match error {
        DavError::Busy { retry_after, .. } => *retry_after,
        _ => None,
    };
    let most = PAUSE.saturating_mul(1 << attempt.min(8));
    let jitter: f64 = rand::rng().random_range(0.5..1.0);
    let wait = asked.unwrap_or_else(|| most.mul_f64(jitter));
    tokio::time::sleep(wait.min(LONGEST_PAUSE)).await;
}

pub(crate) fn percent_decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}
