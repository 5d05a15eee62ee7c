//! pytest's configuration, out of the files that it would read.

use super::ini::{section, words};
use super::patterns::{fits, path_fits};
use crate::{Problem, Severity, SourceFile};

/// How tests are found below a folder.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    /// The folder with a `/` at its end; empty at the workspace's root.
    pub(crate) root: String,
    pub(crate) files: Vec<String>,
    pub(crate) classes: Vec<String>,
    pub(crate) functions: Vec<String>,
    test_paths: Vec<String>,
    no_recursion: Vec<String>,
    /// Paths that `addopts` ignores.
    ignored: Vec<String>,
}

/// Files with a configuration, in pytest's order, with the section that counts.
const FILES: [(&str, &str); 5] = [
    ("pytest.ini", "pytest"),
    (".pytest.ini", "pytest"),
    ("pyproject.toml", ""),
    ("tox.ini", "pytest"),
    ("setup.cfg", "tool:pytest"),
];

impl Config {
    fn at(root: &str) -> Self {
        let list = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Self {
            root: root.to_owned(),
            files: list(&["test_*.py", "*_test.py"]),
            classes: list(&["Test"]),
            functions: list(&["test"]),
            test_paths: Vec::new(),
            no_recursion: list(&[
                "*.egg",
                ".*",
                "_darcs",
                "build",
                "CVS",
                "dist",
                "node_modules",
                "venv",
                "{arch}",
            ]),
            ignored: Vec::new(),
        }
    }

    fn set(&mut self, key: &str, values: Vec<String>) {
        match key {
            "python_files" => self.files = values,
            "python_classes" => self.classes = values,
            "python_functions" => self.functions = values,
            "testpaths" => self.test_paths = values,
            "norecursedirs" => self.no_recursion = values,
            "addopts" => {
                let mut values = values.iter();
                while let Some(value) = values.next() {
                    let ignored = match value.as_str() {
                        "--ignore" | "--ignore-glob" => values.next().map(String::as_str),
                        other => other
                            .strip_prefix("--ignore=")
                            .or_else(|| other.strip_prefix("--ignore-glob=")),
                    };
                    self.ignored.extend(ignored.map(folder));
                }
            }
            _ => {}
        }
    }

    /// The configuration that `pytest BASE` reads, and what it would collect then: what is nearest to `base`, on
    /// the way up from it, counts, and `testpaths` does not.
    pub(crate) fn below(base: &str, files: &[&SourceFile], problems: &mut Vec<Problem>) -> Self {
        let base = folder(base);
        let inside = format!("{base}/");
        let mut best: Option<(usize, usize, Config)> = None;
        for file in files {
            let (root, name) = split(&file.path);
            let Some(rank) = FILES.iter().position(|(known, _)| *known == name) else {
                continue;
            };
            if !(base.is_empty() && root.is_empty() || inside.starts_with(root)) {
                continue;
            }
            let Some(values) = read(file, FILES[rank].1, problems) else {
                continue;
            };
            if best.as_ref().is_some_and(|(length, known, _)| {
                (*length, FILES.len() - known) > (root.len(), FILES.len() - rank)
            }) {
                continue;
            }
            let mut config = Config::at(root);
            for (key, values) in values {
                config.set(&key, values);
            }
            best = Some((root.len(), rank, config));
        }
        let mut config = best.map_or_else(|| Config::at(""), |(_, _, config)| config);
        config.test_paths = vec![base.get(config.root.len()..).unwrap_or("").to_owned()];
        config
    }

