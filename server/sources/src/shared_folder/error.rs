//! Why nothing could be done with a shared folder.

use std::time::Duration;

use crate::webdav::DavError;

/// What happened, to what, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum ShareError {
    /// A request failed.
    #[error(transparent)]
    Dav(#[from] DavError),
    /// The newest publication is not what it says it is, or not ours to read. Nothing was taken from it.
    #[error("the latest version on the share can't be trusted: {0}")]
    UntrustedHead(String),
    /// Somebody else is publishing, for long.
    #[error("another hub is publishing to the share; try again in {} s", .retry_after.as_secs())]
    Publishing {
        /// When to come again.
        retry_after: Duration,
    },
    /// Nobody published a catalogue there.
    #[error(
        "no catalogue is published at {0}: check the address, or run `metasync publish --to` with it first"
    )]
    NothingPublished(String),
    /// The folder holds somebody else's catalogue.
    #[error(
        "{place} holds the catalogue of {whose:?}: publish to another folder, or add --replace to put yours in its place"
    )]
    Taken {
        /// The folder.
        place: String,
        /// Whose it is.
        whose: String,
    },
    /// A file of this machine can't be used.
    #[error("{0}")]
    Local(#[from] std::io::Error),
}

impl ShareError {
    /// A stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            ShareError::Dav(error) => error.code(),
            ShareError::UntrustedHead(_) => "untrusted_head",
            ShareError::Publishing { .. } => "share_publishing",
            ShareError::NothingPublished(_) => "share_not_found",
            ShareError::Taken { .. } => "share_taken",
            ShareError::Local(_) => "local_io",
        }
    }
}
