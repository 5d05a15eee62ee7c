//! A hub process on a configuration, and a token of its owner.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// Who asks; the configuration makes it a member.
pub const USER: &str = "bench";
/// The environment variable that the configuration names for the secret.
pub const SECRET_VARIABLE: &str = "METASYNC_JWT_SECRET";
/// The hub's secret; it lives as long as the benchmark.
const SECRET: &str = "a secret of the benchmark, long enough for HS256";

/// A started hub; killed when dropped.
pub struct Serving {
    child: Child,
    /// Its address.
    pub url: String,
    /// Bearer token of [`USER`].
    pub token: String,
}

impl Serving {
    /// Starts the measured program on this configuration, at a free port.
    pub fn start(config: &Path) -> Result<Serving> {
        let program = super::program()?;
        let metasync = || {
            let mut command = Command::new(&program);
            command.env(SECRET_VARIABLE, SECRET).env("METASYNC_LOG", "error");
            command
        };
        let token = metasync()
            .args(["token", "--json", "--user", USER, "--ttl", "8h", "--config"])
            .arg(config)
            .output()
            .context("can't start metasync token")?;
        ensure!(
            token.status.success(),
            "metasync token failed: {}",
            String::from_utf8_lossy(&token.stderr)
        );
        let token: Value = serde_json::from_slice(&token.stdout)?;
        let token = token["token"].as_str().context("no token")?.to_owned();
        let mut child = metasync()
            .args(["hub", "--listen", "127.0.0.1:0", "--config"])
            .arg(config)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("can't start metasync hub")?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("no stdout")?).read_line(&mut line)?;
        let url = line
            .trim()
            .strip_prefix("listening on ")
            .with_context(|| format!("the hub said `{}`", line.trim()))?
            .to_owned();
        Ok(Serving { child, url, token })
    }

    /// Process id.
    pub fn process(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