    /// Whether pytest would look into this file for tests; `path` is the workspace's.
    pub(crate) fn wants(&self, path: &str) -> bool {
        let Some(inside) = path.strip_prefix(self.root.as_str()) else {
            return false;
        };
        if !self.files.iter().any(|pattern| path_fits(pattern, inside)) {
            return false;
        }
        let below = |folder: &str| {
            inside == folder
                || inside
                    .strip_prefix(folder)
                    .is_some_and(|rest| rest.starts_with('/'))
                || folder.contains(['*', '?', '['])
                    && (fits(folder, inside)
                        || inside
                            .match_indices('/')
                            .any(|(at, _)| fits(folder, &inside[..at])))
        };
        if self.ignored.iter().any(|folder| below(folder)) {
            return false;
        }
        let started = self
            .test_paths
            .iter()
            .map(|path| folder(path))
            .find(|path| path.is_empty() || below(path));
        if !self.test_paths.is_empty() && started.is_none() {
            return false;
        }
        // Folders that were named are entered whatever they are called.
        let named = started.map_or(0, |path| {
            path.matches('/').count() + usize::from(!path.is_empty())
        });
        let folders: Vec<&str> = inside.split('/').collect();
        let between = folders
            .get(named..folders.len().saturating_sub(1))
            .unwrap_or_default();
        !between
            .iter()
            .any(|folder| self.no_recursion.iter().any(|pattern| fits(pattern, folder)))
    }
}

/// The folder of a path with its `/`, and the file's name.
fn split(path: &str) -> (&str, &str) {
    path.rfind('/')
        .map_or(("", path), |slash| path.split_at(slash + 1))
}

fn folder(path: &str) -> String {
    let path = path.trim_start_matches("./").trim_end_matches('/');
    if path == "." {
        String::new()
    } else {
        path.to_owned()
    }
}

/// The configurations of a workspace: of its root, and of folders below that have one while nothing above has.
pub(crate) fn configs(files: &[&SourceFile], problems: &mut Vec<Problem>) -> Vec<Config> {
    let mut found: Vec<(usize, Config)> = Vec::new();
    for file in files {
        let (root, name) = split(&file.path);
        let Some(rank) = FILES.iter().position(|(known, _)| *known == name) else {
            continue;
        };
        let Some(values) = read(file, FILES[rank].1, problems) else {
            continue;
        };
        let mut config = Config::at(root);
        for (key, values) in values {
            config.set(&key, values);
        }
        found.push((rank, config));
    }
    found.sort_by(|(a_rank, a), (b_rank, b)| {
        (a.root.len(), &a.root, a_rank).cmp(&(b.root.len(), &b.root, b_rank))
    });
    let mut configs: Vec<Config> = Vec::new();
    for (_, config) in found {
        if !configs
            .iter()
            .any(|above| config.root.starts_with(above.root.as_str()))
        {
            configs.push(config);
        }
    }
    if configs.iter().all(|config| !config.root.is_empty()) {
        // The rest of the workspace; the longest root that fits counts.
        configs.insert(0, Config::at(""));
    }
    configs
}

/// The configuration for a path: the one of the folder that is nearest.
pub(crate) fn config_of<'c>(configs: &'c [Config], path: &str) -> Option<&'c Config> {
    configs
        .iter()
        .filter(|config| path.starts_with(config.root.as_str()))
        .max_by_key(|config| config.root.len())
}

type Values = Vec<(String, Vec<String>)>;

fn read(file: &SourceFile, wanted: &str, problems: &mut Vec<Problem>) -> Option<Values> {
    if !wanted.is_empty() {
        let found = section(&file.text, wanted);
        // A file of pytest's own counts even when it is empty.
        if found.is_none() && file.path.ends_with("pytest.ini") {
            return Some(Vec::new());
        }
        return Some(
            found?
                .into_iter()
                .map(|(key, value)| (key, words(&value)))
                .collect(),
        );
    }
    let table: toml::Table = match file.text.parse() {
        Ok(table) => table,
        Err(error) => {
            let at = error.span().map_or(0, |span: std::ops::Range<usize>| span.start);
            problems.push(Problem {
                path: file.path.clone(),
                line: crate::lines::Lines::of(&file.text).line(at),
                message: format!("TOML not understood: {}", error.message()),
                severity: Severity::Error,
            });
            return None;
        }
    };
    let pytest = table.get("tool")?.get("pytest")?;
    let options = pytest.get("ini_options").unwrap_or(pytest).as_table()?;
    Some(
        options
            .iter()
            .map(|(key, value)| {
                let values = match value {
                    toml::Value::Array(list) => list
                        .iter()
                        .filter_map(|value| value.as_str().map(str::to_owned))
                        .collect(),
                    toml::Value::String(text) => words(text),
                    _ => Vec::new(),
                };
                (key.clone(), values)
            })
            .collect(),
    )
}
