//! Tokens of an issuer that publishes its keys (security.md 1 to 3). Time is tokio's, and stands
//! still but where a test moves it.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use jsonwebtoken::{Algorithm, EncodingKey, Header, jwk::Jwk};
use metasync_sources::{Fetched, KeySource, SourceError};
use serde_json::{Value, json};

use super::{super::*, now};
use crate::config::{HubConfig, SigningKeys};

/// Made for these tests; they open nothing.
const RSA: &[u8] = include_bytes!("keys/rsa.der");
const P256: [&[u8]; 2] = [
    include_bytes!("keys/p256_1.der"),
    include_bytes!("keys/p256_2.der"),
];

fn rsa() -> EncodingKey {
    EncodingKey::from_rsa_der(RSA)
}

fn p256(which: usize) -> EncodingKey {
    EncodingKey::from_ec_der(P256[which])
}

fn public(key: &EncodingKey, algorithm: Algorithm, id: &str) -> Value {
    let mut jwk = Jwk::from_encoding_key(key, algorithm).unwrap();
    jwk.common.key_id = Some(id.to_owned());
    serde_json::to_value(jwk).unwrap()
}

/// An issuer: its published keys may change, or be away; it counts how often it is asked.
#[derive(Clone, Default)]
struct Issuer {
    published: Arc<Mutex<Option<Vec<Value>>>>,
    asked: Arc<AtomicUsize>,
}

impl KeySource for Issuer {
    fn fetch(&self) -> Fetched<'_> {
        Box::pin(async {
            self.asked.fetch_add(1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            match &*self.published.lock().unwrap() {
                Some(keys) => Ok(json!({ "keys": keys }).to_string().into_bytes()),
                None => Err(SourceError::Unreachable("away".into())),
            }
        })
    }
}

