//! The bare clone of a connection: made once, fetched before each run, built anew when damaged.

use std::path::Path;

use super::{Location, command::Git, names, tree::is_object_id};
use crate::{
    CURRENT_BRANCH, RefreshRequest, Refreshed, SourceError,
    content::content_hash,
    limits::{CLONE_LOOK, LOCAL_GIT_TIMEOUT, MAX_CLONE_BYTES},
};

/// File in the clone that tells which address it was fetched from (as a hash: addresses may hold
/// credentials).
const ORIGIN_FILE: &str = "metasync-origin";

pub(super) async fn refresh(
    git: &Git,
    location: &Location,
    configured: Option<&str>,
    request: &RefreshRequest,
) -> Result<Refreshed, SourceError> {
    prepare(git, location).await?;
    let mut warnings = Vec::new();
    let default = match configured {
        Some(branch) => branch.to_owned(),
        None => default_branch(git, location, request, &mut warnings).await?,
    };
    let mut branches: Vec<String> = request
        .branches
        .iter()
        .map(|b| if b == CURRENT_BRANCH { &default } else { b }.clone())
        .collect();
    if branches.is_empty() {
        branches.push(default.clone());
    }
    branches.sort_unstable();
    branches.dedup();

    let mut before = Vec::new();
    for branch in &branches {
        before.push(commit_of(git, branch).await?);
    }
    match fetch(git, location, &branches).await {
        Ok(()) => {}
        Err(error) if !request.must_fetch && before.iter().all(Option::is_some) => {
            warnings.push(format!("{error}; the last fetched state was indexed"));
        }
        Err(error) => return Err(error),
    }
    let mut pulled = 0;
    for (branch, old) in branches.iter().zip(before) {
        pulled += new_commits(git, branch, old.as_deref()).await?;
    }
    Ok(Refreshed {
        default_branch: Some(default),
        branches,
        commits_pulled: pulled,
        warnings,
    })
}

/// The commit that was fetched last for a branch.
pub(super) async fn commit_of(git: &Git, branch: &str) -> Result<Option<String>, SourceError> {
    // As git wrote it down itself; only what it keeps otherwise is asked for.
    if let Ok(text) = std::fs::read_to_string(git.dir().join(tracking(branch)))
        && is_object_id(text.trim())
    {
        return Ok(Some(text.trim().to_owned()));
    }
    let name = format!("{}^{{commit}}", tracking(branch));
    let found = git
        .run(
            &["rev-parse", "--quiet", "--verify", "--end-of-options", &name],
            LOCAL_GIT_TIMEOUT,
        )
        .await?;
    Ok(found
        .status
        .success()
        .then(|| String::from_utf8_lossy(&found.stdout).trim().to_owned()))
}

/// Where the clone keeps what was fetched of a branch.
pub(super) fn tracking(branch: &str) -> String {
    format!("refs/remotes/origin/{branch}")
}

pub(super) async fn prepare(git: &Git, location: &Location) -> Result<(), SourceError> {
    let origin = content_hash(location.as_git().as_bytes());
    let file = git.dir().join(ORIGIN_FILE);
    if std::fs::read_to_string(&file).is_ok_and(|known| known == origin) {
        remove_leftovers(git.dir());
        return Ok(());
    }
    // Another address, or a clone that was never finished.
    build(git, SHA1).await?;
    std::fs::write(&file, origin).map_err(SourceError::io(format!("writing {}", file.display())))
}

/// The object format of nearly all repositories, and the other one.
const SHA1: &str = "--object-format=sha1";
const SHA256: &str = "--object-format=sha256";

async fn build(git: &Git, format: &str) -> Result<(), SourceError> {
    let dir = git.dir();
    let shown = dir.display().to_string();
    match std::fs::remove_dir_all(dir) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            return Err(SourceError::io(format!("removing the old clone {shown}"))(e));
        }
        _ => {}
    }
    std::fs::create_dir_all(dir).map_err(SourceError::io(format!("making the folder {shown}")))?;
    git.run(
        &[
            "init",
            "--quiet",
            "--bare",
            "--template=",
            format,
            "--end-of-options",
            &shown,
        ],
        LOCAL_GIT_TIMEOUT,
    )
    .await?
    .text(&format!("making the clone {shown}"))?;
    Ok(())
}

