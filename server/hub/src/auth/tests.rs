//! Tokens that the hub's own secret signs, and the owner's token.

mod published;

use std::time::Duration;

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::json;

use super::*;
use crate::config::{HubConfig, SigningKeys};

const HOUR: Duration = Duration::from_secs(3600);

fn config(dir: &tempfile::TempDir) -> HubConfig {
    HubConfig::local(dir.path())
}

fn signed(config: &HubConfig, header: &Header, claims: &serde_json::Value) -> String {
    let secret = std::fs::read(config.data_dir.join("jwt-secret")).unwrap();
    jsonwebtoken::encode(header, claims, &EncodingKey::from_secret(&secret)).unwrap()
}

fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

#[tokio::test]
async fn a_minted_token_is_accepted_and_says_who_and_where() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(&dir);
    let verifier = Verifier::new(&config).unwrap();
    let (token, expires_at) = mint_token(&config, "bob", Some("acme"), HOUR).unwrap();
    let identity = verifier.verify(&token).await.unwrap();
    assert_eq!(
        (identity.user.as_str(), identity.organization.as_deref()),
        ("bob", Some("acme"))
    );
    assert_eq!(identity.expires_at.to_string(), expires_at);
}

#[tokio::test]
async fn wrong_tokens_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = config(&dir);
    config.auth.audience = Some("hub".into());
    config.auth.issuer = Some("us".into());
    let verifier = Verifier::new(&config).unwrap();
    let header = Header::new(Algorithm::HS256);
    let good = json!({"sub": "bob", "exp": now() + 60, "aud": "hub", "iss": "us"});
    assert!(verifier.verify(&signed(&config, &header, &good)).await.is_ok());
    let with = async |changes: serde_json::Value| {
        let mut claims = good.clone();
        for (key, value) in changes.as_object().unwrap() {
            match value {
                serde_json::Value::Null => claims.as_object_mut().unwrap().remove(key),
                value => claims.as_object_mut().unwrap().insert(key.clone(), value.clone()),
            };
        }
        verifier
            .verify(&signed(&config, &header, &claims))
            .await
            .unwrap_err()
    };
    assert_eq!(with(json!({"exp": now() - 31})).await, TokenError::Expired);
    assert_eq!(with(json!({"nbf": now() + 31})).await, TokenError::NotYetValid);
    assert_eq!(with(json!({"aud": "other"})).await, TokenError::Foreign);
    assert_eq!(with(json!({"iss": "other"})).await, TokenError::Foreign);
    for missing in ["exp", "sub", "aud", "iss"] {
        with(json!({ missing: null })).await;
    }
    with(json!({"sub": ""})).await;
    let other_algorithm = signed(&config, &Header::new(Algorithm::HS512), &good);
    assert_eq!(verifier.verify(&other_algorithm).await, Err(TokenError::Invalid));
    // {"alg":"none"} with an empty signature
    let body = signed(&config, &header, &good);
    let unsigned = format!("eyJhbGciOiJub25lIn0.{}.", body.split('.').nth(1).unwrap());
    assert_eq!(verifier.verify(&unsigned).await, Err(TokenError::Invalid));
    for garbage in ["", "x", "a.b.c", &"x".repeat(100_000)] {
        assert_eq!(verifier.verify(garbage).await, Err(TokenError::Invalid));
    }
}

#[tokio::test]
async fn another_data_directory_has_another_secret() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (token, _) = mint_token(&config(&one), "bob", None, HOUR).unwrap();
    let verifier = Verifier::new(&config(&two)).unwrap();
    assert_eq!(verifier.verify(&token).await, Err(TokenError::Invalid));
}

#[test]
fn configuration_errors_name_the_variable() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = config(&dir);
    config.auth.keys = SigningKeys::Environment("METASYNC_TEST_NO_SUCH_SECRET".into());
    let error = mint_token(&config, "bob", None, HOUR).unwrap_err();
    assert!(
        error.to_string().contains("METASYNC_TEST_NO_SUCH_SECRET"),
        "{error}"
    );
    config.auth.keys = SigningKeys::Jwks("http://127.0.0.1:1/jwks".into());
    assert!(Verifier::new(&config).is_ok());
    let error = mint_token(&config, "bob", None, HOUR).unwrap_err().to_string();
    assert!(error.contains("auth.jwks_url"), "{error}");
    config.auth.keys = SigningKeys::Jwks("ftp://keys".into());
    let Err(error) = Verifier::new(&config) else {
        panic!()
    };
    assert!(error.to_string().contains("auth.jwks_url"), "{error}");
}

#[tokio::test]
async fn the_owners_token_is_private_and_stays() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(&dir);
    let verifier = Verifier::new(&config).unwrap();
    let token = write_owner_token(&config, &verifier).await.unwrap();
    assert_eq!(write_owner_token(&config, &verifier).await.unwrap(), token);
    let file = dir.path().join("token");
    assert_eq!(std::fs::read_to_string(&file).unwrap().trim(), token);
    #[cfg(unix)]
    for name in ["token", "jwt-secret"] {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(dir.path().join(name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    std::fs::write(&file, "nonsense").unwrap();
    assert!(
        verifier
            .verify(&write_owner_token(&config, &verifier).await.unwrap())
            .await
            .is_ok()
    );
}
