//! Who the hub is to a source: bearer token, user and password, key, or a token that is fetched first
//! (OAuth 2.0, client credentials).

use std::time::{Duration, Instant};

use base64::Engine as _;
use reqwest::{
    Method,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
};
use serde_json::Value;
use url::Url;

use super::{
    super::{EntryError, ErrorKind, limits::MAX_TOKEN_BYTES, secrets::Variables},
    http::{Ask, Http},
};

/// A token is fetched anew so long before it ends.
const MARGIN: Duration = Duration::from_secs(30);

/// How long a token counts that does not say how long it is good for.
const DEFAULT_LIFETIME: u64 = 300;

/// The option `auth`.
#[derive(Clone, Debug, Default)]
pub(super) struct AuthOptions(Option<Value>);

/// What goes with each request.
#[derive(Clone, Default)]
pub(super) enum Auth {
    #[default]
    None,
    Header(HeaderName, HeaderValue),
    /// A parameter of the query: name and value.
    Query(String, String),
    OAuth(OAuth),
}

#[derive(Clone)]
pub(super) struct OAuth {
    token_url: Url,
    client_id: String,
    client_secret: String,
    scope: Option<String>,
    token: Option<(HeaderValue, Instant)>,
}

impl AuthOptions {
    pub(super) fn read(options: &Value) -> Result<AuthOptions, EntryError> {
        let auth = match options.get("auth") {
            None | Some(Value::Null) => return Ok(AuthOptions(None)),
            Some(auth @ Value::Object(_)) => auth,
            Some(_) => return Err(EntryError::option("auth", "must be an object")),
        };
        let has = |name: &str| {
            [name.to_owned(), format!("{name}Env")]
                .iter()
                .any(|n| auth.get(n).is_some_and(|v| !v.is_null()))
        };
        let needs = |names: &[&str]| match names.iter().find(|name| !has(name)) {
            Some(name) => Err(EntryError::option(&format!("auth.{name}"), "is needed")),
            None => Ok(()),
        };
        match auth.get("type").and_then(Value::as_str) {
            Some("none") => return Ok(AuthOptions(None)),
            Some("bearer") => needs(&["token"])?,
            Some("basic") => needs(&["username", "password"])?,
            Some("api_key") => {
                needs(&["name", "value"])?;
                if !matches!(
                    auth.get("in").and_then(Value::as_str),
                    None | Some("header" | "query")
                ) {
                    return Err(EntryError::option("auth.in", "must be header or query"));
                }
            }
            Some("oauth2") => needs(&["tokenUrl", "clientId", "clientSecret"])?,
            _ => {
                return Err(EntryError::option(
                    "auth.type",
                    "must be bearer, basic, api_key or oauth2",
                ));
            }
        }
        Ok(AuthOptions(Some(auth.clone())))
    }

    /// Where a token is fetched, where one is.
    pub(super) fn token_url(&self) -> Option<&str> {
        let auth = self.0.as_ref()?;
        let kind = auth.get("type").and_then(Value::as_str);
        auth.get("tokenUrl")
            .and_then(Value::as_str)
            .filter(|_| kind == Some("oauth2"))
    }

    /// Reads the secrets.
    pub(super) fn resolve(&self, variables: &Variables, http: &Http) -> Result<Auth, EntryError> {
        let Some(auth) = &self.0 else {
            return Ok(Auth::None);
        };
        let secret = |name: &str| {
            let found = variables.secret(auth, name, "auth")?;
            found.ok_or_else(|| EntryError::option(&format!("auth.{name}"), "is needed"))
        };
        Ok(match auth.get("type").and_then(Value::as_str) {
            Some("bearer") => Auth::Header(AUTHORIZATION, header(&format!("Bearer {}", secret("token")?))?),
            Some("basic") => {
                let pair = format!("{}:{}", secret("username")?, secret("password")?);
                let code = base64::engine::general_purpose::STANDARD.encode(pair);
                Auth::Header(AUTHORIZATION, header(&format!("Basic {code}"))?)
            }
            Some("api_key") => {
                let (name, value) = (secret("name")?, secret("value")?);
                if auth.get("in").and_then(Value::as_str) == Some("query") {
                    return Ok(Auth::Query(name, value));
                }
                let name = HeaderName::from_bytes(name.as_bytes())
                    .map_err(|_| EntryError::option("auth.name", "is no name of a header"))?;
                Auth::Header(name, header(&value)?)
            }
            Some("oauth2") => Auth::OAuth(OAuth {
                token_url: http.reach.check(&secret("tokenUrl")?)?,
                client_id: secret("clientId")?,
                client_secret: secret("clientSecret")?,
                scope: auth.get("scope").and_then(Value::as_str).map(str::to_owned),
                token: None,
            }),
            _ => Auth::None,
        })
    }
}