/// A killed fetch leaves locks and half packs behind; one run at a time reads a connection, so they
/// belong to nobody.
fn remove_leftovers(dir: &Path) {
    let lock = |name: &str| name.ends_with(".lock");
    let half_pack = |name: &str| name.starts_with("tmp_") || name.starts_with(".tmp");
    remove_below(dir, 0, &lock);
    remove_below(&dir.join("refs"), 16, &lock);
    remove_below(&dir.join("objects/pack"), 0, &half_pack);
}

fn remove_below(dir: &Path, depth: usize, leftover: &dyn Fn(&str) -> bool) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() && depth > 0 {
            remove_below(&entry.path(), depth - 1, leftover);
        } else if kind.is_file() && entry.file_name().to_str().is_some_and(leftover) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

async fn default_branch(
    git: &Git,
    location: &Location,
    request: &RefreshRequest,
    warnings: &mut Vec<String>,
) -> Result<String, SourceError> {
    let remembered = git.dir().join("metasync-default-branch");
    let asked = git
        .run(
            &[
                "ls-remote",
                "--symref",
                "--end-of-options",
                location.as_git(),
                "HEAD",
            ],
            git.fetch_timeout(),
        )
        .await?;
    let known = std::fs::read_to_string(&remembered)
        .ok()
        .filter(|b| names::is_branch_name(b));
    if !asked.status.success() {
        let error = refusal(location, "read", &asked.reason());
        return match known {
            Some(branch) if !request.must_fetch => {
                warnings.push(error.to_string());
                Ok(branch)
            }
            _ => Err(error),
        };
    }
    let text = String::from_utf8_lossy(&asked.stdout).into_owned();
    let branch = text
        .lines()
        .find_map(|l| l.strip_prefix("ref: refs/heads/")?.strip_suffix("\tHEAD"))
        .map(str::to_owned)
        .ok_or_else(|| {
            SourceError::NotFound(format!("{location} has no default branch, or no commit yet"))
        })?;
    names::check_branch(&branch)?;
    // Only a convenience for times when the remote is away.
    let _ = std::fs::write(&remembered, &branch);
    Ok(branch)
}

pub(super) async fn fetch(git: &Git, location: &Location, branches: &[String]) -> Result<(), SourceError> {
    match fetch_once(git, location, branches).await {
        Err(SourceError::Git(reason)) if is_damage(&reason) => {
            tracing::warn!(clone = %git.dir().display(), reason, "the clone is damaged and is built anew");
            let origin = git.dir().join(ORIGIN_FILE);
            let _ = std::fs::remove_file(origin);
            prepare(git, location).await?;
            fetch_once(git, location, branches).await
        }
        Err(error) if error.to_string().contains(OTHER_FORMAT) => {
            // The clone was made for the other one.
            let is_sha256 = std::fs::read_to_string(git.dir().join("config"))
                .is_ok_and(|config| config.to_lowercase().contains("sha256"));
            build(git, if is_sha256 { SHA1 } else { SHA256 }).await?;
            let origin = content_hash(location.as_git().as_bytes());
            let file = git.dir().join(ORIGIN_FILE);
            std::fs::write(&file, origin).map_err(SourceError::io(format!("writing {}", file.display())))?;
            fetch_once(git, location, branches).await
        }
        other => other,
    }
}

/// What git says when the clone names objects in another way than the remote.
const OTHER_FORMAT: &str = "mismatched algorithms";

