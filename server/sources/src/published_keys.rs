//! A set of public keys that an issuer of tokens publishes (JWKS, RFC 7517): its text, within limits.
//! What the keys are good for is the reader's to say.

use std::{future::Future, pin::Pin, sync::Once};

use crate::{
    SourceError,
    limits::{MAX_KEY_SET_BYTES, MAX_KEY_SET_TIME},
};

/// An answer that takes a while.
pub type Fetched<'a> = Pin<Box<dyn Future<Output = Result<Vec<u8>, SourceError>> + Send + 'a>>;

/// Where a set of keys comes from.
pub trait KeySource: Send + Sync {
    /// The text as it is published now.
    fn fetch(&self) -> Fetched<'_>;
}

/// A set of keys at an address. No redirect is followed: whose keys count is the configuration's to
/// say, not the answer's.
pub struct PublishedKeys {
    http: reqwest::Client,
    url: reqwest::Url,
}

impl PublishedKeys {
    /// The keys at `url` (http or https, without credentials).
    pub fn at(url: &str) -> Result<PublishedKeys, SourceError> {
        let wrong = |why: String| SourceError::Configuration(format!("the address of the key set {why}"));
        let url = reqwest::Url::parse(url).map_err(|e| wrong(format!("can't be read: {e}")))?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err(wrong("must begin with https:// (or http://)".into()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("must not hold credentials".into()));
        }
        let loopback = is_loopback(&url);
        if url.scheme() == "http" && !loopback {
            tracing::warn!(
                host = url.host_str(),
                "keys that come by http can be forged on the way: use https"
            );
        }
        install_provider();
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("metasync/", env!("CARGO_PKG_VERSION")))
            .timeout(MAX_KEY_SET_TIME)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false);
        if loopback {
            builder = builder.no_proxy();
        }
        let http = builder
            .build()
            .map_err(|e| wrong(format!("can't be used: {e}")))?;
        Ok(PublishedKeys { http, url })
    }

    async fn get(&self) -> Result<Vec<u8>, SourceError> {
        let host = self.url.host_str().unwrap_or_default();
        let away = |e: reqwest::Error| {
            let why = innermost(&e);
            if e.is_timeout() {
                SourceError::TimedOut(format!("the key set of {host} did not come in time"))
            } else {
                SourceError::Unreachable(format!("the key set of {host} can't be fetched: {why}"))
            }
        };
        let mut answer = self.http.get(self.url.clone()).send().await.map_err(away)?;
        if answer.status() != reqwest::StatusCode::OK {
            let status = answer.status().as_u16();
            return Err(SourceError::Unreachable(format!(
                "the key set of {host} can't be fetched: the answer is {status}"
            )));
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(away)? {
            if bytes.len() + chunk.len() > MAX_KEY_SET_BYTES {
                return Err(SourceError::TooLarge(format!(
                    "the key set of {host} is larger than {MAX_KEY_SET_BYTES} bytes"
                )));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }
}

impl KeySource for PublishedKeys {
    fn fetch(&self) -> Fetched<'_> {
        Box::pin(self.get())
    }
}

fn is_loopback(url: &reqwest::Url) -> bool {
    match url.host_str() {
        Some("localhost") => true,
        Some(host) => host
            .trim_matches(['[', ']'])
            .parse::<std::net::IpAddr>()
            .is_ok_and(|ip| ip.is_loopback()),
        None => false,
    }
}

/// The innermost cause: the outer ones repeat the address.
pub(crate) fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

/// Makes ring the process's cryptography provider, unless the program chose one before.
pub(crate) fn install_provider() {
    static INSTALL: Once = Once::new();
    INSTALL.call_once(|| {
        if rustls::crypto::ring::default_provider()
            .install_default()
            .is_err()
        {
            tracing::debug!("another TLS provider is installed already");
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
    };

    /// Answers one request with this text; the address, for a set of keys there.
    async fn answering(answer: String) -> String {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}/keys", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut buffer = [0; 4096];
            let _ = stream.read(&mut buffer).await;
            let _ = stream.write_all(answer.as_bytes()).await;
        });
        url
    }

    fn http(status: &str, more: &str, body: &str) -> String {
        format!(
            "HTTP/1.1 {status}\r\n{more}content-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        )
    }

    #[tokio::test]
    async fn keys_are_fetched_and_what_is_no_key_set_is_an_error() {
        let fetch = async |answer: String| {
            let url = answering(answer).await;
            PublishedKeys::at(&url).unwrap().fetch().await
        };
        assert_eq!(fetch(http("200 OK", "", "{}")).await.unwrap(), b"{}");
        assert_eq!(
            fetch(http("404 Not Found", "", "")).await.unwrap_err().code(),
            "source_unreachable"
        );
        let moved = http("302 Found", "location: http://127.0.0.1:1/\r\n", "");
        assert!(fetch(moved).await.unwrap_err().to_string().contains("302"));
        let large = http("200 OK", "", &"x".repeat(MAX_KEY_SET_BYTES + 1));
        assert_eq!(fetch(large).await.unwrap_err().code(), "source_too_large");
    }

    #[test]
    fn addresses_are_checked() {
        for bad in [
            "",
            "keys",
            "file:///etc/passwd",
            "ftp://h/x",
            "https://u:s3cret@h/x",
        ] {
            let Err(error) = PublishedKeys::at(bad) else {
                panic!("{bad}")
            };
            assert!(!error.to_string().contains("s3cret"));
        }
    }
}
