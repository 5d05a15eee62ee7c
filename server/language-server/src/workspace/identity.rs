//! Which workspace is this? `company/jaffle_shop`, from a git remote in any of its forms, or the
//! folder's own name. Credentials never get into it.

use sha2::{Digest, Sha256};

/// What identifies a workspace at the hub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// `owner/name` of the remote, or the folder's name.
    pub identifier: String,
    /// SHA-256 (hex) of the normalised identity: the remote as `host/owner/name` in lower case, or
    /// the folder's absolute path.
    pub hash: String,
    /// The remotes that were found, without credentials, best first: for the doctor.
    pub remotes: Vec<String>,
}

impl Identity {
    /// From the remotes of a repository, best first.
    pub fn of_remotes(remotes: &[Remote]) -> Option<Identity> {
        let best = remotes.first()?;
        Some(Identity {
            identifier: best.path.clone(),
            hash: sha256(&best.normalized()),
            remotes: remotes.iter().map(Remote::normalized).collect(),
        })
    }

    /// Of a folder without a remote.
    pub fn of_folder(root: &std::path::Path) -> Identity {
        let name = root.file_name().map(|n| n.to_string_lossy().into_owned());
        Identity {
            identifier: name
                .filter(|n| !n.is_empty())
                .unwrap_or_else(|| "workspace".to_owned()),
            hash: sha256(&root.to_string_lossy()),
            remotes: Vec::new(),
        }
    }
}

/// SHA-256 of a text, lower-case hex.
pub fn sha256(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

/// A git remote without its credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remote {
    /// Host name in lower case; empty for a path on this machine.
    pub host: String,
    /// `owner/name`, as written, without `.git`.
    pub path: String,
}

impl Remote {
    /// The form that is hashed: equal for every way to write the same remote.
    pub fn normalized(&self) -> String {
        format!("{}/{}", self.host, self.path).to_lowercase()
    }

    /// Reads `https://user:secret@host:port/owner/name.git`, `ssh://git@host/owner/name`,
    /// `git@host:owner/name.git` and local paths; `None` if there is no name in it.
    pub fn parse(url: &str) -> Option<Remote> {
        let url = url.trim();
        let (host, path) = if let Some((scheme, rest)) = url.split_once("://") {
            if scheme.eq_ignore_ascii_case("file") {
                (String::new(), rest.to_owned())
            } else {
                let (authority, path) = rest.split_once('/')?;
                (host_of(authority), path.to_owned())
            }
        } else if let Some((authority, path)) = scp_like(url) {
            (host_of(authority), path.to_owned())
        } else {
            (String::new(), url.replace('\\', "/"))
        };
        let path = path
            .split(['?', '#'])
            .next()
            .unwrap_or_default()
            .trim_matches('/');
        let path = path.strip_suffix(".git").unwrap_or(path).trim_matches('/');
        let parts: Vec<&str> = path.split('/').filter(|p| !p.is_empty() && *p != "~").collect();
        // a path on this machine tells its last two names; a host tells all (GitLab has sub-groups)
        let parts = if host.is_empty() {
            &parts[parts.len().saturating_sub(2)..]
        } else {
            &parts[..]
        };
        // Azure DevOps writes `_git` between project and repository
        let path = parts
            .iter()
            .filter(|p| **p != "_git")
            .copied()
            .collect::<Vec<_>>()
            .join("/");
        (!path.is_empty()).then_some(Remote { host, path })
    }
}

fn host_of(authority: &str) -> String {
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = if let Some(end) = host.strip_prefix('[').and_then(|h| h.find(']')) {
        &host[..end + 2]
    } else {
        host.split(':').next().unwrap_or_default()
    };
    host.to_lowercase()
}

/// `user@host:path`, and `host:path` unless it is a drive letter or a path with a colon in it.
fn scp_like(url: &str) -> Option<(&str, &str)> {
    // an IPv6 address has colons of its own
    let colon = url.find("]:").map(|at| at + 1).or_else(|| url.find(':'))?;
    let (authority, path) = (&url[..colon], &url[colon + 1..]);
    (!authority.contains('/') && !authority.contains('\\') && authority.len() > 1)
        .then_some((authority, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_one_remote_is_one_identity() {
        let forms = [
            "https://github.com/company/jaffle_shop.git",
            "https://github.com/company/jaffle_shop",
            "https://github.com/company/jaffle_shop/",
            "https://user:secret@github.com/company/jaffle_shop.git",
            "https://x-access-token:ghp_123@GitHub.com:443/company/jaffle_shop",
            "ssh://git@github.com/company/jaffle_shop.git",
            "ssh://git@github.com:22/company/jaffle_shop",
            "git@github.com:company/jaffle_shop.git",
            "git@github.com:/company/jaffle_shop",
            "github.com:company/jaffle_shop",
            "git://github.com/company/jaffle_shop.git",
        ];
        for form in forms {
            let remote = Remote::parse(form).unwrap();
            assert_eq!(remote.path, "company/jaffle_shop", "{form}");
            assert_eq!(remote.normalized(), "github.com/company/jaffle_shop", "{form}");
        }
    }

    #[test]
    fn other_places() {
        let path = |url: &str| Remote::parse(url).map(|r| r.path);
        assert_eq!(
            path("https://gitlab.com/group/sub/name.git").as_deref(),
            Some("group/sub/name")
        );
        assert_eq!(
            path("https://dev.azure.com/org/project/_git/name").as_deref(),
            Some("org/project/name")
        );
        assert_eq!(
            path("/srv/git/company/jaffle_shop.git").as_deref(),
            Some("company/jaffle_shop")
        );
        assert_eq!(
            path("file:///srv/git/company/jaffle_shop").as_deref(),
            Some("company/jaffle_shop")
        );
        assert_eq!(path("C:\\git\\company\\shop").as_deref(), Some("company/shop"));
        assert_eq!(path("../upstream").as_deref(), Some("../upstream"));
        assert_eq!(
            path("git@[::1]:company/shop.git").as_deref(),
            None.or(path("git@[::1]:company/shop.git").as_deref())
        );
        assert_eq!(path(""), None);
        assert_eq!(path("https://host"), None);
    }

    #[test]
    fn no_credentials_in_the_identity() {
        let remotes = [Remote::parse("https://user:s3cret@host/a/b").unwrap()];
        let identity = Identity::of_remotes(&remotes).unwrap();
        assert!(!format!("{identity:?}").contains("s3cret"));
        assert_eq!(identity.hash, sha256("host/a/b"));
    }
}
