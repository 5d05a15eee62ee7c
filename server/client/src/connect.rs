//! The client itself: its address, its token, its connection pool, and how a request leaves.

use std::{fmt, sync::Arc};

use reqwest::{
    Method, RequestBuilder, Response, Url,
    header::{AUTHORIZATION, HeaderMap, HeaderValue},
};

use crate::{
    error::ClientError,
    limits::{CONNECT_TIMEOUT, REDIRECTS_MAX, REQUEST_TIMEOUT},
    tls,
};

/// A client of one hub with one token. Clones share the connection pool.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: Arc<Url>,
    has_token: bool,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base", &self.base.as_str())
            .field("has_token", &self.has_token)
            .finish()
    }
}

impl Client {
    /// A client of the hub at `base_url` (http or https; a path before `/api` is kept).
    ///
    /// Proxies of the environment are honoured, except for a hub on this machine. Redirects are
    /// followed on the hub's own host only, so that the token goes nowhere else.
    pub fn new(base_url: &str, token: Option<&str>) -> Result<Client, ClientError> {
        tls::install_provider();
        let base = parse_base(base_url)?;
        let mut headers = HeaderMap::new();
        if let Some(token) = token {
            let mut value = HeaderValue::from_str(&format!("Bearer {}", token.trim())).map_err(|_| {
                ClientError::Unauthenticated {
                    detail: "the token holds characters that no token has".to_owned(),
                }
            })?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        let host = base.host_str().unwrap_or_default().to_owned();
        let redirects = reqwest::redirect::Policy::custom(move |attempt| {
            let downgrade = attempt.previous().first().map(Url::scheme) == Some("https")
                && attempt.url().scheme() != "https";
            if attempt.previous().len() > REDIRECTS_MAX
                || attempt.url().host_str() != Some(host.as_str())
                || downgrade
            {
                attempt.stop()
            } else {
                attempt.follow()
            }
        });
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("metasync/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers)
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(redirects)
            .referer(false);
        if is_loopback(&base) {
            builder = builder.no_proxy();
        }
        let http = builder.build().map_err(|e| ClientError::BadAddress {
            url: base.to_string(),
            why: innermost(&e),
        })?;
        Ok(Client {
            http,
            base: Arc::new(base),
            has_token: token.is_some(),
        })
    }

    /// The hub's address.
    pub fn base_url(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    /// Whether a token was given.
    pub fn has_token(&self) -> bool {
        self.has_token
    }

    /// A request for the path of these segments, each escaped by itself.
    pub(crate) fn request(&self, method: Method, segments: &[&str]) -> RequestBuilder {
        let mut url = Url::clone(&self.base);
        // An http or https URL always has segments (parse_base).
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        self.http.request(method, url)
    }

    /// Sends with the time limit of ordinary requests.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Result<Response, ClientError> {
        request
            .timeout(REQUEST_TIMEOUT)
            .send()
            .await
            .map_err(|e| self.transport_error(&e))
    }

    /// What a failure below HTTP means.
    pub(crate) fn transport_error(&self, error: &reqwest::Error) -> ClientError {
        if error.is_timeout() {
            return ClientError::TimedOut {
                url: self.base_url().to_owned(),
            };
        }
        if error.is_decode() {
            return ClientError::BadAnswer {
                what: format!("it can't be unpacked ({})", innermost(error)),
            };
        }
        let url = self.base_url().to_owned();
        if let Some(why) = tls::distrust(error) {
            return ClientError::Untrusted { url, why };
        }
        let why = if tls::is_no_tls(error) {
            "it does not speak TLS: perhaps the address begins with http://".to_owned()
        } else {
            innermost(error)
        };
        ClientError::Unreachable { url, why }
    }
}

fn parse_base(text: &str) -> Result<Url, ClientError> {
    let bad = |why: &str| {
        let shown = text.rsplit('@').next().unwrap_or_default();
        ClientError::BadAddress {
            url: shown.to_owned(),
            why: why.to_owned(),
        }
    };
    let mut url =
        Url::parse(text.trim()).map_err(|e| bad(&format!("{e}; it looks like https://hub.example.com")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(bad("only http and https are spoken"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(bad("credentials do not belong in it; set a token instead"));
    }
    url.set_query(None);
    url.set_fragment(None);
    Ok(url)
}

fn is_loopback(url: &Url) -> bool {
    match url.host_str() {
        Some("localhost") => true,
        Some(host) => host
            .trim_matches(['[', ']'])
            .parse::<std::net::IpAddr>()
            .is_ok_and(|ip| ip.is_loopback()),
        None => false,
    }
}

/// The innermost cause: the outer ones repeat the address and say "error sending request".
pub(crate) fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}
