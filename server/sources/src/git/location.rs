//! Where a repository may live: https, ssh, or a path on this machine. Nothing else reaches git:
//! `ext::` would run a command (security.md 13), `git:` and `http:` are unprotected.

use std::fmt;

use crate::webdav::percent_decoded;

/// Where a repository lives.
#[derive(Clone, PartialEq, Eq)]
pub struct Location {
    /// Without what an https address tells of who asks: arguments of processes are no secret.
    url: String,
    credentials: Option<(String, String)>,
    local: bool,
}

/// Why an address is refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{shown:?} can't be used as a repository's address: {why}")]
pub struct Refused {
    shown: String,
    why: &'static str,
}

impl Location {
    /// Reads an address: `https://…`, `ssh://…`, `user@host:path`, `file:///…` or an absolute path.
    pub fn parse(url: &str) -> Result<Location, Refused> {
        let refuse = |why| {
            Err(Refused {
                shown: redact(url),
                why,
            })
        };
        if url.is_empty() {
            return refuse("it is empty");
        }
        if url.chars().any(|c| c.is_control()) {
            return refuse("it holds a control character");
        }
        if url.starts_with('-') {
            return refuse("it begins with a dash");
        }
        if url.contains("::") && !url.contains("://[") && !std::path::Path::new(url).is_absolute() {
            return refuse("remote helpers (`name::…`) are not allowed");
        }
        let local = if let Some((scheme, rest)) = url.split_once("://") {
            if rest.starts_with('-') || rest.is_empty() {
                return refuse("it names no host");
            }
            match scheme.to_ascii_lowercase().as_str() {
                "https" | "ssh" => false,
                "file" => true,
                _ => return refuse("only https, ssh and local paths are allowed"),
            }
        } else if std::path::Path::new(url).is_absolute() {
            true
        } else {
            match url.split_once(':') {
                Some((host, path)) if is_scp_host(host) && !path.is_empty() => false,
                _ => return refuse("it is neither https, nor ssh, nor an absolute path"),
            }
        };
        let (url, credentials) = without_credentials(url);
        Ok(Location {
            url,
            credentials,
            local,
        })
    }

    /// Whether it is on this machine.
    pub fn is_local(&self) -> bool {
        self.local
    }

    /// As git takes it; a name and a password for https stand in [`Location::credentials`].
    pub(super) fn as_git(&self) -> &str {
        &self.url
    }

    /// Name and password that an https address held, decoded.
    pub(super) fn credentials(&self) -> Option<&(String, String)> {
        self.credentials.as_ref()
    }

    /// Scheme, host and port of an https address.
    pub(super) fn https_origin(&self) -> Option<&str> {
        let rest = https(&self.url)?;
        let end = rest.find('/').unwrap_or(rest.len());
        Some(&self.url[..self.url.len() - rest.len() + end])
    }
}

/// Without credentials.
impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&redact(&self.url))
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Location({self})")
    }
}

/// What follows the scheme of an https address.
fn https(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_once("://")?;
    scheme.eq_ignore_ascii_case("https").then_some(rest)
}

fn without_credentials(url: &str) -> (String, Option<(String, String)>) {
    let split = https(url).and_then(|rest| {
        let end = rest.find('/').unwrap_or(rest.len());
        let (held, _) = rest[..end].rsplit_once('@')?;
        Some((url.len() - rest.len(), held))
    });
    let Some((at, held)) = split else {
        return (url.to_owned(), None);
    };
    let (name, password) = held.split_once(':').unwrap_or((held, ""));
    let bare = format!("{}{}", &url[..at], &url[at + held.len() + 1..]);
    (bare, Some((percent_decoded(name), percent_decoded(password))))
}

fn is_scp_host(host: &str) -> bool {
    let name = host.rsplit_once('@').map_or(host, |(_, name)| name);
    !name.is_empty()
        && !name.starts_with('-')
        && !host.contains('/')
        && host
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "@._-[]".contains(c))
}

/// Takes credentials out of every address in a text.
pub(super) fn redact(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        out.push_str(before);
        let end = after
            .find(|c: char| c == '/' || c.is_whitespace() || c == '\'' || c == '"')
            .unwrap_or(after.len());
        let authority = &after[..end];
        out.push_str(authority.rsplit_once('@').map_or(authority, |(_, host)| host));
        rest = &after[end..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_safe_addresses_pass() {
        for (url, local) in [
            ("https://github.com/acme/shop.git", false),
            ("https://user:pw@host/x", false),
            ("ssh://git@host:22/x", false),
            ("git@github.com:acme/shop.git", false),
            ("host:path", false),
            ("/srv/git/shop", true),
            ("file:///srv/git/shop", true),
            ("/srv/odd::name", true),
        ] {
            assert_eq!(Location::parse(url).map(|l| l.is_local()), Ok(local), "{url}");
        }
        for url in [
            "",
            "ext::sh -c id",
            "EXT::x",
            "fd::17",
            "git://host/x",
            "http://host/x",
            "--upload-pack=touch /tmp/x",
            "ssh://-oProxyCommand=id/x",
            "-oProxyCommand=id:x",
            "user@-oProxyCommand=id:x",
            "relative/path",
            "https://",
            "/srv/\n/x",
        ] {
            assert!(Location::parse(url).is_err(), "{url}");
        }
    }

    #[test]
    fn credentials_are_never_shown() {
        let secret = "https://user:s3cret@host/x";
        assert_eq!(Location::parse(secret).unwrap().to_string(), "https://host/x");
        assert!(!format!("{:?}", Location::parse(secret)).contains("s3cret"));
        assert_eq!(
            redact("fatal: unable to access 'https://a:b@h/x/': no https://c@d"),
            "fatal: unable to access 'https://h/x/': no https://d"
        );
    }
}
