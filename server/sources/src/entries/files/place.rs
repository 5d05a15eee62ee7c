//! Which file a path means, and opening it: only below the roots, only what is a plain file
//! (security.md 11).

use std::{
    fs::File,
    path::{Component, Path, PathBuf},
};

use super::super::{EntryError, ErrorKind, limits::MAX_IDENTIFIER_BYTES};

/// The absolute path that an identifier means, without looking at the disk more than links in it need.
///
/// # Errors
/// One error for all that is not below the roots: it does not tell what is there.
pub(in super::super) fn located(identifier: &str, roots: &[PathBuf]) -> Result<PathBuf, EntryError> {
    let path = lexical(identifier, roots)?;
    below(&path, roots).map(|_| path)
}

fn lexical(identifier: &str, roots: &[PathBuf]) -> Result<PathBuf, EntryError> {
    if identifier.trim().is_empty() || identifier.len() > MAX_IDENTIFIER_BYTES || identifier.contains('\0') {
        return Err(EntryError::identifier(
            "sourceIdentifier must be the path of a file, without NUL",
        ));
    }
    let first = roots.first().ok_or_else(outside)?;
    let mut path = PathBuf::new();
    for component in first.join(identifier).components() {
        match component {
            Component::ParentDir => {
                path.pop();
            }
            Component::CurDir => {}
            other => path.push(other),
        }
    }
    Ok(path)
}

fn outside() -> EntryError {
    EntryError::identifier(
        "sourceIdentifier must be a file below one of the hub's folders for imports (`[sources] csv_roots`)",
    )
}

/// The root that a path is below, resolved, and the rest of the path.
fn below(path: &Path, roots: &[PathBuf]) -> Result<(PathBuf, PathBuf), EntryError> {
    for root in roots {
        let resolved = root.canonicalize();
        let forms = [Some(root.clone()), resolved.as_ref().ok().cloned()];
        for form in forms.into_iter().flatten() {
            let Ok(rest) = path.strip_prefix(&form) else {
                continue;
            };
            if rest.as_os_str().is_empty() {
                continue;
            }
            let Ok(resolved) = &resolved else {
                // nothing can lie below a folder that is not there
                return Ok((root.clone(), rest.to_owned()));
            };
            // Links must not lead out of it.
            return match resolved.join(rest).canonicalize() {
                Ok(real) if !real.starts_with(resolved) => Err(outside()),
                _ => Ok((resolved.clone(), rest.to_owned())),
            };
        }
    }
    Err(outside())
}

/// Opens a located file; the file's size and time come with it.
pub(in super::super) fn open(
    path: &Path,
    roots: &[PathBuf],
) -> Result<(File, std::fs::Metadata), EntryError> {
    let (root, rest) = below(path, roots)?;
    let file = open_beneath(&root, &rest).map_err(|error| failed(path, &error))?;
    let metadata = file.metadata().map_err(|error| failed(path, &error))?;
    if !metadata.is_file() {
        return Err(EntryError::identifier(format!(
            "{} is no plain file",
            path.display()
        )));
    }
    Ok((file, metadata))
}

fn failed(path: &Path, error: &std::io::Error) -> EntryError {
    let path = path.display();
    match error.kind() {
        std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => EntryError::new(
            ErrorKind::Validation,
            "source_not_found",
            format!("{path} is not there; put the file there, or correct the path"),
        ),
        std::io::ErrorKind::PermissionDenied => EntryError::new(
            ErrorKind::Validation,
            "source_unreadable",
            format!("{path} may not be read by the hub; give it the right to read the file"),
        ),
        _ if is_escape(error) => outside(),
        _ => EntryError::new(
            ErrorKind::System,
            "source_io",
            format!("{path} can't be opened: {error}"),
        )
        .retryable(),
    }
}

/// Between looking and opening nobody can put a link in the way: the system itself keeps below the root.
#[cfg(target_os = "linux")]
fn open_beneath(root: &Path, rest: &Path) -> std::io::Result<File> {
    use rustix::fs::{Mode, OFlags, ResolveFlags, open, openat2};
    let folder = open(
        root,
        OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC,
        Mode::empty(),
    )?;
    // A FIFO must not hold the hub up.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
    let opened = openat2(&folder, rest, flags, Mode::empty(), resolve);
    match opened {
        Ok(file) => Ok(File::from(file)),
        // Older systems, and sandboxes; `below` has looked.
        Err(rustix::io::Errno::NOSYS | rustix::io::Errno::PERM) => plain(&root.join(rest)),
        Err(error) => Err(error.into()),
    }
}

#[cfg(not(target_os = "linux"))]
fn open_beneath(root: &Path, rest: &Path) -> std::io::Result<File> {
    plain(&root.join(rest))
}

fn plain(path: &Path) -> std::io::Result<File> {
    let path = path.canonicalize()?;
    // Opening a FIFO would wait for its other end.
    if !std::fs::symlink_metadata(&path)?.is_file() {
        return Err(std::io::Error::from(std::io::ErrorKind::NotFound));
    }
    File::open(path)
}

#[cfg(target_os = "linux")]
fn is_escape(error: &std::io::Error) -> bool {
    let number = rustix::io::Errno::from_io_error(error);
    matches!(number, Some(rustix::io::Errno::XDEV | rustix::io::Errno::LOOP))
}

#[cfg(not(target_os = "linux"))]
fn is_escape(_error: &std::io::Error) -> bool {
    false
}
