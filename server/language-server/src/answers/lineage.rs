//! `metasync.lineage`: what an object, or one column of it, is built from and used by.

use metasync_cache::{CacheError, Direction, Reader};
use metasync_protocol::editor::LineageAnswer;
use serde::Deserialize;

use super::named;

/// What is asked for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Options {
    /// Which way; both if left out.
    pub direction: Way,
    /// Follow this column only.
    pub column: Option<String>,
    /// Levels; as deep as it goes if left out.
    pub depth: Option<usize>,
}

/// Which way a tree grows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    /// Up and down.
    #[default]
    Both,
    /// What it is built from.
    Upstream,
    /// What uses it.
    Downstream,
}

/// Why there is no lineage.
#[derive(Debug, thiserror::Error)]
pub enum LineageError {
    /// No object of that name.
    #[error("nothing is known of {0:?}; `metasync search` finds parts of names")]
    UnknownObject(String),
    /// The object has no such column.
    #[error("{object} has no column {column:?}; it has {known}")]
    UnknownColumn {
        /// The object.
        object: String,
        /// What was asked for.
        column: String,
        /// What there is.
        known: String,
    },
    /// The cache.
    #[error(transparent)]
    Cache(#[from] CacheError),
}

/// The lineage of a named object in the first cache that knows it.
pub fn first(readers: &[Reader], name: &str, options: &Options) -> Result<LineageAnswer, LineageError> {
    let mut missed = LineageError::UnknownObject(name.to_owned());
    for reader in readers {
        match lineage(reader, name, options) {
            Err(error @ (LineageError::UnknownObject(_) | LineageError::UnknownColumn { .. })) => {
                missed = error;
            }
            other => return other,
        }
    }
    Err(missed)
}

/// The lineage of a named object.
pub fn lineage(reader: &Reader, name: &str, options: &Options) -> Result<LineageAnswer, LineageError> {
    let hit = named(reader, name)?.ok_or_else(|| LineageError::UnknownObject(name.to_owned()))?;
    let column = match &options.column {
        None => None,
        Some(wanted) => {
            let columns = reader.columns_of(hit.id)?;
            let found = columns.iter().find(|c| c.name.eq_ignore_ascii_case(wanted));
            let found = found.ok_or_else(|| LineageError::UnknownColumn {
                object: hit.name.clone(),
                column: wanted.clone(),
                known: columns
                    .iter()
                    .map(|c| c.name.as_str())
                    .collect::<Vec<_>>()
                    .join(", "),
            })?;
            Some(found.name.clone())
        }
    };
    let depth = options.depth.unwrap_or(metasync_cache::LINEAGE_DEPTH_MAX);
    let tree = |direction| reader.lineage(hit.id, direction, depth, column.as_deref());
    let upstream = if options.direction == Way::Downstream {
        Vec::new()
    } else {
        tree(Direction::Upstream)?
    };
    let downstream = if options.direction == Way::Upstream {
        Vec::new()
    } else {
        tree(Direction::Downstream)?
    };
    Ok(LineageAnswer {
        object: hit.into(),
        upstream,
        downstream,
    })
}
