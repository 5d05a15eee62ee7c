//! What the index remembers of a branch between runs, beside the catalogue itself.

use std::collections::{BTreeMap, BTreeSet};

use metasync_analysis::Dialect;
use metasync_protocol::repositories::FileError;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Counted up whenever the analysis says something else about the same text, so that catalogues are
/// read anew once.
const ANALYSIS_VERSION: u32 = 4;

/// Most failed files that are remembered; beyond that they are read again each time.
const MAX_FAILED: usize = 5_000;

/// The memory of a branch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Memory {
    /// What else the facts depend on; another one means that all is read anew.
    pub(super) basis: Basis,
    /// The adapter's own state.
    pub(super) source: Value,
    /// Files that could not be read or parsed, by path.
    pub(super) failed: BTreeMap<String, FailedFile>,
    /// Files that a listing can't give (too large, names that are no text).
    #[serde(default)]
    pub(super) unlisted: Vec<FileError>,
    /// Files that are there, the failed ones among them.
    #[serde(default)]
    pub(super) files: u64,
    /// Live objects.
    #[serde(default)]
    pub(super) objects: u64,
    /// Files that say where dbt projects lie.
    #[serde(default)]
    pub(super) layout: BTreeSet<String>,
    /// Whether all of it was stored to the end and all that failed is remembered, so that where nothing
    /// changed there is nothing to do.
    #[serde(default)]
    pub(super) whole: bool,
    /// Whether the footprints of all files are stored, so that a change can be followed.
    #[serde(default)]
    pub(super) followed: bool,
}

/// What the facts depend on beside the files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Basis {
    analysis: u32,
    version: String,
    dialect: Option<String>,
    ignore_patterns: Vec<String>,
}

/// A file that failed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct FailedFile {
    /// Its content, where that is known.
    pub(super) hash: Option<String>,
    /// Whether the catalogue shows facts of an earlier, good content.
    pub(super) kept: bool,
    /// What was wrong.
    pub(super) errors: Vec<FileError>,
}

impl Basis {
    pub(super) fn now(dialect: Option<Dialect>, ignore_patterns: &[String]) -> Basis {
        Basis {
            analysis: ANALYSIS_VERSION,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            dialect: dialect.map(|d| d.as_str().to_owned()),
            ignore_patterns: ignore_patterns.to_vec(),
        }
    }
}

impl Memory {
    /// From what the store kept; an unknown form counts as none.
    pub(super) fn read(stored: Option<Value>) -> Memory {
        stored
            .and_then(|v| serde_json::from_value(v).ok())
            .unwrap_or_default()
    }

    pub(super) fn to_value(&self) -> Value {
        let mut memory = self.clone();
        // What is not remembered has to be looked for.
        memory.whole &= self.failed.len() + self.unlisted.len() <= MAX_FAILED;
        memory.followed &= memory.whole;
        memory.unlisted.truncate(MAX_FAILED);
        while memory.failed.len() > MAX_FAILED {
            memory.failed.pop_last();
        }
        serde_json::to_value(memory).unwrap_or_default()
    }

    /// What the source calls its state, where it has a word for it that people know: git's commit.
    pub(super) fn revision(&self) -> Option<String> {
        Some(self.source.get("commit")?.as_str()?.to_owned())
    }

    /// Whether the facts of a failed file that fails again are those of an earlier, good content:
    /// unless it was never good.
    pub(super) fn had_good_facts(&self, path: &str) -> bool {
        self.failed.get(path).is_none_or(|f| f.kept)
    }
}