fn header(text: &str) -> Result<HeaderValue, EntryError> {
    let mut value = HeaderValue::from_str(text.trim_end_matches(['\r', '\n']))
        .map_err(|_| EntryError::option("auth", "holds what can't stand in a header"))?;
    value.set_sensitive(true);
    Ok(value)
}

impl Auth {
    /// Adds what a request needs.
    pub(super) async fn add(&mut self, ask: &mut Ask, http: &mut Http) -> Result<(), EntryError> {
        match self {
            Auth::None => {}
            Auth::Header(name, value) => {
                ask.secrets.insert(name.clone(), value.clone());
            }
            Auth::Query(name, value) => {
                ask.url.query_pairs_mut().append_pair(name, value);
            }
            Auth::OAuth(oauth) => {
                let token = oauth.token(http).await?;
                ask.secrets.insert(AUTHORIZATION, token);
            }
        }
        Ok(())
    }

    /// Forgets a token that was refused; whether there was one that may be had anew.
    pub(super) fn renew(&mut self) -> bool {
        match self {
            Auth::OAuth(oauth) => oauth.token.take().is_some(),
            _ => false,
        }
    }
}

impl OAuth {
    async fn token(&mut self, http: &mut Http) -> Result<HeaderValue, EntryError> {
        if let Some((token, until)) = &self.token
            && Instant::now() < *until
        {
            return Ok(token.clone());
        }
        let mut answer = http.send(self.ask(false)?).await?;
        if matches!(answer.status, 400 | 401) {
            // Some want the client's name and secret the other way.
            answer = http.send(self.ask(true)?).await?;
        }
        if answer.status != 200 {
            return Err(answer.refused("the token's address", false));
        }
        let unreadable = || {
            EntryError::new(
                ErrorKind::Authentication,
                "invalid_token",
                "the token's address answered without an access_token",
            )
        };
        let body: Value = serde_json::from_slice(&answer.body).map_err(|_| unreadable())?;
        let token = body
            .get("access_token")
            .and_then(Value::as_str)
            .ok_or_else(unreadable)?;
        let token = header(&format!("Bearer {token}"))?;
        let seconds = body
            .get("expires_in")
            .and_then(Value::as_u64)
            .unwrap_or(DEFAULT_LIFETIME);
        let lifetime = Duration::from_secs(seconds.min(86_400)).saturating_sub(MARGIN);
        self.token = Some((token.clone(), Instant::now() + lifetime));
        Ok(token)
    }

    fn ask(&self, in_header: bool) -> Result<Ask, EntryError> {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "client_credentials");
        if let Some(scope) = &self.scope {
            form.append_pair("scope", scope);
        }
        let mut headers = HeaderMap::new();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/x-www-form-urlencoded"),
        );
        let mut secrets = HeaderMap::new();
        if in_header {
            let pair = format!("{}:{}", self.client_id, self.client_secret);
            let code = base64::engine::general_purpose::STANDARD.encode(pair);
            secrets.insert(AUTHORIZATION, header(&format!("Basic {code}"))?);
        } else {
            form.append_pair("client_id", &self.client_id);
            form.append_pair("client_secret", &self.client_secret);
        }
        Ok(Ask {
            method: Method::POST,
            url: self.token_url.clone(),
            headers,
            secrets,
            body: Some(form.finish().into_bytes()),
            most_bytes: MAX_TOKEN_BYTES,
        })
    }
}
