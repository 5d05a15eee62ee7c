//! The files that a named path means: itself, or all below it; and, where a dbt project is around
//! it, that whole project, because `ref()` and descriptions lead elsewhere in it.

use std::path::{Path, PathBuf};

use anyhow::Context;
use metasync_analysis::{Language, SourceFile, is_configuration};
use metasync_sources::{ListRequest, SourceSpec, Sources, SourcesOptions};
use uuid::Uuid;

const DBT_PROJECT: &str = "dbt_project.yml";
/// Above this size what dbt leaves is not read.
const MAX_ARTIFACT_BYTES: u64 = 512 * 1024 * 1024;

/// What is analysed, and which of it is asked about.
pub struct Input {
    /// With paths relative to `root`.
    pub files: Vec<SourceFile>,
    /// Files that are no text: path relative to `root`, line, message.
    pub unreadable: Vec<(String, u32, String)>,
    /// How `root` was written: what stands before a relative path when it is shown.
    pub shown_root: PathBuf,
    /// Only what starts with this is asked about; the file itself, or a folder.
    pub wanted: String,
}

impl Input {
    /// Whether a file is asked about.
    pub fn is_wanted(&self, path: &str) -> bool {
        self.wanted.is_empty() || path == self.wanted || path.starts_with(&format!("{}/", self.wanted))
    }

    /// A path as the user would write it.
    pub fn shown(&self, path: &str) -> String {
        let path = self.shown_root.join(path);
        path.components()
            .filter(|c| *c != std::path::Component::CurDir)
            .collect::<PathBuf>()
            .display()
            .to_string()
    }
}

/// Reads what a named path means.
pub async fn read(named: &Path) -> anyhow::Result<Input> {
    let real = match named.canonicalize() {
        Ok(real) => real,
        Err(error) => match super::unreadable(named, error)? {},
    };
    let is_file = real.is_file();
    let around = if is_file {
        real.parent().unwrap_or(&real)
    } else {
        &real
    };
    let project = around
        .ancestors()
        .filter(|p| p.join(DBT_PROJECT).is_file())
        .last();
    let Some(root) = project.or((!is_file).then_some(around)) else {
        return single(named, &real);
    };
    let wanted = real.strip_prefix(root).unwrap_or(Path::new(""));
    let wanted: Vec<_> = wanted
        .components()
        .map(|c| c.as_os_str().to_string_lossy().into_owned())
        .collect();
    let mut shown_root = named.to_owned();
    for _ in &wanted {
        // `models/a.sql` of a project that lies here: its root is shown as nothing
        shown_root = if shown_root.components().count() > 1 || shown_root.has_root() {
            shown_root.parent().map(Path::to_path_buf).unwrap_or_default()
        } else if shown_root.as_os_str().is_empty() || shown_root == Path::new(".") {
            PathBuf::from("..")
        } else {
            PathBuf::new()
        };
    }
    let mut input = Input {
        files: Vec::new(),
        unreadable: Vec::new(),
        shown_root,
        wanted: wanted.join("/"),
    };
    folder(root, &mut input).await?;
    if is_file && !input.files.iter().any(|f| f.path == input.wanted) {
        // named, though .gitignore hides it
        match text(&real)? {
            Ok(text) => input.files.push(SourceFile {
                path: input.wanted.clone(),
                text,
            }),
            Err((line, message)) if !input.unreadable.iter().any(|u| u.0 == input.wanted) => {
                input.unreadable.push((input.wanted.clone(), line, message));
            }
            Err(_) => {}
        }
    }
    Ok(input)
}

fn single(named: &Path, real: &Path) -> anyhow::Result<Input> {
    let name = real
        .file_name()
        .map(|n| n.to_string_lossy().into_owned())
        .unwrap_or_default();
    let shown_root = named.parent().map(Path::to_path_buf).unwrap_or_default();
    let mut input = Input {
        files: Vec::new(),
        unreadable: Vec::new(),
        shown_root,
        wanted: name.clone(),
    };
    match text(real)? {
        Ok(text) => input.files.push(SourceFile { path: name, text }),
        Err((line, message)) => input.unreadable.push((name, line, message)),
    }
    Ok(input)
}

/// The text of one file, or where and why it is none.
fn text(path: &Path) -> anyhow::Result<Result<String, (u32, String)>> {
    let bytes = std::fs::read(path).with_context(|| format!("{} can't be read", path.display()))?;
    if bytes.contains(&0) {
        return Ok(Err((1, "the file is binary, no text".to_owned())));
    }
    Ok(String::from_utf8(bytes)
        .map(|t| t.trim_start_matches('\u{feff}').to_owned())
        .map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            let line = 1 + error.as_bytes()[..at].iter().filter(|b| **b == b'\n').count();
            (
                line as u32,
                format!("the file is not UTF-8 (byte {at}); save it as UTF-8"),
            )
        }))
}

/// What dbt leaves in its `target` folder, which `.gitignore` usually hides.
fn artifacts(root: &Path, input: &mut Input) {
    const NAMES: [&str; 2] = ["target/manifest.json", "target/catalog.json"];
    let projects = input
        .files
        .iter()
        .filter_map(|file| file.path.strip_suffix(DBT_PROJECT));
    let wanted: Vec<String> = projects
        .filter(|folder| folder.is_empty() || folder.ends_with('/'))
        .filter(|folder| !folder.contains("dbt_packages/"))
        .flat_map(|folder| NAMES.map(|name| format!("{folder}{name}")))
        .filter(|path| !input.files.iter().any(|file| file.path == *path))
        .collect();
    for path in wanted {
        let real = root.join(&path);
        let is_read = std::fs::metadata(&real).is_ok_and(|about| about.len() <= MAX_ARTIFACT_BYTES);
        if is_read && let Ok(text) = std::fs::read_to_string(&real) {
            input.files.push(SourceFile { path, text });
        }
    }
}

async fn folder(root: &Path, input: &mut Input) -> anyhow::Result<()> {
    // a workspace is read where it is; nothing is cloned
    let sources = Sources::new(SourcesOptions::default());
    let source = sources.open(SourceSpec {
        id: Uuid::nil(),
        kind: "workspace".to_owned(),
        url: root.display().to_string(),
        branch: None,
        settings: serde_json::Value::Null,
        local_allowed: true,
    })?;
    let wanted = |path: &str| Language::of_path(path) != Language::Other || is_configuration(path);
    let request = ListRequest {
        branch: None,
        previous: None,
        ignore_patterns: &[],
        wanted: &wanted,
    };
    let listing = source.list(&request).await?;
    let contents = source.read(&listing.entries, &|_| {}).await?;
    input.files = contents
        .files
        .into_iter()
        .map(|f| SourceFile {
            path: f.path,
            text: f.text,
        })
        .collect();
    artifacts(root, input);
    input.unreadable = (listing.errors.into_iter().chain(contents.errors))
        .map(|e| (e.path, e.line.unwrap_or(1), e.message))
        .collect();
    Ok(())
}
