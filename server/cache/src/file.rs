//! The file on disk: its rights, its lock, whether it is still the one that was opened.

use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
    path::{Path, PathBuf},
};

use crate::error::CacheError;

/// Tells one file from another at the same path. Readers compare it before each query, so that a
/// file that another window built anew is noticed at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity(u64, u64);

/// Identity of the file at `path`.
pub fn identity(path: &Path) -> Result<Identity, CacheError> {
    let metadata = fs::metadata(path).map_err(|e| CacheError::io(path, &e))?;
    Ok(of_metadata(&metadata))
}

#[cfg(unix)]
fn of_metadata(metadata: &fs::Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt;
    Identity(metadata.dev(), metadata.ino())
}

/// Elsewhere an open file can't be replaced, so that it is always the same.
#[cfg(not(unix))]
fn of_metadata(_: &fs::Metadata) -> Identity {
    Identity(0, 0)
}

/// `path` with something behind its name.
pub fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path.as_os_str());
    name.push(suffix);
    PathBuf::from(name)
}

/// The folder, 0700 where this makes it.
pub fn ensure_folder(path: &Path) -> Result<(), CacheError> {
    let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) else {
        return Ok(());
    };
    if folder.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(folder).map_err(|e| match e.kind() {
        // The parent of what is missing could not be entered or is no folder.
        std::io::ErrorKind::NotFound | std::io::ErrorKind::AlreadyExists => CacheError::ReadOnly {
            path: folder.to_owned(),
            why: e.to_string(),
        },
        _ => CacheError::io(folder, &e),
    })
}

/// An empty file, 0600, or the one that is there, made 0600. SQLite gives its `-wal` and `-shm` the
/// same rights.
pub fn ensure_private(path: &Path) -> Result<(), CacheError> {
    open_private(path).map(drop)
}

fn open_private(path: &Path) -> Result<File, CacheError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let file = options.open(path).map_err(|e| not_missing(path, &e))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = file
            .metadata()
            .map_err(|e| CacheError::io(path, &e))?
            .permissions()
            .mode();
        if mode & 0o077 != 0 {
            file.set_permissions(fs::Permissions::from_mode(0o600))
                .map_err(|e| CacheError::io(path, &e))?;
        }
    }
    Ok(file)
}

/// Creating something that "is not found" means that its folder can't be used.
fn not_missing(path: &Path, error: &std::io::Error) -> CacheError {
    match CacheError::io(path, error) {
        CacheError::Missing { path } => CacheError::ReadOnly {
            path,
            why: error.to_string(),
        },
        other => other,
    }
}

/// Held while the file is made, checked or replaced, by whichever process.
pub fn lock(path: &Path) -> Result<File, CacheError> {
    let path = beside(path, ".lock");
    let file = open_private(&path)?;
    file.lock().map_err(|e| CacheError::io(&path, &e))?;
    Ok(file)
}

/// The same for the copy beside it; `None` if somebody holds it.
pub fn try_lock_rebuild(path: &Path) -> Result<Option<File>, CacheError> {
    let path = beside(path, ".rebuild.lock");
    let file = open_private(&path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(fs::TryLockError::WouldBlock) => Ok(None),
        Err(fs::TryLockError::Error(e)) => Err(CacheError::io(&path, &e)),
    }
}

/// Removes a database with all that belongs to it. The database goes first: a `-wal` without its
/// database is ignored by SQLite, the other way round it would be a damaged one.
pub fn remove(path: &Path) -> Result<(), CacheError> {
    for suffix in ["", "-journal", "-wal", "-shm"] {
        let file = beside(path, suffix);
        match fs::remove_file(&file) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(CacheError::io(&file, &e)),
            _ => {}
        }
    }
    Ok(())
}
