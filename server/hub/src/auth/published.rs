//! Keys that an issuer publishes: kept, renewed as they rotate, and never fetched more often than a
//! hostile token may make us (security.md 3).

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse},
};
use metasync_sources::KeySource;
use serde::Deserialize;
use tokio::time::Instant;

use super::TokenError;

/// Keys older than this are fetched anew, beside the requests that use them.
const MAX_AGE: Duration = Duration::from_secs(10 * 60);

/// How often keys that are not known may make us fetch.
const UNKNOWN_KEY_INTERVAL: Duration = Duration::from_secs(60);

/// How often a renewal that failed is tried again.
const RENEWAL_INTERVAL: Duration = Duration::from_secs(60);

/// How often the first set of keys is tried, while there is none at all.
const FIRST_FETCH_INTERVAL: Duration = Duration::from_secs(2);

/// Most keys of a set.
const MAX_KEYS: usize = 100;

/// Bytes of an RSA modulus: 2048 to 8192 bits.
const RSA_MODULUS_BYTES: std::ops::RangeInclusive<usize> = 256..=1024;

/// One key. Its type says which algorithm it is for; tokens do not.
#[derive(Clone)]
pub(super) struct Key {
    id: Option<String>,
    pub(super) algorithm: Algorithm,
    pub(super) decoding: DecodingKey,
}

/// The published keys of one issuer.
pub(super) struct Published {
    source: Box<dyn KeySource>,
    state: Mutex<State>,
    /// Held while fetching: who comes meanwhile waits and looks again.
    fetching: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    keys: Vec<Key>,
    fetched_at: Option<Instant>,
    tried_at: Option<Instant>,
    /// When an unknown key last made us fetch.
    unknown_at: Option<Instant>,
}

impl Published {
    pub(super) fn new(source: Box<dyn KeySource>) -> Published {
        Published {
            source,
            state: Mutex::default(),
            fetching: tokio::sync::Mutex::default(),
        }
    }

    /// The key for a token that says `id` and `algorithm`.
    pub(super) async fn key(
        self: &Arc<Self>,
        id: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<Key, TokenError> {
        if let Some(key) = self.known(id, algorithm) {
            self.renew_if_old();
            return Ok(key);
        }
        let _fetching = self.fetching.lock().await;
        if let Some(key) = self.known(id, algorithm) {
            return Ok(key);
        }
        if self.may_fetch() {
            self.fetch().await;
        }
        match self.known(id, algorithm) {
            Some(key) => Ok(key),
            None if self.state().fetched_at.is_none() => Err(TokenError::Unavailable),
            None => Err(TokenError::Invalid),
        }
    }

    /// A token without `kid` is good only where the key is beyond doubt.
    fn known(&self, id: Option<&str>, algorithm: Algorithm) -> Option<Key> {
        let state = self.state();
        let mut fitting = state
            .keys
            .iter()
            .filter(|key| key.algorithm == algorithm && (id.is_none() || key.id.as_deref() == id));
        let first = fitting.next()?;
        fitting.next().is_none().then(|| first.clone())
    }

    /// Whether a key that is not known may make us fetch now; notes that it did.
    fn may_fetch(&self) -> bool {
        let mut state = self.state();
        let now = Instant::now();
        if state.fetched_at.is_none() {
            return passed(state.tried_at, FIRST_FETCH_INTERVAL);
        }
        let may = passed(state.unknown_at, UNKNOWN_KEY_INTERVAL);
        if may {
            state.unknown_at = Some(now);
        }
        may
    }

    /// Rotation without unknown keys: a key that was taken back is gone after a while.
    fn renew_if_old(self: &Arc<Self>) {
        {
            let state = self.state();
            if !passed(state.fetched_at, MAX_AGE) || !passed(state.tried_at, RENEWAL_INTERVAL) {
                return;
            }
        }
        let this = Arc::clone(self);
        tokio::spawn(async move {
            if let Ok(_fetching) = this.fetching.try_lock() {
                this.fetch().await;
            }
        });
    }

    /// A set that can't be had, or holds no key for us, leaves the known ones in use.
    pub(super) async fn fetch(&self) {
        self.state().tried_at = Some(Instant::now());
        let keys = match self.source.fetch().await {
            Ok(text) => parse(&text),
            Err(error) => Err(error.to_string()),
        };
        match keys {
            Ok(keys) => {
                tracing::debug!(keys = keys.len(), "the issuer's keys were fetched");
                let mut state = self.state();
                state.keys = keys;
                state.fetched_at = Some(Instant::now());
            }
            Err(why) => tracing::warn!(why, "the issuer's keys stay as they are"),
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn passed(since: Option<Instant>, interval: Duration) -> bool {
    since.is_none_or(|since| since.elapsed() >= interval)
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<serde_json::Value>,
}

/// The keys of a set that are for us; others, of whatever kind, are passed over.
fn parse(text: &[u8]) -> Result<Vec<Key>, String> {
    let set: KeySet =
        serde_json::from_slice(text).map_err(|e| format!("what the issuer publishes is no key set: {e}"))?;
    let keys: Vec<Key> = set.keys.into_iter().take(MAX_KEYS).filter_map(key).collect();
    if keys.is_empty() {
        return Err("the issuer publishes no key for RS256 or ES256".to_owned());
    }
    Ok(keys)
}

fn key(value: serde_json::Value) -> Option<Key> {
    let jwk: Jwk = serde_json::from_value(value).ok()?;
    let common = &jwk.common;
    if !matches!(common.public_key_use, None | Some(PublicKeyUse::Signature)) {
        return None;
    }
    let (algorithm, named) = match &jwk.algorithm {
        AlgorithmParameters::RSA(rsa) => {
            // base64 has four characters for three bytes
            let bytes = rsa.n.trim_end_matches('=').len() * 3 / 4;
            if !RSA_MODULUS_BYTES.contains(&bytes) {
                tracing::warn!("a published RSA key is passed over: its size is not 2048 to 8192 bits");
                return None;
            }
            (Algorithm::RS256, KeyAlgorithm::RS256)
        }
        AlgorithmParameters::EllipticCurve(curve) if curve.curve == EllipticCurve::P256 => {
            (Algorithm::ES256, KeyAlgorithm::ES256)
        }
        _ => return None,
    };
    if common.key_algorithm.is_some_and(|a| a != named) {
        return None;
    }
    Some(Key {
        id: common.key_id.clone(),
        algorithm,
        decoding: DecodingKey::from_jwk(&jwk).ok()?,
    })
}
