//! Files in the data directory that only their owner may read.

use std::{io::Write as _, path::Path};

use rand::RngCore as _;

use crate::config::ConfigError;

/// Name of the file with the generated HS256 secret.
const SECRET_FILE: &str = "jwt-secret";

/// Bytes of a generated secret.
const SECRET_BYTES: usize = 48;

/// The generated secret of a data directory; made at first use.
pub(super) fn of_data_dir(data_dir: &Path) -> Result<Vec<u8>, ConfigError> {
    let path = data_dir.join(SECRET_FILE);
    let failed = |source| ConfigError::Secret {
        path: path.clone(),
        source,
    };
    if let Some(known) = read(&path).map_err(failed)? {
        return Ok(known);
    }
    let mut bytes = [0; SECRET_BYTES];
    rand::rng().fill_bytes(&mut bytes);
    std::fs::create_dir_all(data_dir).map_err(failed)?;
    // Two processes may start at once: the first file stays, and both read it.
    match write_new(&path, hex::encode(bytes).as_bytes()) {
        Err(e) if e.kind() != std::io::ErrorKind::AlreadyExists => return Err(failed(e)),
        _ => {}
    }
    read(&path)
        .map_err(failed)?
        .ok_or_else(|| failed(std::io::Error::other("it is empty; remove it and start again")))
}

fn read(path: &Path) -> std::io::Result<Option<Vec<u8>>> {
    match std::fs::read(path) {
        Ok(bytes) if bytes.len() >= SECRET_BYTES => Ok(Some(bytes)),
        Ok(_) => Err(std::io::Error::other(
            "it is too short; remove it and start again",
        )),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
    }
}

/// Writes a file that must not be there yet, whole or not at all, readable by its owner only.
fn write_new(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let draft = draft_of(path);
    write_private(&draft, bytes)?;
    let linked = std::fs::hard_link(&draft, path);
    std::fs::remove_file(&draft)?;
    linked
}

/// Replaces a file, whole or not at all; readable by its owner only.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let draft = draft_of(path);
    write_private(&draft, bytes)?;
    std::fs::rename(&draft, path)
}

fn draft_of(path: &Path) -> std::path::PathBuf {
    path.with_extension(format!("{:016x}", rand::rng().next_u64()))
}

fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut options = std::fs::File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