impl Issuer {
    fn publishes(&self, keys: impl Into<Option<Vec<Value>>>) {
        *self.published.lock().unwrap() = keys.into();
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    fn verifier(&self) -> Verifier {
        let mut config = HubConfig::local("nowhere");
        config.auth.keys = SigningKeys::Jwks("https://issuer.invalid/keys".into());
        config.auth.issuer = Some("issuer".into());
        config.auth.audience = Some("hub".into());
        Verifier::with_keys(&config, Box::new(self.clone()))
    }
}

fn claims() -> Value {
    json!({"sub": "bob", "exp": now() + 600, "iss": "issuer", "aud": ["hub", "other"]})
}

fn token(key: &EncodingKey, algorithm: Algorithm, id: Option<&str>) -> String {
    let mut header = Header::new(algorithm);
    header.kid = id.map(str::to_owned);
    jsonwebtoken::encode(&header, &claims(), key).unwrap()
}

fn es(which: usize, id: &str) -> String {
    token(&p256(which), Algorithm::ES256, Some(id))
}

fn es_key(which: usize, id: &str) -> Value {
    public(&p256(which), Algorithm::ES256, id)
}

#[tokio::test(start_paused = true)]
async fn tokens_of_both_algorithms_are_accepted() {
    let issuer = Issuer::default();
    issuer.publishes(vec![
        public(&rsa(), Algorithm::RS256, "r"),
        es_key(0, "e"),
        json!({"kty": "oct", "k": "c2VjcmV0", "kid": "s"}),
        json!({"kty": "of the future"}),
        json!(7),
    ]);
    let verifier = issuer.verifier();
    for good in [
        token(&rsa(), Algorithm::RS256, Some("r")),
        es(0, "e"),
        token(&p256(0), Algorithm::ES256, None),
    ] {
        assert_eq!(verifier.verify(&good).await.unwrap().user, "bob");
    }
    assert_eq!(issuer.asked(), 1);
    assert_eq!(verifier.verify(&es(1, "e")).await, Err(TokenError::Invalid));
}

#[tokio::test(start_paused = true)]
async fn the_keys_type_says_the_algorithm() {
    let issuer = Issuer::default();
    let (rsa_key, ec_key) = (public(&rsa(), Algorithm::RS256, "r"), es_key(0, "e"));
    issuer.publishes(vec![rsa_key.clone(), ec_key.clone()]);
    let verifier = issuer.verifier();
    let mut forged = vec![
        // one key's id with another algorithm
        token(&p256(0), Algorithm::ES256, Some("r")),
        token(&rsa(), Algorithm::RS256, Some("e")),
        token(&rsa(), Algorithm::RS384, Some("r")),
        token(&rsa(), Algorithm::PS256, Some("r")),
    ];
    // HS256 with what everybody knows as the secret
    for public_text in [
        rsa_key["n"].as_str().unwrap().to_owned(),
        rsa_key.to_string(),
        ec_key["x"].as_str().unwrap().to_owned(),
        String::new(),
    ] {
        for id in ["r", "e"] {
            let secret = EncodingKey::from_secret(public_text.as_bytes());
            forged.push(token(&secret, Algorithm::HS256, Some(id)));
        }
    }
    let good = es(0, "e");
    let mut parts = good.split('.');
    let (header, body, signature) = (
        parts.next().unwrap(),
        parts.next().unwrap(),
        parts.next().unwrap(),
    );
    forged.push(format!("eyJhbGciOiJub25lIn0.{body}."));
    forged.push(format!("{header}.{body}."));
    forged.push(format!("{header}.{body}.{}", &signature[..20]));
    for forged in forged {
        assert_eq!(
            verifier.verify(&forged).await,
            Err(TokenError::Invalid),
            "{forged}"
        );
    }
    assert!(verifier.verify(&good).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn keys_that_tokens_bring_along_are_ignored_and_critical_extensions_refused() {
    let issuer = Issuer::default();
    issuer.publishes(vec![es_key(0, "e")]);
    let verifier = issuer.verifier();
    let mut header = Header::new(Algorithm::ES256);
    header.kid = Some("e".into());
    header.jku = Some("https://evil.invalid/keys".into());
    header.x5u = Some("https://evil.invalid/chain".into());
    header.jwk = Some(serde_json::from_value(es_key(1, "e")).unwrap());
    let sign = |header: &Header, which| jsonwebtoken::encode(header, &claims(), &p256(which)).unwrap();
    assert_eq!(verifier.verify(&sign(&header, 1)).await, Err(TokenError::Invalid));
    assert!(verifier.verify(&sign(&header, 0)).await.is_ok());
    header.crit = Some(vec!["b64".into()]);
    assert_eq!(verifier.verify(&sign(&header, 0)).await, Err(TokenError::Invalid));
}

#[tokio::test(start_paused = true)]
async fn rotation_needs_no_restart_and_a_storm_of_unknown_keys_fetches_once_a_minute() {
    let issuer = Issuer::default();
    issuer.publishes(vec![es_key(0, "old")]);
    let verifier = Arc::new(issuer.verifier());
    verifier.prepare().await;
    assert!(verifier.verify(&es(0, "old")).await.is_ok());
    issuer.publishes(vec![es_key(1, "new")]);
    assert!(verifier.verify(&es(1, "new")).await.is_ok(), "at once");
    assert_eq!(verifier.verify(&es(0, "old")).await, Err(TokenError::Invalid));
    assert_eq!(issuer.asked(), 2);
    let storm = async || {
        let asking: Vec<_> = (0..200)
            .map(|i| {
                let verifier = Arc::clone(&verifier);
                tokio::spawn(async move { verifier.verify(&es(0, &format!("unknown {i}"))).await })
            })
            .collect();
        for answer in asking {
            assert_eq!(answer.await.unwrap(), Err(TokenError::Invalid));
        }
    };
    storm().await;
    assert_eq!(issuer.asked(), 2);
    tokio::time::advance(Duration::from_secs(61)).await;
    storm().await;
    storm().await;
    assert_eq!(issuer.asked(), 3);
    assert!(verifier.verify(&es(1, "new")).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn keys_stay_good_while_the_issuer_is_away_and_go_when_it_takes_them_back() {
    let issuer = Issuer::default();
    issuer.publishes(vec![es_key(0, "e")]);
    let verifier = issuer.verifier();
    assert!(verifier.verify(&es(0, "e")).await.is_ok());
    issuer.publishes(None);
    for _ in 0..5 {
        tokio::time::advance(Duration::from_secs(601)).await;
        assert!(verifier.verify(&es(0, "e")).await.is_ok());
        tokio::task::yield_now().await;
        assert_eq!(verifier.verify(&es(1, "new")).await, Err(TokenError::Invalid));
    }
    // an answer without keys is as good as none
    issuer.publishes(vec![]);
    tokio::time::advance(Duration::from_secs(601)).await;
    assert!(verifier.verify(&es(0, "e")).await.is_ok());
    issuer.publishes(vec![es_key(1, "new")]);
    tokio::time::advance(Duration::from_secs(601)).await;
    assert!(
        verifier.verify(&es(0, "e")).await.is_ok(),
        "renewed beside the request"
    );
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(verifier.verify(&es(0, "e")).await, Err(TokenError::Invalid));
}

#[tokio::test(start_paused = true)]
async fn without_any_keys_nobody_is_told_that_their_token_is_bad() {
    let issuer = Issuer::default();
    let verifier = issuer.verifier();
    verifier.prepare().await;
    assert_eq!(verifier.verify(&es(0, "e")).await, Err(TokenError::Unavailable));
    issuer.publishes(vec![es_key(0, "e")]);
    tokio::time::advance(Duration::from_secs(3)).await;
    assert!(verifier.verify(&es(0, "e")).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn unfit_keys_are_passed_over() {
    let issuer = Issuer::default();
    let with = |name: &str, value: &str| {
        let mut key = es_key(0, "e");
        key[name] = json!(value);
        key
    };
    for unfit in [
        with("use", "enc"),
        with("alg", "RS256"),
        with("kty", "oct"),
        with("crv", "P-384"),
    ] {
        issuer.publishes(vec![unfit.clone(), es_key(1, "other")]);
        let verifier = issuer.verifier();
        assert_eq!(
            verifier.verify(&es(0, "e")).await,
            Err(TokenError::Invalid),
            "{unfit}"
        );
    }
    // a modulus of 512 bits
    let mut weak = public(&rsa(), Algorithm::RS256, "r");
    weak["n"] = json!(weak["n"].as_str().unwrap()[..86]);
    issuer.publishes(vec![weak, es_key(1, "other")]);
    let verifier = issuer.verifier();
    let signed = token(&rsa(), Algorithm::RS256, Some("r"));
    assert_eq!(verifier.verify(&signed).await, Err(TokenError::Invalid));
}

#[tokio::test(start_paused = true)]
async fn claims_are_checked_as_with_a_secret() {
    let issuer = Issuer::default();
    issuer.publishes(vec![es_key(0, "e")]);
    let verifier = issuer.verifier();
    let mut header = Header::new(Algorithm::ES256);
    header.kid = Some("e".into());
    for (claim, value, expected) in [
        ("exp", json!(now() - 31), TokenError::Expired),
        ("nbf", json!(now() + 31), TokenError::NotYetValid),
        ("iss", json!("other"), TokenError::Foreign),
        ("aud", json!("other"), TokenError::Foreign),
        ("exp", Value::Null, TokenError::Invalid),
        ("sub", Value::Null, TokenError::Invalid),
    ] {
        let mut claims = claims();
        claims[claim] = value;
        if claims[claim].is_null() {
            claims.as_object_mut().unwrap().remove(claim);
        }
        let token = jsonwebtoken::encode(&header, &claims, &p256(0)).unwrap();
        assert_eq!(verifier.verify(&token).await, Err(expected), "{claim}");
    }
}
