//! JSON Web Tokens: checked with one pinned algorithm, and made for those who have the secret.

use std::time::Duration;

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use super::keys;
use crate::config::{ConfigError, HubConfig};

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

/// Checks tokens. One algorithm is pinned: what the token's header says never chooses it
/// (security.md 1), and `jku`, `x5u` and `kid` are not looked at.
pub struct Verifier {
    key: DecodingKey,
    validation: Validation,
}

impl Verifier {
    /// As the configuration says.
    pub fn new(config: &HubConfig) -> Result<Verifier, ConfigError> {
        let secret = keys::hs256_secret(config)?;
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
        Ok(Verifier {
            key: DecodingKey::from_secret(secret.bytes()),
            validation,
        })
    }

    /// Whose token it is.
    pub fn verify(&self, token: &str) -> Result<Identity, TokenError> {
        use jsonwebtoken::errors::ErrorKind;
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenError::Invalid);
        }
        let claims = jsonwebtoken::decode::<Claims>(token, &self.key, &self.validation)
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
    if let crate::config::SigningKeys::Jwks(_) = config.auth.keys {
        return Err(ConfigError::value(
            "auth.jwks_url",
            "this hub only checks tokens that others sign: get one from the issuer, or configure `jwt_secret_env`",
        ));
    }
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
