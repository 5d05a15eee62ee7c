//! Where requests that others ask for may go: not into this machine nor the networks behind it, unless
//! the configuration says so (security.md 9). Names are looked up first, and what was looked at is where
//! the request goes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use url::{Host, Url};

use crate::SourceError;

/// Longest address.
const MAX_URL_BYTES: usize = 2_000;

/// Where requests may go.
#[derive(Clone, Copy, Debug)]
pub struct Reach {
    /// Whether loopback, private and link-local addresses may be reached.
    pub allow_private: bool,
}

impl Reach {
    /// Reads an address (http or https, without credentials), and refuses those that are forbidden as
    /// they are written.
    pub fn check(self, url: &str) -> Result<Url, SourceError> {
        let wrong = |why: &str| SourceError::Configuration(format!("the address {why}"));
        if url.len() > MAX_URL_BYTES {
            return Err(wrong("is too long"));
        }
        // Odd ways of writing an IPv4 address (decimal, octal, shortened) are read as what they mean.
        let url = Url::parse(url).map_err(|e| wrong(&format!("can't be read: {e}")))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(wrong("must begin with https:// or http://"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("must not hold credentials"));
        }
        match url.host() {
            None => Err(wrong("names no host")),
            Some(Host::Ipv4(ip)) => self.allows(IpAddr::V4(ip)).map(|()| url),
            Some(Host::Ipv6(ip)) => self.allows(IpAddr::V6(ip)).map(|()| url),
            Some(Host::Domain(name)) => {
                let name = name.trim_end_matches('.').to_ascii_lowercase();
                if !self.allow_private && (name == "localhost" || name.ends_with(".localhost")) {
                    return Err(forbidden(&name));
                }
                Ok(url)
            }
        }
    }

    /// Where the host of an address is; all of it must be allowed.
    pub async fn resolve(self, url: &Url) -> Result<Vec<SocketAddr>, SourceError> {
        let host = url.host_str().unwrap_or_default();
        let port = url.port_or_known_default().unwrap_or(443);
        let name = host.trim_matches(['[', ']']);
        let found = tokio::net::lookup_host((name, port))
            .await
            .map_err(|e| SourceError::Unreachable(format!("the host {host} can't be found: {e}")))?;
        let found: Vec<SocketAddr> = found.collect();
        if found.is_empty() {
            return Err(SourceError::Unreachable(format!(
                "the host {host} has no address"
            )));
        }
        for address in &found {
            self.allows(address.ip())?;
        }
        Ok(found)
    }

    fn allows(self, ip: IpAddr) -> Result<(), SourceError> {
        if self.allow_private || is_public(ip) {
            return Ok(());
        }
        Err(forbidden(&ip.to_string()))
    }
}

fn forbidden(host: &str) -> SourceError {
    SourceError::Configuration(format!(
        "{host} is on this machine or in a private network, where this hub may not reach: see `[sources] \
         allow_private_networks`"
    ))
}

fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    !(ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_documentation()
        || ip.is_multicast()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (18..20).contains(&b)))
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let parts = ip.segments();
    let low = Ipv4Addr::from(((u32::from(parts[6])) << 16) | u32::from(parts[7]));
    let high = Ipv4Addr::from(((u32::from(parts[1])) << 16) | u32::from(parts[2]));
    match parts {
        // Mapped, translated and tunnelled IPv4 addresses are what they stand for.
        [0, 0, 0, 0, 0, 0xffff, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] => is_public_v4(low),
        [0x2002, ..] => is_public_v4(high),
        // Only global unicast is anybody's.
        [first, second, ..] => {
            (0x2000..0x4000).contains(&first)
                && !(first == 0x2001 && (second < 0x200 || second == 0xdb8))
                && first != 0x3fff
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_places_are_refused_however_they_are_written() {
        let reach = Reach { allow_private: false };
        for bad in [
            "http://127.0.0.1/x",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f.0.0.1/",
            "http://017700000001/",
            "http://localhost:8080/",
            "http://LOCALHOST./",
            "http://sub.localhost/",
            "http://10.1.2.3/",
            "http://172.16.0.1/",
            "http://192.168.1.1/",
            "http://169.254.169.254/latest/meta-data",
            "http://100.64.0.1/",
            "http://0.0.0.0/",
            "http://255.255.255.255/",
            "http://[::1]/",
            "http://[::]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::ffff:a00:1]/",
            "http://[64:ff9b::7f00:1]/",
            "http://[2002:7f00:1::]/",
            "http://[fe80::1]/",
            "http://[fc00::1]/",
            "ftp://example.com/",
            "file:///etc/passwd",
            "https://user:pw@example.com/",
            "nonsense",
            "",
        ] {
            assert!(reach.check(bad).is_err(), "{bad}");
        }
        for good in [
            "https://example.com/hook",
            "http://93.184.216.34:8080/",
            "https://[2606:2800:220:1::1]/",
        ] {
            assert!(reach.check(good).is_ok(), "{good}");
        }
        let anywhere = Reach { allow_private: true };
        assert!(anywhere.check("http://127.0.0.1:1/").is_ok());
        assert!(anywhere.check("ftp://127.0.0.1/").is_err());
    }

    #[tokio::test]
    async fn what_a_name_stands_for_is_looked_at() {
        let url = Url::parse("http://localhost:1/").unwrap();
        assert!(Reach { allow_private: false }.resolve(&url).await.is_err());
        assert!(Reach { allow_private: true }.resolve(&url).await.is_ok());
    }
}
