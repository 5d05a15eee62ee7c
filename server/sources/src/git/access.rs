//! Who the hub is to a git server: a key for ssh, a name and a token for https. The machine's own ssh
//! agent, configuration and known hosts serve where nothing else is said.
//!
//! Nothing of it stands in the arguments of a process, which every user of the machine can read: a token
//! reaches git by its environment, and is sent to the repository's own host alone.

use std::path::{Path, PathBuf};

use base64::{Engine as _, prelude::BASE64_STANDARD};

use super::Location;
use crate::SourceError;

/// The name that goes with a token where none is given; servers that look at the token alone take any.
const TOKEN_USER: &str = "x-access-token";

/// ssh asks nothing, and notices when the other side is gone.
const SSH: &str = "ssh -oBatchMode=yes -oConnectTimeout=20 -oServerAliveInterval=15 -oServerAliveCountMax=3";

/// Who the hub is to the server of a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GitAccess {
    /// Private key for ssh; left out: as the machine's own ssh finds one.
    pub ssh_key: Option<PathBuf>,
    /// The keys of hosts for ssh; left out: the machine's own.
    pub known_hosts: Option<PathBuf>,
    /// Whether hosts must be known to ssh; left out: as the machine's own ssh is configured.
    pub strict_host_keys: Option<bool>,
    /// Name for https.
    pub username: Option<String>,
    /// Environment variable with the token (or password) for https. It wins over what the address holds.
    pub token_env: Option<String>,
}

impl GitAccess {
    /// Whether what it names is there.
    ///
    /// # Errors
    /// [`SourceError::Configuration`] for a key, or keys of hosts, that are no file.
    pub(super) fn check(&self) -> Result<(), SourceError> {
        for (what, file) in [
            ("ssh key", &self.ssh_key),
            ("file with the keys of hosts", &self.known_hosts),
        ] {
            if let Some(file) = file.as_deref().filter(|file| !file.is_file()) {
                return Err(SourceError::Configuration(format!(
                    "the {what} {} is no file that can be read: correct it in the hub's configuration",
                    file.display()
                )));
            }
        }
        Ok(())
    }

    /// The command that git reaches ssh by; git hands it to a shell.
    pub(super) fn ssh(&self) -> String {
        let mut ssh = SSH.to_owned();
        if let Some(key) = &self.ssh_key {
            ssh.push_str(&format!(" -oIdentitiesOnly=yes -i {}", quoted(key)));
        }
        match (&self.known_hosts, self.strict_host_keys) {
            (_, Some(false)) => ssh.push_str(" -oUserKnownHostsFile=/dev/null"),
            (Some(file), _) => ssh.push_str(&format!(" -oUserKnownHostsFile={}", quoted(file))),
            _ => {}
        }
        if let Some(strict) = self.strict_host_keys {
            let check = if strict { "yes" } else { "no" };
            ssh.push_str(&format!(" -oStrictHostKeyChecking={check}"));
        }
        ssh
    }

    /// The setting of git, and its value, that tell an https server who asks.
    ///
    /// # Errors
    /// [`SourceError::Configuration`] where the variable with the token is not set.
    pub(super) fn https(&self, location: &Location) -> Result<Option<(String, String)>, SourceError> {
        let Some(origin) = location.https_origin() else {
            return Ok(None);
        };
        let known = location.credentials();
        let (name, token) = match (&self.token_env, known) {
            (Some(variable), _) => {
                let token = std::env::var(variable).ok().filter(|token| !token.is_empty());
                let token = token.ok_or_else(|| {
                    SourceError::Configuration(format!(
                        "the environment variable {variable} is not set; it holds the token for {location}"
                    ))
                })?;
                let known = known
                    .map(|(name, _)| name.as_str())
                    .filter(|name| !name.is_empty());
                let name = self.username.as_deref().or(known).unwrap_or(TOKEN_USER);
                (name.to_owned(), token)
            }
            (None, Some((name, password))) => {
                (self.username.clone().unwrap_or(name.clone()), password.clone())
            }
            (None, None) => return Ok(None),
        };
        let pair = BASE64_STANDARD.encode(format!("{name}:{token}"));
        Ok(Some((
            format!("http.{origin}/.extraHeader"),
            format!("Authorization: Basic {pair}"),
        )))
    }
}

/// A path as one word of a shell.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_for_ssh_can_not_leave_its_quotes() {
        let access = GitAccess {
            ssh_key: Some("/k'; touch x; '".into()),
            strict_host_keys: Some(false),
            ..GitAccess::default()
        };
        let ssh = access.ssh();
        assert!(ssh.contains(r"-i '/k'\''; touch x; '\'''"), "{ssh}");
        assert!(ssh.contains("-oStrictHostKeyChecking=no"), "{ssh}");
    }

    #[test]
    fn what_an_address_holds_is_a_header_for_its_host_alone() {
        let header = |url: &str| {
            let location = Location::parse(url).unwrap();
            assert!(!location.as_git().contains("s3cret"), "{}", location.as_git());
            GitAccess::default().https(&location).unwrap()
        };
        let (key, value) = header("https://ann%40acme:s3cret@host:8443/x/y.git").unwrap();
        assert_eq!(key, "http.https://host:8443/.extraHeader");
        let pair = BASE64_STANDARD.decode(value.strip_prefix("Authorization: Basic ").unwrap());
        assert_eq!(pair.unwrap(), b"ann@acme:s3cret");
        assert_eq!(header("https://host/x"), None);
        assert_eq!(header("ssh://git@host/x"), None);
        assert_eq!(header("git@host:x"), None);
    }

    #[test]
    fn a_token_that_is_not_set_is_named() {
        let access = GitAccess {
            token_env: Some("METASYNC_NO_SUCH_TOKEN".into()),
            ..GitAccess::default()
        };
        let location = Location::parse("https://host/x").unwrap();
        let error = access.https(&location).unwrap_err().to_string();
        assert!(error.contains("METASYNC_NO_SUCH_TOKEN"), "{error}");
    }
}
