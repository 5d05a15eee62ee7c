//! JSON Web Tokens: checked with one pinned algorithm, and made for those who have the secret.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use metasync_sources::{KeySource, PublishedKeys};
use serde::{Deserialize, Serialize};

use super::{
    keys,
    published::{Key, Published},
};
use crate::config::{ConfigError, HubConfig, SigningKeys};

/// How far clocks may be apart, in seconds (security.md 2: at most 30).
const LEEWAY_SECONDS: u64 = 20;

/// Longest token that is looked at.
const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// Who is asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Claim `sub`.
    pub user: String,
    /// Claim `org`: the only organization that the token is good for, by id or name.
    pub organization: Option<String>,
    /// When the token ends.
    pub expires_at: Timestamp,
}

/// Why a token is refused. The text is for its bearer, and tells nothing about the hub's keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It has ended.
    #[error("the token has expired: sign in again")]
    Expired,
    /// It is not good yet.
    #[error("the token is not valid yet: check the clocks")]
    NotYetValid,
    /// It is made for something else, or by someone else.
    #[error("the token was issued by, or for, somebody else")]
    Foreign,
    /// Anything else.
    #[error("the token is not valid")]
    Invalid,
    /// The issuer's keys were never to be had: nobody can say whether the token is good.
    #[error("the keys of the tokens' issuer can't be had just now; try again")]
    Unavailable,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    sub: String,
    exp: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    iat: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    org: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    iss: Option<String>,
    #[serde(default, skip_deserializing, skip_serializing_if = "Option::is_none")]
    aud: Option<String>,
}

/// Checks tokens. The algorithm is that of the key, whatever the token's header says (security.md 1);
/// the header's `kid` chooses among published keys, and its `jku` and `x5u` are not looked at.
pub struct Verifier {
    keys: Keys,
    /// All but the algorithm.
    validation: Validation,
}

enum Keys {
    Secret(DecodingKey),
    Published(Arc<Published>),
}

impl Verifier {
    /// As the configuration says.
    pub fn new(config: &HubConfig) -> Result<Verifier, ConfigError> {
        let keys = match &config.auth.keys {
            SigningKeys::Jwks(url) => {
                let source =
                    PublishedKeys::at(url).map_err(|e| ConfigError::value("auth.jwks_url", e.to_string()))?;
                return Ok(Verifier::with_keys(config, Box::new(source)));
            }
            _ => keys::hs256_secret(config)?,
        };
        Ok(Verifier {
            keys: Keys::Secret(DecodingKey::from_secret(keys.bytes())),
            validation: validation(config),
        })
    }

    /// Checks with the keys of a source.
    pub(super) fn with_keys(config: &HubConfig, source: Box<dyn KeySource>) -> Verifier {
        Verifier {
            keys: Keys::Published(Arc::new(Published::new(source))),
            validation: validation(config),
        }
    }

    /// Fetches published keys before the first token needs them; without them the hub works all the
    /// same, and tries again with the first token.
    pub async fn prepare(&self) {
        if let Keys::Published(published) = &self.keys {
            published.fetch().await;
        }
    }

    /// Whose token it is.
    pub async fn verify(&self, token: &str) -> Result<Identity, TokenError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenError::Invalid);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Invalid)?;
        // RFC 7515, 4.1.11: who does not understand a critical extension refuses.
        if header.crit.is_some() {
            return Err(TokenError::Invalid);
        }
        match &self.keys {
            Keys::Secret(key) => self.check(token, key, Algorithm::HS256),
            Keys::Published(published) => {
                if !matches!(header.alg, Algorithm::RS256 | Algorithm::ES256) {
                    return Err(TokenError::Invalid);
                }
                let Key {
                    algorithm, decoding, ..
                } = published.key(header.kid.as_deref(), header.alg).await?;
                self.check(token, &decoding, algorithm)
            }
        }
    }

    fn check(&self, token: &str, key: &DecodingKey, algorithm: Algorithm) -> Result<Identity, TokenError> {
        use jsonwebtoken::errors::ErrorKind;
        let mut validation = self.validation.clone();
        validation.algorithms = vec![algorithm];
        let claims = jsonwebtoken::decode::<Claims>(token, key, &validation)
            .map_err(|e| match e.kind() {
                ErrorKind::ExpiredSignature => TokenError::Expired,
                ErrorKind::ImmatureSignature => TokenError::NotYetValid,
                ErrorKind::InvalidIssuer | ErrorKind::InvalidAudience => TokenError::Foreign,
                _ => TokenError::Invalid,
            })?
            .claims;
        if claims.sub.is_empty() {
            return Err(TokenError::Invalid);
        }
        let seconds = i64::try_from(claims.exp).unwrap_or(i64::MAX);
        Ok(Identity {
            user: claims.sub,
            organization: claims.org,
            expires_at: Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX),
        })
    }
}

fn validation(config: &HubConfig) -> Validation {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.leeway = LEEWAY_SECONDS;
    validation.validate_exp = true;
    validation.validate_nbf = true;
    let mut required = vec!["exp", "sub"];
    match &config.auth.audience {
        Some(audience) => {
            validation.set_audience(&[audience]);
            required.push("aud");
        }
        None => validation.validate_aud = false,
    }
    if let Some(issuer) = &config.auth.issuer {
        validation.set_issuer(&[issuer]);
        required.push("iss");
    }
    validation.set_required_spec_claims(&required);
    validation
}

/// Makes a token for a user (`metasync token`); `organization` limits it to one. Only a hub that
/// signs with HS256 can: one that verifies other people's tokens has no secret.
///
/// Answers with the token and when it ends (RFC 3339).
pub fn mint_token(
    config: &HubConfig,
    user: &str,
    organization: Option<&str>,
    ttl: Duration,
) -> Result<(String, String), ConfigError> {
    let (token, expires_at) = mint(config, user, organization, ttl)?;
    Ok((token, expires_at.to_string()))
}

pub(crate) fn mint(
    config: &HubConfig,
    user: &str,
    organization: Option<&str>,
    ttl: Duration,
) -> Result<(String, Timestamp), ConfigError> {
    let secret = keys::hs256_secret(config)?;
    let now = Timestamp::now();
    let ttl = i64::try_from(ttl.as_secs()).unwrap_or(i64::MAX);
    let expires = now.as_second().saturating_add(ttl);
    let expires_at = Timestamp::from_second(expires)
        .map_err(|_| ConfigError::value("ttl", "the token would end after the year 9999"))?;
    let claims = Claims {
        sub: user.to_owned(),
        exp: expires.unsigned_abs(),
        iat: Some(now.as_second().unsigned_abs()),
        org: organization.map(str::to_owned),
        iss: config.auth.issuer.clone(),
        aud: config.auth.audience.clone(),
    };
    let key = EncodingKey::from_secret(secret.bytes());
    let token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key)
        .map_err(|_| ConfigError::value("auth", "the token can't be signed"))?;
    Ok((token, expires_at))
}
