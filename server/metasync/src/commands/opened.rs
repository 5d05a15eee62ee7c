//! The workspace that a command means, and its cache.

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use metasync_cache::Reader;
use metasync_language_server::{
    settings::{self, Effective, Environment},
    workspace::{Found, Places, detect},
};

use crate::{arguments::CacheOptions, terminal};

/// A workspace with the settings in force.
pub struct Workspace {
    /// Where and which it is.
    pub found: Found,
    /// The settings.
    pub settings: Effective,
    /// Where its state lives.
    pub places: Places,
}

/// The workspace around a folder (default: here).
pub fn workspace(path: Option<&Path>) -> anyhow::Result<Workspace> {
    let folder = folder(path)?;
    let found = detect(&folder).with_context(|| format!("{} can't be read", folder.display()))?;
    let (settings, problems) = settings::resolve(&Environment::of_process(), &serde_json::Value::Null);
    for problem in problems {
        terminal::complain(&problem);
    }
    let places = Places::of(&settings.cache_dir, &settings.mode, &found);
    Ok(Workspace {
        found,
        settings,
        places,
    })
}

/// A folder that is there.
pub fn folder(path: Option<&Path>) -> anyhow::Result<PathBuf> {
    let path = path.unwrap_or(Path::new("."));
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => Ok(path.to_owned()),
        Ok(_) => bail!("{} is a file: name the folder of the workspace", path.display()),
        Err(error) => Err(anyhow!(
            "{} can't be opened ({error}): name a folder that is there",
            path.display()
        )),
    }
}

/// A workspace and its cache, which must be there.
pub fn cache(options: &CacheOptions) -> anyhow::Result<(Workspace, Reader)> {
    let mut workspace = workspace(options.workspace.as_deref())?;
    if !workspace.places.cache().exists()
        && matches!(workspace.settings.mode, settings::Mode::Local)
        && let Some(remembered) = Places::remembered(&workspace.settings.cache_dir, &workspace.found.root)
        && remembered.cache().exists()
    {
        // an editor pulled with settings that only the editor has
        workspace.places = remembered;
    }
    let path = workspace.places.cache();
    if !path.exists() {
        let how = match &options.workspace {
            Some(path) => format!("metasync sync {}", path.display()),
            None => "metasync sync".to_owned(),
        };
        bail!(
            "nothing is synced for {} yet: run `{how}` first, or name another folder with --workspace",
            workspace.found.root.display()
        );
    }
    let reader = Reader::open(&path)?;
    if reader.status()?.last_sync_at.is_none() {
        bail!(
            "the first sync of {} has not ended: run `metasync sync`",
            workspace.found.root.display()
        );
    }
    Ok((workspace, reader))
}
