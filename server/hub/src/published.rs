//! The published catalogue that an embedded hub reads instead of a workspace, for an editor without any other hub.

use std::path::{Path, PathBuf};

use metasync_sources::{Head, ShareError, SharedFolder, webdav::DavOptions};
use uuid::Uuid;

/// Type of the connection that stands for a published catalogue.
pub(crate) const KIND: &str = "catalogue";

/// File in the data directory with the name of whose catalogue it is, for starts without a network.
const NAME_FILE: &str = "catalogue.name";

/// Most characters of that name.
const MAX_NAME: usize = 200;

/// Where the catalogue is and who we are there.
#[derive(Clone)]
pub struct CatalogueShare {
    /// Address of the folder (http or https), without credentials.
    pub url: String,
    /// User name.
    pub username: Option<String>,
    /// Password.
    pub password: Option<String>,
}

impl std::fmt::Debug for CatalogueShare {
    // written by hand: a password never gets into a log
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CatalogueShare({}, {:?})", self.url, self.username)
    }
}

/// The catalogue as runs read it.
#[derive(Clone)]
pub(crate) struct Published {
    /// Its folder on the share.
    pub(crate) folder: SharedFolder,
    /// Where what arrives lies meanwhile.
    pub(crate) data_dir: PathBuf,
}

impl Published {
    /// Nothing is asked yet.
    pub(crate) fn open(share: &CatalogueShare, data_dir: &Path) -> Result<Published, ShareError> {
        let options = DavOptions {
            base_url: share.url.clone(),
            root: String::new(),
            username: share.username.clone(),
            password: share.password.clone(),
        };
        Ok(Published {
            // a reader publishes nothing, so nobody needs to know it
            folder: SharedFolder::of_catalogue(options, Uuid::new_v4())?,
            data_dir: data_dir.to_owned(),
        })
    }

    /// Whose catalogue it is: as it was when it was read last, else as the share says now.
    pub(crate) async fn name(&self) -> Result<String, ShareError> {
        match tokio::fs::read_to_string(self.name_file()).await {
            Ok(name) if !name.is_empty() => Ok(name),
            _ => Ok(self.name_in(&self.folder.published().await?)),
        }
    }

    /// Notes whose catalogue was read.
    pub(crate) async fn remember(&self, head: &Head) {
        if let Err(error) = tokio::fs::write(self.name_file(), self.name_in(head)).await {
            tracing::warn!(%error, "whose catalogue was read can't be noted");
        }
    }

    fn name_in(&self, head: &Head) -> String {
        let name = head.manifest.of.as_deref().map(str::trim).unwrap_or_default();
        let name: String = name.chars().filter(|c| !c.is_control()).take(MAX_NAME).collect();
        if name.is_empty() {
            self.folder.place()
        } else {
            name
        }
    }

    fn name_file(&self) -> PathBuf {
        self.data_dir.join(NAME_FILE)
    }
}