async fn fetch_once(git: &Git, location: &Location, branches: &[String]) -> Result<(), SourceError> {
    let refspecs: Vec<String> = branches
        .iter()
        .map(|b| format!("+refs/heads/{b}:{}", tracking(b)))
        .collect();
    let mut args = vec![
        "fetch",
        "--quiet",
        "--no-tags",
        "--no-recurse-submodules",
        "--no-auto-maintenance",
        "--no-write-fetch-head",
        "--end-of-options",
        location.as_git(),
    ];
    args.extend(refspecs.iter().map(String::as_str));
    let done = tokio::select! {
        done = git.run(&args, git.fetch_timeout()) => done?,
        size = grown_beyond(git.dir(), MAX_CLONE_BYTES) => {
            return Err(SourceError::TooLarge(format!(
                "{location} can't be fetched: its clone has {size} bytes, and {MAX_CLONE_BYTES} are allowed"
            )));
        }
    };
    if done.status.success() {
        return Ok(());
    }
    let reason = done.reason();
    if let Some((_, missing)) = reason.split_once("couldn't find remote ref refs/heads/") {
        let branch = missing.split(';').next().unwrap_or(missing).trim();
        return Err(SourceError::NotFound(format!(
            "branch {branch:?} is not in {location}"
        )));
    }
    if reason.contains("not allowed") {
        return Err(SourceError::Configuration(format!(
            "{location} can't be fetched: {reason}"
        )));
    }
    if is_damage(&reason) {
        return Err(SourceError::Git(format!("{location} can't be fetched: {reason}")));
    }
    Err(refusal(location, "fetched", &reason))
}

/// Ends once the clone holds more than so many bytes.
async fn grown_beyond(dir: &Path, most: u64) -> u64 {
    loop {
        tokio::time::sleep(CLONE_LOOK).await;
        let packs = std::fs::read_dir(dir.join("objects/pack"));
        let size = packs
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| entry.metadata().ok())
            .map(|metadata| metadata.len())
            .sum();
        if size > most {
            return size;
        }
    }
}

/// What it means that a remote can't be reached: only the network may be better later.
pub(super) fn refusal(location: &Location, done: &str, reason: &str) -> SourceError {
    let message = format!("{location} can't be {done}: {reason}");
    let says = |signs: &[&str]| {
        let reason = reason.to_lowercase();
        signs.iter().any(|sign| reason.contains(sign))
    };
    if says(REFUSED) {
        let advice = ADVICE.iter().find(|(signs, _)| says(signs));
        SourceError::Refused(message + advice.map_or("", |(_, advice)| advice))
    } else if location.is_local() || says(MISSING) {
        SourceError::NotFound(message)
    } else {
        SourceError::Unreachable(message)
    }
}

/// What git and ssh say when they may not.
const REFUSED: &[&str] = &[
    "authentication failed",
    "permission denied",
    "could not read username",
    "could not read password",
    "unable to get password",
    "terminal prompts disabled",
    "host key verification failed",
    "access denied",
    "returned error: 401",
    "returned error: 403",
    "certificate",
];

/// What to do about some of it.
const ADVICE: &[(&[&str], &str)] = &[
    (
        &["certificate"],
        "; if an authority of your own signed it, start the hub with SSL_CERT_FILE naming that one's certificate",
    ),
    (
        &["host key verification failed"],
        "; add the host's key to the hub's known hosts (`ssh-keyscan` shows it), or name a file with it by the \
         connection's ssh_known_hosts_path",
    ),
    (
        &["permission denied (", "publickey"],
        "; let the key of the hub in, or name another one by the connection's ssh_key_path",
    ),
    (
        &[
            "username",
            "password",
            "authentication failed",
            "error: 401",
            "error: 403",
        ],
        "; name the variable that holds a valid token by the connection's token_env",
    ),
];

/// What they say when it is not there.
const MISSING: &[&str] = &[
    "does not appear to be a git repository",
    "repository not found",
    "returned error: 404",
    "returned error: 410",
    "' not found",
    "does not exist",
];

/// Whether git complains about our clone rather than about the remote.
fn is_damage(reason: &str) -> bool {
    [
        "not a git repository: ",
        "object file",
        "is corrupt",
        "bad object",
        "index-pack failed",
        "unable to parse object",
        "did not send all necessary objects",
    ]
    .iter()
    .any(|sign| reason.contains(sign))
}

async fn new_commits(git: &Git, branch: &str, old: Option<&str>) -> Result<u64, SourceError> {
    let Some(new) = commit_of(git, branch).await? else {
        return Ok(0);
    };
    if old == Some(new.as_str()) {
        return Ok(0);
    }
    let range = match old {
        Some(old) => format!("{old}..{new}"),
        None => new,
    };
    let count = git
        .run(
            &["rev-list", "--count", "--end-of-options", &range],
            LOCAL_GIT_TIMEOUT,
        )
        .await?
        .text("counting commits")?;
    Ok(count.parse().unwrap_or(0))
}
