//! Running the git program so that nothing of the environment, the machine's configuration or the
//! repository's own configuration can make it run something else (security.md 13 to 15).

use std::{
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    sync::OnceLock,
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _},
    process::{Child, ChildStdin, ChildStdout, Command},
};

use super::{GitAccess, Location, location::redact};
use crate::{
    SourceError,
    limits::{FETCH_TIMEOUT, MAX_STDERR_BYTES, MAX_STDOUT_BYTES},
};

/// What a child keeps of the environment: where programs are, who we are (ssh keys), how to reach the
/// net. Everything else, and everything that begins with `GIT_`, is gone.
const KEPT_ENVIRONMENT: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "TMPDIR",
    "SSH_AUTH_SOCK",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "http_proxy",
    "https_proxy",
    "HTTPS_PROXY",
    "no_proxy",
    "NO_PROXY",
    "all_proxy",
    "ALL_PROXY",
    "SYSTEMROOT",
    "USERPROFILE",
    "APPDATA",
    "TEMP",
    "TMP",
];

/// Where certificates of an authority of one's own are: as other programs are told, and as git is.
const CERTIFICATES: &[(&str, &str)] = &[
    ("SSL_CERT_FILE", "GIT_SSL_CAINFO"),
    ("SSL_CERT_DIR", "GIT_SSL_CAPATH"),
];

/// Settings that win over whatever the repository's own configuration says.
const SETTINGS: &[&str] = &[
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.symlinks=false",
    "core.quotePath=false",
    "safe.bareRepository=explicit",
    "credential.helper=",
    "credential.interactive=never",
    "submodule.recurse=false",
    "fetch.recurseSubmodules=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "advice.detachedHead=false",
    "http.followRedirects=initial",
    "http.lowSpeedLimit=1",
    "http.lowSpeedTime=60",
];

/// The git program by its whole path, where PATH has it. With a name alone a child that gets an
/// environment of its own has to be forked, which copies the tables of all of a large hub's memory.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    const NAME: &str = if cfg!(windows) { "git.exe" } else { "git" };
    PROGRAM.get_or_init(|| {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path)
            .filter(|folder| folder.is_absolute())
            .map(|folder| folder.join(NAME))
            .find(|file| is_program(file))
            .unwrap_or_else(|| PathBuf::from(NAME))
    })
}

#[cfg(unix)]
fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(file).is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(file: &Path) -> bool {
    file.is_file()
}

/// The git program over one bare clone.
pub(super) struct Git {
    dir: PathBuf,
    local: bool,
    ssh: String,
    /// A setting and its value, for https.
    https: Option<(String, String)>,
    fetch_timeout: Duration,
}

/// A finished command.
pub(super) struct Finished {
    pub(super) status: ExitStatus,
    pub(super) stdout: Vec<u8>,
    /// Without credentials, trimmed.
    pub(super) stderr: String,
}

impl Finished {
    /// The output as text, where the command succeeded.
    pub(super) fn text(self, doing: &str) -> Result<String, SourceError> {
        if self.status.success() {
            return Ok(String::from_utf8_lossy(&self.stdout).trim().to_owned());
        }
        Err(self.error(doing))
    }

    pub(super) fn error(&self, doing: &str) -> SourceError {
        SourceError::Git(format!("{doing}: {}", self.reason()))
    }

    /// What git said, or how it ended.
    pub(super) fn reason(&self) -> String {
        if self.stderr.is_empty() {
            return format!("git ended with {}", self.status);
        }
        self.stderr.clone()
    }
}

impl Git {
    /// Over the bare clone in `dir` of what lives at `location`.
    ///
    /// # Errors
    /// [`SourceError::Configuration`] where something that `access` names is not there.
    pub(super) fn new(dir: PathBuf, location: &Location, access: &GitAccess) -> Result<Git, SourceError> {
        access.check()?;
        Ok(Git {
            dir,
            local: location.is_local(),
            ssh: access.ssh(),
            https: access.https(location)?,
            fetch_timeout: FETCH_TIMEOUT,
        })
    }

    /// With another patience for what a remote is asked.
    pub(super) fn patient(mut self, patience: Duration) -> Git {
        self.fetch_timeout = patience;
        self
    }

