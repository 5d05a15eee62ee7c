//! The address of a WebDAV folder with a published catalogue, as file managers write it: `davs://host/path` over
//! https, `dav://host/path` over http; a user name may stand in it.

/// A WebDAV folder and who we are there.
#[derive(Clone, PartialEq, Eq)]
pub struct Folder {
    /// `https://…` or `http://…`, without credentials and trailing slash.
    pub url: String,
    /// User name.
    pub username: Option<String>,
    /// Password.
    pub password: Option<String>,
}

impl std::fmt::Debug for Folder {
    // written by hand: a password never gets into a log
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let password = if self.password.is_some() { "yes" } else { "no" };
        write!(f, "{}, {:?}, password: {password}", self.url, self.username)
    }
}

/// An address of a folder that can't be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FolderError {
    /// A password in it.
    #[error(
        "a password stands in the address, where others can read it: take it out and set WEBDAV_PASSWORD, or sign in"
    )]
    Password,
    /// It names no host.
    #[error("it is no address of a WebDAV folder such as davs://files.example.com/catalogues/sales")]
    NoAddress,
}

impl Folder {
    /// Whether an address names a folder rather than a hub.
    pub fn is_meant(url: &str) -> bool {
        scheme(url).is_some_and(|(scheme, _)| matches!(scheme.as_str(), "dav" | "davs"))
    }

    /// Reads `dav:`, `davs:`, `http:` and `https:`.
    pub fn parse(url: &str) -> Result<Folder, FolderError> {
        let (scheme, rest) = scheme(url.trim()).ok_or(FolderError::NoAddress)?;
        let scheme = match scheme.as_str() {
            "dav" | "http" => "http",
            "davs" | "https" => "https",
            _ => return Err(FolderError::NoAddress),
        };
        let rest = rest.split(['?', '#']).next().unwrap_or_default();
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority),
        };
        if user.is_some_and(|user| user.contains(':')) {
            return Err(FolderError::Password);
        }
        let odd = |c: char| c.is_whitespace() || c.is_control();
        if host.is_empty() || host.starts_with(':') || rest.contains(odd) {
            return Err(FolderError::NoAddress);
        }
        Ok(Folder {
            url: format!("{scheme}://{host}/{path}")
                .trim_end_matches('/')
                .to_owned(),
            username: user.filter(|user| !user.is_empty()).map(str::to_owned),
            password: None,
        })
    }

    /// Whether what is sent there can be read on the way.
    pub fn is_in_clear_text(&self) -> bool {
        let Some(rest) = self.url.strip_prefix("http://") else {
            return false;
        };
        let authority = rest.split('/').next().unwrap_or_default();
        let host = match authority.strip_prefix('[') {
            Some(v6) => v6.split(']').next().unwrap_or_default(),
            None => authority.split(':').next().unwrap_or_default(),
        };
        let loopback = host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
        !loopback && host != "localhost"
    }

    /// The address as it stands in the settings.
    pub fn shown(&self) -> String {
        let shown = self.url.replacen("http", "dav", 1);
        match &self.username {
            Some(user) => shown.replacen("://", &format!("://{user}@"), 1),
            None => shown,
        }
    }
}

fn scheme(url: &str) -> Option<(String, &str)> {
    let (scheme, rest) = url.split_once("://")?;
    Some((scheme.to_ascii_lowercase(), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_file_managers_write_them() {
        let read = |url| Folder::parse(url).map(|f| (f.url.clone(), f.username.clone(), f.shown()));
        let of = |url: &str, user: Option<&str>, shown: &str| {
            Ok((url.into(), user.map(str::to_owned), shown.into()))
        };
        assert_eq!(
            read("davs://files.example.com/a/b/"),
            of(
                "https://files.example.com/a/b",
                None,
                "davs://files.example.com/a/b"
            )
        );
        assert_eq!(
            read("DAV://ann@127.0.0.1:8080/x?y#z"),
            of(
                "http://127.0.0.1:8080/x",
                Some("ann"),
                "dav://ann@127.0.0.1:8080/x"
            )
        );
        assert_eq!(read("https://h"), of("https://h", None, "davs://h"));
        assert_eq!(read("davs://ann:secret@h/x"), Err(FolderError::Password));
        for odd in [
            "",
            "davs://",
            "davs:///x",
            "ftp://h/x",
            "h/x",
            "davs://h/a b",
            "dav://:80/",
        ] {
            assert_eq!(read(odd), Err(FolderError::NoAddress), "{odd}");
        }
        let clear = |url| Folder::parse(url).unwrap().is_in_clear_text();
        assert!(clear("dav://h/x") && clear("http://10.0.0.1:80"));
        assert!(
            !clear("davs://h")
                && !clear("dav://localhost:80")
                && !clear("dav://127.0.0.1/x")
                && !clear("dav://[::1]:8/x")
        );
        assert!(Folder::is_meant("davs://h") && !Folder::is_meant("https://h") && !Folder::is_meant("x"));
    }
}
