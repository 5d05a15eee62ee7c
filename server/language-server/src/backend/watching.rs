//! Changes on disk: the editor watches (it does so already, and within its own limits), and a
//! change rings the bell of the workspace that it lies in.

use tower_lsp::ls_types::{
    DidChangeWatchedFilesRegistrationOptions, FileSystemWatcher, GlobPattern, Registration,
};

use super::{capabilities::Offers, workspaces::Workspace};
use crate::{settings::Mode, sync::Cause};

/// What the analysis reads.
const WATCHED: &str = "**/*.{sql,yml,yaml,csv,md,py,toml,ini,cfg,json}";

/// What the editor is asked to tell, as far as it offers to.
pub fn registrations(offers: &Offers) -> Vec<Registration> {
    let mut list = Vec::new();
    if offers.watching {
        let options = DidChangeWatchedFilesRegistrationOptions {
            watchers: vec![FileSystemWatcher {
                glob_pattern: GlobPattern::String(WATCHED.to_owned()),
                kind: None,
            }],
        };
        list.push(Registration {
            id: "metasync-files".to_owned(),
            method: "workspace/didChangeWatchedFiles".to_owned(),
            register_options: serde_json::to_value(options).ok(),
        });
    }
    if offers.configuration_changes {
        list.push(Registration {
            id: "metasync-configuration".to_owned(),
            method: "workspace/didChangeConfiguration".to_owned(),
            register_options: Some(serde_json::json!({"section": crate::settings::SECTION})),
        });
    }
    list
}

/// Files of a workspace changed. With a hub they change nothing here until the hub indexes them.
pub fn changed(workspace: &Workspace) {
    if workspace.handle.about().settings.mode == Mode::Local {
        workspace.handle.ring(Cause::FileChange);
    }
}