    /// How long a remote may take to answer a command.
    pub(super) fn fetch_timeout(&self) -> Duration {
        self.fetch_timeout
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// A command with nothing but what it needs.
    fn command(&self, with_dir: bool) -> Command {
        let mut command = Command::new(program());
        command.env_clear();
        for name in KEPT_ENVIRONMENT {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        let protocols = if self.local { "https:ssh:file" } else { "https:ssh" };
        command
            .env("LC_ALL", "C.UTF-8")
            .env("GIT_ALLOW_PROTOCOL", protocols)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_ATTR_NOSYSTEM", "1")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_ASKPASS", "")
            .env("SSH_ASKPASS_REQUIRE", "never")
            .env("GIT_SSH_COMMAND", &self.ssh)
            .env("GIT_LFS_SKIP_SMUDGE", "1")
            .env("GIT_NO_REPLACE_OBJECTS", "1")
            .env("GIT_OPTIONAL_LOCKS", "0");
        if let Some((setting, value)) = &self.https {
            command
                .env("GIT_CONFIG_COUNT", "1")
                .env("GIT_CONFIG_KEY_0", setting)
                .env("GIT_CONFIG_VALUE_0", value);
        }
        for (name, git_name) in CERTIFICATES {
            if let Some(value) = std::env::var_os(name) {
                command.env(git_name, value);
            }
        }
        for setting in SETTINGS {
            command.arg("-c").arg(setting);
        }
        if with_dir {
            command.arg("--git-dir").arg(&self.dir);
        }
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        #[cfg(unix)]
        command.process_group(0);
        command
    }

    /// Runs to the end; dropped or out of time, the whole process group is killed.
    pub(super) async fn run(&self, args: &[&str], timeout: Duration) -> Result<Finished, SourceError> {
        let what = args.first().copied().unwrap_or("git");
        let mut command = self.command(what != "init" && what != "ls-remote");
        command.args(args);
        let mut running = Running::spawn(command)?;
        let work = async {
            let stdout = running.child.stdout.take();
            let stderr = running.child.stderr.take();
            let (stdout, stderr) = tokio::join!(
                collect(stdout, MAX_STDOUT_BYTES),
                collect(stderr, MAX_STDERR_BYTES)
            );
            let stdout = stdout?;
            if stdout.len() as u64 > MAX_STDOUT_BYTES {
                return Err(SourceError::TooLarge(format!("git {what} answers with too much")));
            }
            let status = running.wait().await?;
            Ok(Finished {
                status,
                stdout,
                stderr: tidy(&stderr?),
            })
        };
        match tokio::time::timeout(timeout, work).await {
            Ok(finished) => finished,
            Err(_) => Err(SourceError::TimedOut(format!(
                "git {what} did not end within {} s and was stopped",
                timeout.as_secs()
            ))),
        }
    }

    /// Starts a command that is spoken to.
    pub(super) fn talk(&self, args: &[&str]) -> Result<(Running, ChildStdin, ChildStdout), SourceError> {
        let mut command = self.command(true);
        command.args(args).stdin(Stdio::piped()).stderr(Stdio::null());
        let mut running = Running::spawn(command)?;
        match (running.child.stdin.take(), running.child.stdout.take()) {
            (Some(stdin), Some(stdout)) => Ok((running, stdin, stdout)),
            _ => Err(SourceError::Git("git can't be spoken to".into())),
        }
    }
}

/// A child that leads a process group of its own: gone, with all that it started, when dropped.
pub(super) struct Running {
    child: Child,
    ended: bool,
}

impl Running {
    fn spawn(mut command: Command) -> Result<Running, SourceError> {
        let child = command.spawn().map_err(SourceError::io(
            "starting the git program (is it installed and on PATH?)",
        ))?;
        Ok(Running { child, ended: false })
    }

    pub(super) async fn wait(&mut self) -> Result<ExitStatus, SourceError> {
        let status = self
            .child
            .wait()
            .await
            .map_err(SourceError::io("waiting for git"))?;
        self.ended = true;
        Ok(status)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        #[cfg(unix)]
        if !self.ended {
            let group = self
                .child
                .id()
                .and_then(|id| i32::try_from(id).ok())
                .and_then(rustix::process::Pid::from_raw);
            if let Some(group) = group {
                // It may have ended by itself just now.
                let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
            }
        }
    }
}

async fn collect(from: Option<impl AsyncRead + Unpin>, limit: u64) -> Result<Vec<u8>, SourceError> {
    let mut bytes = Vec::new();
    if let Some(mut from) = from {
        (&mut from)
            .take(limit + 1)
            .read_to_end(&mut bytes)
            .await
            .map_err(SourceError::io("reading what git says"))?;
        // The rest is read and dropped: a child must never wait for us.
        tokio::io::copy(&mut from, &mut tokio::io::sink())
            .await
            .map_err(SourceError::io("reading what git says"))?;
    }
    Ok(bytes)
}

/// The lines that matter, without credentials and without git's prefixes.
fn tidy(stderr: &[u8]) -> String {
    let text = redact(&String::from_utf8_lossy(stderr));
    let lines: Vec<&str> = text
        .lines()
        .map(|l| {
            l.trim()
                .trim_start_matches("fatal: ")
                .trim_start_matches("error: ")
        })
        .filter(|l| !l.is_empty() && !l.starts_with("hint:"))
        .collect();
    lines.join("; ").chars().filter(|c| !c.is_control()).collect()
}
